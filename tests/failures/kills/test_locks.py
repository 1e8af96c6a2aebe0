"""One process a run folder: who comes second is told at once, who comes after a kill goes on at once."""

import os
import random

import pytest

from .moments import at_any_request
from .sizes import LOCKS, WORKERS

LEADS, BATCH = 800, 100
STUCK = {"op": "contacts.add", "nth": 2, "times": WORKERS, "when": "after_commit", "action": {"stall_s": 600}}
AT_ONCE_S = 1.0


@pytest.fixture
def stuck(case_of, mortal_mock):
    """An upload all of whose workers wait for an answer: its case and its process."""
    case = case_of("batch-api", LEADS, BATCH, mock=mortal_mock)
    case.mock.faults(STUCK)
    child = case.start()
    while case.mock.unfired():
        assert not child.ends_within(0.02)
    yield case, child
    child.kill()


def requests(case) -> int:
    return sum(sum(by_status.values()) for by_status in case.mock.get("/ledger/counts").values())


@pytest.mark.sized
def test_a_second_process(stuck, tally):
    """It ends with exit 7 after less than a second of CPU, sending nothing; the first process is not disturbed."""
    case, child = stuck
    before = requests(case)
    seconds = [case.finished() for _ in range(LOCKS)]
    assert {(second.code, "STATE_LOCKED" in second.err) for second in seconds} == {(7, True)}
    assert requests(case) == before
    assert max(second.cpu_s for second in seconds) < AT_ONCE_S
    tally.add("second processes refused", LOCKS)
    tally.worst("CPU seconds of a second process", max(second.cpu_s for second in seconds))
    assert not child.ends_within(0)


def test_started_at_once(case_of):
    """Two started together on a new folder: one does the work, the other is refused or finds it done."""
    case = case_of("batch-api", LEADS, BATCH)
    first = case.start()
    second = case.start(err="err-2.txt")
    codes = sorted([first.ended().code, second.ended().code])
    assert codes in ([0, 7], [0, 0])
    assert case.amiss() == []


@pytest.mark.parametrize("pid", ["own", "another's"])
def test_the_lock_of_the_dead(case_of, pid):
    """A lock file that names an unrelated living process, as after a restart of the machine, blocks no run."""
    case = case_of("batch-api", LEADS, BATCH)
    while not case.killed(at_any_request(case, random.Random(1))):
        case.mock.reset()
    lock = case.run / "journal.lock"
    lock.write_text(str(os.getpid() if pid == "own" else os.getppid()))
    ended = case.finished()
    assert (ended.code, case.amiss()) == (0, []), ended.err
