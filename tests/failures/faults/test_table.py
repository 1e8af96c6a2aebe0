"""The table of faults says what there is, and nothing else."""

from . import table


def test_the_document_is_up_to_date():
    """`python tests/failures/faults/table.py > docs/faults.md` would change nothing."""
    assert (table.ROOT / "docs" / "faults.md").read_text(encoding="utf-8") == table.document()


def test_every_fault_is_played_or_says_why_not():
    """By a test of its number, by a test of a module, or by a reason."""
    played = table.tests_by_number()
    silent = [number for number, fault in table.catalogue().items() if number not in played and len(fault) == 1]
    assert silent == []


def test_no_test_is_of_a_fault_that_nobody_named():
    """A number in the name of a test is one of the catalogue."""
    assert table.tests_by_number().keys() <= table.catalogue().keys()


def test_the_tests_of_modules_are_there():
    """Every test that the catalogue points to exists."""
    nodes = [node for fault in table.catalogue().values() for node in fault.get("elsewhere", [])]
    pairs = [node.split("::") for node in nodes]
    assert [node for node in pairs if node[1] not in table.functions(table.ROOT / node[0])] == []
