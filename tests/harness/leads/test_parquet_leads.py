"""Parquet files, read as text."""

import duckdb
import pytest

from harness.errors import InputBad
from harness.leads.source import open_leads

TYPED = """
    SELECT 7 AS "Lead ID", '+15550100' AS Phone, NULL::VARCHAR AS Name, DATE '2025-01-31' AS Since,
        1.50::DECIMAL(5, 2) AS Due
    UNION ALL SELECT 8, '+15550101', 'Müller', NULL, NULL
"""


@pytest.fixture
def parquet(tmp_path):
    """Write the rows of a query as Parquet."""

    def write(query):
        path = tmp_path / "leads.parquet"
        duckdb.sql(query).write_parquet(str(path))
        return path

    return write


def test_values_are_text_and_null_is_empty(parquet):
    """Numbers and dates become what they look like."""
    source = open_leads(parquet(TYPED), lead_id="Lead ID", phone="Phone")
    assert source.columns.names == ("Lead ID", "Phone", "Name", "Since", "Due")
    assert list(source.read()) == [
        (1, ["7", "+15550100", "", "2025-01-31", "1.50"]),
        (2, ["8", "+15550101", "Müller", "", ""]),
    ]


def test_batches_keep_the_order_of_the_file(parquet):
    """Streaming over many blocks loses and moves nothing."""
    query = "SELECT 'L' || range AS \"Lead ID\", '' AS Phone FROM range(5000)"
    source = open_leads(parquet(query), lead_id="Lead ID", phone="Phone")
    ids = [lead_id for leads in source.batches(700, start=100, stop=4900) for lead_id in leads.ids]
    assert ids == [f"L{number}" for number in range(100, 4900)]
    assert len(source.digest) == 64


def test_two_readers_do_not_disturb_each_other(parquet):
    """Each pass has its own database."""
    source = open_leads(parquet(TYPED), lead_id="Lead ID", phone="Phone")
    assert [a == b for a, b in zip(source.read(), source.read(), strict=True)] == [True, True]
    assert source.unchanged()


def test_refuses_a_missing_column_and_what_is_not_parquet(parquet, tmp_path):
    """The complaint says which columns there are, and shows no content of a broken file."""
    with pytest.raises(InputBad, match=r"no Lead ID column 'Id'; name one of these.*: Lead ID, Phone"):
        open_leads(parquet(TYPED), lead_id="Id", phone="Phone")
    (tmp_path / "other.parquet").write_text("Ada,+15550100\n" * 99)
    with pytest.raises(InputBad, match="not readable as Parquet") as raised:
        open_leads(tmp_path / "other.parquet", lead_id="Lead ID", phone="Phone")
    assert "Ada" not in str(raised.value)
