"""The page tells of every guard, and every guard has a test that trips it."""

from . import table


def test_the_page_is_that_of_the_tests():
    """Whoever changes a test writes the page anew: python tests/failures/org_safety/table.py."""
    assert table.PAGE.read_text(encoding="utf-8") == table.page()


def test_every_test_is_of_a_guard():
    """And every guard's tests are there."""
    named = [node for nodes in table.guards().values() for node in nodes]
    assert sorted(named) == sorted(name for name, _ in table.tests())
