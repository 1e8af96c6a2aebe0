"""Parquet files, read as text."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import InputBad
from harness.leads.source import open_leads

PHONE = "+15550100001"
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
    assert source.is_unchanged()


def test_refuses_a_missing_column_and_what_is_not_parquet(parquet, tmp_path):
    """The complaint says which columns there are, and shows no content of a broken file."""
    with pytest.raises(InputBad, match=r"no Lead ID column 'Id'; name one of these.*: Lead ID, Phone"):
        open_leads(parquet(TYPED), lead_id="Id", phone="Phone")
    (tmp_path / "other.parquet").write_text("Ada,+15550100\n" * 99)
    with pytest.raises(InputBad, match="not readable as Parquet") as raised:
        open_leads(tmp_path / "other.parquet", lead_id="Lead ID", phone="Phone")
    assert "Ada" not in str(raised.value)


def written(tmp_path, **columns):
    """A file as pyarrow writes it, which is what pandas uses; types of its own where they are given."""
    path = tmp_path / "leads.parquet"
    pq.write_table(pa.table({"Lead ID": ["L1"], "Phone": [PHONE]} | columns), path)
    return open_leads(path, lead_id="Lead ID", phone="Phone")


def test_floats_that_are_whole_lose_their_point_and_nan_is_empty(tmp_path):
    """What pandas makes of a column of numbers in which one is missing."""
    source = written(tmp_path, **{"Lead ID": [300120000001.0, 7.0], "Phone": [15550100001.0, float("nan")]})
    assert [cells for _, cells in source.read()] == [["300120000001", "15550100001"], ["7", ""]]
    assert source.notices == [
        "column 'Lead ID' is DOUBLE: 2 values are loaded as text, whole numbers without .0",
        "column 'Phone' is DOUBLE: 1 value is loaded as text, whole numbers without .0; 1 NaN is read as empty",
    ]


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"Lead ID": [1.0, 2.0**53]}, r"leads.parquet:2: column 'Lead ID' holds 9007199254740992 or more"),
        ({"Lead ID": [1.0, -(2.0**60)]}, "lacks digits"),
        ({"Lead ID": pa.array([1.0, 2.0**24], pa.float32())}, "16777216 or more, for which FLOAT lacks digits"),
        ({"Lead ID": [1.0, float("inf")]}, "2: column 'Lead ID' holds 9007199254740992 or more"),
        ({"Score": [1.0, float("-inf")]}, "2: column 'Score' holds"),
        ({"Score": [1.0, 1e300]}, "2: column 'Score' holds"),
        ({"Lead ID": [1.0, 2.5]}, "2: column 'Lead ID' holds a fraction"),
        ({"Phone": [1.5, 2.0]}, "1: column 'Phone' holds a fraction"),
        ({"Lead ID": pa.array([Decimal("1.0"), Decimal("1.5")], pa.decimal128(38, 10))}, "2: .*holds a fraction"),
        ({"Lead ID": [b"L1", b"\xff\xfe"]}, "2: column 'Lead ID' holds bytes that are not UTF-8 text"),
        ({"Name": ["Ada", "A\0da"]}, "2: column 'Name' holds a NUL"),
        ({"Lead ID": [b"L\0", b"L"]}, "1: column 'Lead ID' holds a NUL"),
        ({"Phone": [[PHONE], []]}, r"column 'Phone' is VARCHAR\[\], which does not fit a cell"),
        ({"Name": [{"first": "Ada"}, None]}, "column 'Name' is STRUCT, "),
        ({"Tags": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int32()))}, "column 'Tags' is MAP, "),
    ],
    ids=lambda value: value if isinstance(value, str) else ", ".join(value),
)
def test_values_that_no_text_stands_for_are_refused(tmp_path, columns, complaint):
    """Lost digits, bytes and structures are no leads; the message names row and column, and shows no value."""
    rows = {"Lead ID": ["L1", "L2"], "Phone": [PHONE, PHONE]} | columns
    with pytest.raises(InputBad, match=complaint) as raised:
        written(tmp_path, **rows).notices  # noqa: B018
    assert "Ada" not in str(raised.value)


def test_types_with_a_customary_text(tmp_path):
    """Strings without a mark, dictionaries, decimals, dates; moments in UTC, wherever the machine is."""
    moment = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    source = written(
        tmp_path,
        **{
            "Lead ID": pa.array([Decimal(18446744073709551617)], pa.decimal128(38, 10)),
            "Phone": pa.array([PHONE.encode()], pa.binary()),
            "Name": [b"L\xc3\xa9a"],
            "Tag": pa.array(["x"]).dictionary_encode(),
            "Due": pa.array([Decimal("1.50")], pa.decimal128(5, 2)),
            "Number": pa.array([2**64 - 1], pa.uint64()),
            "Score": [2.5],
            "Day": [date(2026, 3, 1)],
            "At": pa.array([moment], pa.timestamp("us", "Europe/Berlin")),
            "Local": pa.array([moment.replace(tzinfo=None)], pa.timestamp("ns")),
            "Time": [time(8, 30)],
            "Asked": [True],
            "Nothing": pa.array([None], pa.null()),
        },
    )
    ((_, cells),) = source.read()
    assert cells == [
        *("18446744073709551617", PHONE, "Léa", "x", "1.50", "18446744073709551615", "2.5"),
        *("2026-03-01", "2026-03-01 08:30:00+00", "2026-03-01 08:30:00", "08:30:00", "true", ""),
    ]
    named = ["Lead ID", "Due", "Score", "Day", "At", "Local", "Time", "Asked"]
    assert [re.findall("'(.+)'", notice)[0] for notice in source.notices] == named


def test_columns_named_twice_are_refused_and_an_index_is_mentioned(tmp_path):
    """The names are those of the file, not those that DuckDB would tell twins apart by."""
    path = tmp_path / "twice.parquet"
    pq.write_table(pa.table([["L1"], [PHONE], [PHONE]], names=["Lead ID", "Phone", "Phone"]), path)
    with pytest.raises(InputBad, match="column 'Phone' is there twice"):
        open_leads(path, lead_id="Lead ID", phone="Phone")
    (notice,) = written(tmp_path, __index_level_0__=[5]).notices
    assert "a pandas index" in notice


def test_a_column_may_be_called_as_duckdb_calls_its_own(tmp_path):
    """Names of rows and files that a reader of Parquet could add are the file's own here."""
    source = written(tmp_path, filename=["a"], file_row_number=["b"], month=["March"])
    assert [cells[2:] for _, cells in source.read()] == [["a", "b", "March"]]
    assert source.notices == []
