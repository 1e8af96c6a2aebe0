"""The caps of a run: the request that would go beyond one is not sent."""

import pytest

from harness.client.org_safety import RunCaps
from harness.errors import SafetyStop
from harness.flow import Call

SEARCH = Call(op="contacts.search", method="POST", url="/search")
BATCH = Call(op="contacts.add", method="POST", url="/contacts", contacts=400)


@pytest.mark.hardening("harness-10")
@pytest.mark.parametrize(
    ("caps", "call", "allowed", "word"),
    [
        ({"requests": 3}, SEARCH, 3, "--max-requests"),
        ({"contacts": 1000}, BATCH, 2, "--max-contacts"),
        ({"contacts": 1000}, SEARCH, 50, None),
        ({}, BATCH, 50, None),
    ],
)
def test_as_much_as_the_cap_and_no_more(caps, call, allowed, word):
    """The last one that fits goes; the next one stops the run, and says which option would allow it."""
    taken = RunCaps(**caps)
    for now in range(allowed):
        taken.take(call, float(now), float(now))
    if word is not None:
        with pytest.raises(SafetyStop, match=f"RUN_CAP .*{word}"):
            taken.take(call, 99.0, 99.0)


def test_a_refused_call_does_not_count():
    """Contacts that were not sent leave room for those that fit."""
    caps = RunCaps(contacts=500)
    caps.take(BATCH, 0.0, 0.0)
    with pytest.raises(SafetyStop):
        caps.take(BATCH, 1.0, 1.0)
    caps.take(Call(op="contacts.add", method="POST", url="/contacts", contacts=100), 2.0, 2.0)


@pytest.mark.hardening("harness-10")
def test_so_many_in_any_minute():
    """The next one waits until the first of the full minute is a minute old."""
    caps = RunCaps(per_minute=2)
    caps.take(SEARCH, 0.0, 0.0)
    caps.take(SEARCH, 10.0, 10.0)
    assert (caps.wait_s(15.0), caps.wait_s(60.0)) == (45.0, 0.0)
    caps.take(SEARCH, 60.0, 60.0)
    assert caps.wait_s(60.0) == 10.0
