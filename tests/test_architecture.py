"""docs/architecture.md shows the code as it is."""

from .architecture import PAGE, arrows, drawn, floors


def test_the_page_is_fresh():
    """If not: `python -m tests.architecture`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page)


def test_every_room_has_a_floor():
    """And none is drawn that is not there."""
    on_floors = {room for package in ("harness", "mockserver") for floor in floors(package) for room in floor}
    assert on_floors == arrows().keys() - {"harness", "mockserver", "reports", "scenarios"}
