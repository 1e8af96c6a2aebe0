"""When a server that fails everything is asked again."""

import pytest

from harness.client.retry import OPENS_AFTER, PATIENCE_S, PROBE_EVERY_S, Breaker


@pytest.fixture
def opened():
    breaker = Breaker()
    for _ in range(OPENS_AFTER):
        breaker.record_reply(100.0, failed=True)
    return breaker


def test_single_failures_hold_nobody():
    """One answer among them starts the count again."""
    breaker = Breaker()
    for failed in [*[True] * (OPENS_AFTER - 1), False, *[True] * (OPENS_AFTER - 1)]:
        breaker.record_reply(1.0, failed=failed)
    assert breaker.wait_s(1.0) == 0.0


def test_one_probe_every_few_seconds(opened):
    """Eight workers ask again and again for a minute: twelve requests, the first after the pause."""
    sent = []
    for tick in range(100 * 8, 161 * 8):
        if opened.wait_s(tick / 8) == 0.0:
            opened.record_sent(tick / 8)
            sent.append(tick / 8)
    assert sent == [100 + PROBE_EVERY_S * n for n in range(1, 13)]


def test_a_wait_is_never_too_short_for_a_loop(opened):
    """Virtual time would stand still."""
    assert opened.wait_s(100.0 + PROBE_EVERY_S - 1e-12) >= 0.001


@pytest.mark.parametrize("sent_at", [99.0, 101.0], ids=["sent before", "a probe"])
def test_any_answer_ends_it(opened, sent_at):
    """The first one that comes, whenever it was sent."""
    opened.record_sent(sent_at)
    opened.record_reply(102.0, failed=False)
    assert opened.wait_s(102.0) == 0.0


@pytest.mark.parametrize(
    ("sent_at", "now", "excused"),
    [(99.0, 101.0, False), (105.0, 106.0, True), (105.0 + PATIENCE_S, 106.0 + PATIENCE_S, False)],
    ids=["sent before", "a probe", "for too long"],
)
def test_what_a_probe_costs(opened, sent_at, now, excused):
    """Its failure counts against nobody, for a quarter of an hour."""
    opened.record_reply(now, failed=True)
    assert opened.excuses(sent_at, now) is excused
