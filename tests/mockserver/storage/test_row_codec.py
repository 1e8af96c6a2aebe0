"""Rows between cells and the bytes that are stored."""

import sys
import tracemalloc

import hypothesis.strategies as st
from hypothesis import given

from mockserver.storage.row_codec import decoder, encode_each, encoder

COLUMNS = ["a", "b"]
CELLS = st.text() | st.sampled_from(["\n", "\r\n", "\\n", '"', "\u2028", "\x85", ""])


@given(st.lists(st.tuples(CELLS, CELLS)))
def test_cells_come_back_as_they_were(rows):
    """Line ends inside cells are no ends of rows."""
    assert list(decoder(COLUMNS)(encoder(COLUMNS)(rows))) == rows


def test_columns_that_cannot_name_a_field_take_the_slower_road():
    """With the same result."""
    names = ['say "a"', "b\\c"]
    assert list(decoder(names)(encoder(names)([("x", "y")]))) == [["x", "y"]]


def test_a_row_takes_the_memory_it_needs():
    """A million rows in buffers with room to spare would be hundreds of megabytes of nothing."""
    values = [{"a": f"{number:0200}"} for number in range(1_000)]
    tracemalloc.start()
    rows = encode_each(values)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < sum(map(sys.getsizeof, rows)) + sys.getsizeof(rows) + 10_000
