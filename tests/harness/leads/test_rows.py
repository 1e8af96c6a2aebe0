"""One rule says which rows are leads, row by row and block by block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain import LeadColumns, Reject
from harness.leads.rows import Block, RowRules, lead_batches

COLUMNS = LeadColumns(names=("Name", "Lead ID", "Phone"), lead_id="Lead ID", phone="Phone")
RULES = RowRules(columns=COLUMNS, id_limit=7, left_out=frozenset({9}))


@pytest.mark.parametrize(
    ("row", "code", "told"),
    [
        (["Ada", "A1", "1"], None, ""),
        (["Ada", "A1", ""], None, ""),
        (["x" * 512, "A1", "1"], None, ""),
        (["\U0001f600" * 512, "A1", "1"], None, ""),  # characters, not bytes
        (["x" * 400, "A1", "1" * 400], None, ""),  # long as a row, but no cell is
        (["Ada", "A123", "1"], None, ""),
        (["Ada", "A1"], "ROW_SHAPE", "2 cells, the header has 3"),
        (["Ada", "A1", "1", ""], "ROW_SHAPE", "4 cells"),
        (["Ada"], "ROW_SHAPE", "1 cells"),
        (["Ada", "", "1"], "EMPTY_LEAD_ID", "empty"),
        (["Ada", " \t", "1"], "EMPTY_LEAD_ID", "empty"),
        (["Ada", "A1234567", "1"], "LEAD_ID_TOO_LONG", "8 characters, at most 7"),
        (["x" * 513, "A1", "1"], "CELL_TOO_LONG", "column 'Name' has 513 characters, at most 512"),
        (["Ada", "\u00a0\u200b", "1"], "EMPTY_LEAD_ID", "empty"),
        (["Ada", "\x1a", "1"], "EMPTY_LEAD_ID", "empty"),
        (["Name", "Lead ID", "Phone"], "HEADER_AGAIN", "the header again"),
        (["\ufeffNAME", "lead id", " phone "], "HEADER_AGAIN", "the header again"),
        (['\ufeff"Name"', "Lead ID", "Phone"], "HEADER_AGAIN", "the header again"),
        (["Phone", "Name", "Lead ID"], "OTHER_HEADER", "another header"),
        (["E-mail", "Lead ID", "Phone"], "OTHER_HEADER", "another header"),
        (["Name", "Lead ID", "1"], None, ""),  # a lead of that id, however odd
    ],
)
def test_verdict_on_a_row(row, code, told):
    """Each kind of bad row has its code; messages contain no values; checking in blocks gives the same verdicts."""
    verdict = RULES.reject(5, row)
    assert (verdict.code if verdict else None) == code
    assert verdict is None or (told in verdict.message and "Ada" not in verdict.message)
    leads, rejects = RULES.split(Block(lines=[5], rows=[row]))
    assert (len(leads.rows), rejects) == ((1, []) if verdict is None else (0, [verdict]))


def test_lines_that_repeat_a_lead_are_left_out():
    """A line found before to share its Lead ID is skipped, however good its row is."""
    assert RULES.reject(9, ["Ada", "A1", "1"]) == Reject(
        lead_id="A1", line=9, code="DUPLICATE_LEAD", message="another line with the same Lead ID was kept"
    )
    assert RULES.reject(10, ["Ada", "A1", "1"]) is None


cells = st.sampled_from(["", " ", "a", "abcd", "abcde", "x" * 512, "x" * 513])
table = st.lists(st.lists(cells, min_size=2, max_size=4), max_size=8)


@given(table, st.sampled_from([None, 4]), st.frozensets(st.integers(2, 9)))
def test_a_block_is_judged_as_its_rows_are(rows, id_limit, left_out):
    """The shortcut for whole blocks never changes a verdict."""
    rules = RowRules(columns=COLUMNS, id_limit=id_limit, left_out=left_out)
    filled = [(line, row) for line, row in enumerate(rows, 2) if "".join(row).strip()]
    verdicts = [rules.reject(line, row) for line, row in filled]
    leads, rejects = rules.split(Block(lines=range(2, len(rows) + 2), rows=rows))
    assert rejects == [verdict for verdict in verdicts if verdict]
    assert list(leads.rows) == [row for (_, row), verdict in zip(filled, verdicts, strict=True) if not verdict]


@given(table, st.integers(1, 5), st.integers(0, 9), st.none() | st.integers(0, 9))
def test_batches_are_slices_of_the_accepted_leads(rows, size, start, stop):
    """Positions count accepted leads alone, whatever the size and the place to begin."""
    rules = RowRules(columns=COLUMNS)
    blocks = [Block(lines=range(n, n + 2), rows=rows[n : n + 2]) for n in range(0, len(rows), 2)]
    accepted = [row for row in rows if rules.reject(1, row) is None]
    batches = list(lead_batches(blocks, rules, size, start, max(start, stop) if stop is not None else None))
    wanted = accepted[start : max(start, stop) if stop is not None else None]
    assert [row for leads in batches for row in leads.rows] == wanted
    assert [leads.first for leads in batches] == list(range(start, start + len(wanted), size))
    assert all(leads.ids == [row[1] for row in leads.rows] for leads in batches)


def test_a_batch_has_at_least_one_lead():
    """A size of nothing is a mistake of the caller."""
    with pytest.raises(ValueError, match="at least one lead"):
        next(lead_batches([], RULES, 0, 0, None))
