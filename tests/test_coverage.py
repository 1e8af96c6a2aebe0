"""docs/coverage.md shows what is served and what is tested."""

from mockserver.operations import BASE, OPERATIONS, official_operations

from .coverage import PAGE, drawn, is_served


def test_the_page_is_fresh():
    """If not: `python -m tests.coverage`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page)


def test_nothing_is_counted_twice_or_not_at_all():
    """As many official operations are served as the mock has rows under the API's path."""
    rows = [each for each in OPERATIONS if each.path.startswith(BASE)]
    assert sum(map(is_served, official_operations())) == len(rows)
