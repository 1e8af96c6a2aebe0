"""Too little memory: the upload says so or dies of it, and the same command finishes where there is enough."""

import signal

import pytest

from harness.strategies import MAIN

from .sizes import FULL

MEGABYTE = 1_000_000
ROOM = (1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384) if FULL else (2, 128)
STRATEGIES = MAIN if FULL else ("batch-api", "csv-import-export")
TOLD, OF_GLIBC = 8, 127  # glibc ends a process that has no memory for a thread
DEATHS = {TOLD, OF_GLIBC, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS}


@pytest.mark.parametrize("room", ROOM)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_too_little_memory(case_of, tally, strategy, room):
    """With this many megabytes beyond those at its start it finishes, exits 8 or is killed; then all is well."""
    case = case_of(strategy)
    ended = case.start(room=room * MEGABYTE).ended()
    tally.add(f"memory: exit {ended.code}")
    assert ended.code in DEATHS | {0}, ended.err
    case.kills += 1
    ended = case.finished()
    assert (ended.code, case.amiss()) == (0, []), ended.err
