"""What a run says held it up."""

from types import SimpleNamespace

import pytest

from harness.client.fault_counts import FaultCounts
from harness.flow import Wait
from harness.runs.run_document import bottleneck
from harness.strategies import strategy


def outcome(name="batch-api", duration_s=100.0, throttled_s=0.0, in_flight_grace_s=0.0):
    """A run of two workers."""
    trouble = FaultCounts()
    trouble.record_wait(Wait(in_flight_grace_s, "quiet"), 0.0)
    context = SimpleNamespace(samples=SimpleNamespace(throttled_s=throttled_s), fault_counts=trouble)
    plan = SimpleNamespace(strategy=strategy(name), concurrency=2)
    return SimpleNamespace(duration_s=duration_s, context=context, plan=plan)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (outcome(duration_s=0.0), "none"),
        (outcome(), "answer time of the requests in flight"),
        (outcome("csv-import-export"), "import and export jobs"),
        (outcome(throttled_s=41.0, in_flight_grace_s=40.0), "rate limit"),
        (outcome(throttled_s=41.0, in_flight_grace_s=60.0), "waiting after faults"),
        (outcome("csv-import-export", in_flight_grace_s=60.0), "waiting after faults"),
        (outcome(in_flight_grace_s=40.0), "answer time of the requests in flight"),
    ],
)
def test_what_most_of_the_time_went_into(run, words):
    """A fifth of the workers' time is much; of two that took as much, the longer is named."""
    assert bottleneck(run) == words
