"""The file an import gets is the rows of the shard, byte for byte repeatable."""

import csv
import hashlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain import LeadColumns
from harness.leads.header import is_blank
from harness.leads.rows import Block, RowRules, lead_batches
from harness.leads.shard_csv import write_upload
from harness.leads.source import open_leads
from harness.leads.synthetic import SyntheticLeads

COLUMNS = LeadColumns(names=("Lead ID", "Phone", "No 'te', x"), lead_id="Lead ID", phone="Phone")
text = st.text(st.sampled_from("a,\"\r\n'é \u2028;=") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
row = st.tuples(text.filter(lambda value: not is_blank(value)), text, text)


class Listed:
    """A source of the rows it is given."""

    columns = COLUMNS

    def __init__(self, rows):
        self._rows = rows

    def batches(self, size, start=0, stop=None):
        block = Block(lines=range(len(self._rows)), rows=self._rows)
        return lead_batches([block], RowRules(columns=COLUMNS), size, start, stop)


@given(st.lists(row, max_size=7))
def test_what_is_written_reads_back(rows):
    """Any text survives the file, and the file is what the csv module reads strictly."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.csv"
        write_upload(Listed(rows), path, 0, len(rows))
        source = open_leads(path, lead_id="Lead ID", phone="Phone")
        assert [tuple(cells) for _, cells in source.read()] == rows
        strict = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""), strict=True)
        assert [tuple(cells) for cells in strict] == [COLUMNS.names, *rows]


def test_the_format_is_what_an_import_wants(tmp_path):
    """UTF-8 without a byte order mark, the header first, line feeds, quotes only where needed, no blank row."""
    rows = [("A1", "+15550100", "plain"), ("A2", "", 'a "b", c'), ("A3", "1", "M\u00fcller")]
    written = write_upload(Listed(rows), tmp_path / "upload.csv", 0, 3)
    content = (tmp_path / "upload.csv").read_bytes()
    head = "Lead ID,Phone,\"No 'te', x\"\n"
    assert content.decode() == head + 'A1,+15550100,plain\nA2,,"a ""b"", c"\nA3,1,M\u00fcller\n'
    assert written == (3, len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(("first", "count", "rows"), [(0, 1_300, 1_300), (600, 500, 500), (1_200, 500, 100), (0, 0, 0)])
def test_a_shard_holds_its_own_leads(tmp_path, first, count, rows):
    """The leads from `first` on, at most `count`; the header is there even without any."""
    source = SyntheticLeads(1_300, 1)
    written = write_upload(source, tmp_path / "upload.csv", first, count)
    lines = open_leads(tmp_path / "upload.csv", lead_id="Lead ID", phone="Phone").read()
    assert written.rows == rows
    assert [cells[0] for _, cells in lines] == [f"L{number:08d}" for number in range(first + 1, first + rows + 1)]


def test_the_same_shard_is_the_same_bytes(tmp_path):
    """A file made again after a restart has the digest that was stored."""
    source = SyntheticLeads(1_300, 1)
    assert write_upload(source, tmp_path / "a.csv", 100, 900) == write_upload(source, tmp_path / "b.csv", 100, 900)
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "b.csv"}
