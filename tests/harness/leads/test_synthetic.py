"""Invented leads: dense, repeatable, and nobody's."""

import re
import stat
import tracemalloc

import pytest

from harness.leads.source import open_leads
from harness.leads.synthetic import BLOCK_ROWS, PHONES, SyntheticLeads, write_csv

FICTION = re.compile(r"\+1[2-79][0-8]\d55501\d\d")


def test_lead_ids_are_dense_and_unique():
    """Every number from 1 on is there once, in order."""
    ids = [lead_id for leads in SyntheticLeads(3 * BLOCK_ROWS + 1, 1).batches(1000) for lead_id in leads.ids]
    assert ids == [f"L{number:08d}" for number in range(1, 3 * BLOCK_ROWS + 2)]


def test_all_phones_and_mails_are_reserved_for_fiction():
    """No number or address can be that of a person."""
    assert all(map(FICTION.fullmatch, PHONES))
    for _, cells in SyntheticLeads(2_000, 3).read():
        assert cells[3] in PHONES
        assert cells[4].split("@")[1] in {"example.com", "example.org", "example.net"}


def test_phones_repeat_as_late_as_possible():
    """Every number is used once before the first one comes again."""
    phones = [cells[3] for _, cells in SyntheticLeads(len(PHONES), 5).read()]
    assert len(set(phones)) == len(PHONES) == len(set(PHONES))


def test_same_seed_same_leads():
    """The seed decides the leads, and more leads begin with the same ones."""
    few, many = list(SyntheticLeads(700, 7).read()), list(SyntheticLeads(1_500, 7).read())
    assert few == many[:700] == list(SyntheticLeads(700, 7).read())
    assert few != list(SyntheticLeads(700, 8).read())


PINNED = "L00000001|Katarzyna|Rossi|+13125550149|lead1@example.net|2 Lake Drive|24057|Riverton|Home & Contents|Referral"


def test_the_leads_of_a_seed_never_change():
    """A run of last year can be replayed; whoever changes the generator raises FORMAT."""
    assert next(SyntheticLeads(1, 42).read())[1] == PINNED.split("|")


@pytest.mark.parametrize("other", [SyntheticLeads(10, 2), SyntheticLeads(11, 1)])
def test_the_digest_tells_inputs_apart(other):
    """Count and seed are part of it."""
    assert SyntheticLeads(10, 1).digest == SyntheticLeads(10, 1).digest
    assert SyntheticLeads(10, 1).digest != other.digest


def test_values_exercise_quoting():
    """Commas, quotes, apostrophes and letters beyond ASCII occur."""
    text = "".join(cell for _, cells in SyntheticLeads(500, 1).read() for cell in cells)
    assert all(sign in text for sign in ",\"'")
    assert not text.isascii()


def test_a_written_file_reads_back_the_same(tmp_path):
    """Rows, Lead IDs and line numbers survive the file, which only its owner may read."""
    source = SyntheticLeads(1_200, 9)
    write_csv(source, tmp_path / "leads.csv")
    assert list(open_leads(tmp_path / "leads.csv", lead_id="Lead ID", phone="Phone").read()) == list(source.read())
    assert stat.S_IMODE((tmp_path / "leads.csv").stat().st_mode) == 0o600


def test_memory_does_not_grow_with_the_leads():
    """Reading holds a few blocks, never all."""
    tracemalloc.start()
    try:
        assert sum(len(leads) for leads in SyntheticLeads(60_000, 1).batches(1_000)) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
