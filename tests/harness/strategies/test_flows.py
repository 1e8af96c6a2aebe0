"""When an import has left so much out that a list of rejects would not help."""

import pytest

from harness.strategies.flows import MOST_REFUSED, left_out


@pytest.mark.parametrize(
    ("count", "mapped", "stops"),
    [
        (0, 0, False),
        (1, 0, True),
        (1, 1, False),
        (MOST_REFUSED, 1, False),
        (MOST_REFUSED + 1, 1, True),
        (300, 301, False),
    ],
)
def test_all_or_most_leads_left_out_stop_the_run(count, mapped, stops):
    """A few bad leads are rejects; an import that took none, or only few of many, is a no of the org."""
    trouble = left_out([f"L{n}" for n in range(count)], mapped)
    assert (trouble is not None) == stops
    assert trouble is None or (trouble.exit_code, trouble.code) == (6, "TOO_MANY_REFUSED")


@pytest.mark.parametrize(("lead_id", "likely"), [("L 1", True), ("L/1", True), ("\u00dc1", True), ("L-1.a_b", False)])
def test_the_likely_reason_is_told(lead_id, likely):
    """Only where the ids hold signs that ids of contacts may not have."""
    assert ("csv-import-export" in str(left_out([lead_id], 0))) == likely
