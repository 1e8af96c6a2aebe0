from pathlib import Path

import pytest

from harness.cli.closing import lines
from harness.status import Status


def entry(name: str, mapped_s: float, proof_s: float, verified: bool = True):
    return {"strategy": name, "duration_s": mapped_s, "verification_s": proof_s, "verified": verified}


@pytest.mark.parametrize(
    ("entries", "last"),
    [
        ([entry("a", 100, 10), entry("b", 200, 10)], "soonest: a, mapped as well as proved"),
        ([entry("a", 100, 10), entry("b", 100.5, 10)], "soonest: a and b, a tie, mapped as well as proved"),
        ([entry("a", 100, 60), entry("b", 150, 10)], "soonest mapped: a; mapped and proved: a and b, a tie"),
        (
            [entry("a", 1, 1, False), entry("b", 9, 1), entry("c", 8, 1)],
            "soonest: c, mapped as well as proved",
        ),
    ],
)
def test_who_is_soonest(entries, last):
    """By the complete mapping and with its proof; what is equally soon is a tie; what is not proved has no place."""
    *places, said = lines({"kind": "compare", "strategies": entries}, Path("out"), Status())
    assert (said, len(places)) == (last, sum(one["verified"] for one in entries))


def test_one_strategy_has_no_rank():
    """There is nothing to be sooner than."""
    assert list(lines({"kind": "compare", "strategies": [entry("a", 1, 1)]}, Path("out"), Status())) == []
