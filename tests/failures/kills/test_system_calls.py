"""Killed at the n-th time that a file is put on the disk or takes its name: what a fault of the order would need."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.journal.sqlite_journal import SqliteJournal
from harness.strategies import MAIN

from .case import Case
from .processes import ROOT, Child
from .sizes import FULL, SYSTEM_CALLS

LEADS, BATCH = 800, 100
CALLS = ("fdatasync", "fsync", "rename")
ENTERED = {"fdatasync": 14, "fsync": 3, "rename": 2}  # where the sweep begins if it is not played in full

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def killed_at(case: Case, call: str, nth: int) -> bool:
    """Start it and have it killed as it enters the n-th such call; whether it came to that."""
    child = case.start(traced=True)
    status = Path(f"/proc/{child.pid}/status")
    while "State:\tT" not in status.read_text():  # it stops itself as soon as it lives
        assert not child.ends_within(0.002)
    tracer = traced(child, call, nth)
    while "TracerPid:\t0\n" in status.read_text():
        assert not child.ends_within(0.002)
    child.signal(signal.SIGCONT)
    killed = case.saw(child.ended())
    tracer.communicate()
    return killed


def traced(child: Child, call: str, nth: int) -> "subprocess.Popen[bytes]":
    inject = f"inject={call}:signal=KILL:when={nth}"
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject, "-p", str(child.pid)]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("strategy", MAIN)
def test_killed_at_a_system_call(case_of, mock, tally, strategy, call):
    """Killed at any system call, the same command finishes with a correct result, and no file is left half written."""
    first = 1 if FULL else ENTERED[call]
    for nth in range(first, first + SYSTEM_CALLS):
        mock.reset()
        case = case_of(strategy, LEADS, BATCH)
        if not killed_at(case, call, nth):
            break
        tally.add(f"{strategy}: kills at {call}")
        ended = case.finished()
        assert (ended.code, case.amiss()) == (0, []), f"{call} {nth}: {ended.err}"
    assert nth > first or not FULL


MAKING = """
import sys
from pathlib import Path

from harness.journal.sqlite_journal import SqliteJournal

SqliteJournal(Path(sys.argv[1]))
"""
OF_MAKING = "fdatasync,fsync,unlink"


def test_killed_while_the_journal_is_made(tmp_path):
    """Whichever step of SQLite's it was, the next process takes the file for what it is: one that holds nothing yet."""
    for nth in range(1, 8):
        path = tmp_path / f"{nth}.sqlite"
        inject = ["-e", f"trace={OF_MAKING}", "-e", f"inject={OF_MAKING}:signal=KILL:when={nth}"]
        command = ["strace", "-f", "-qq", "-o", os.devnull, *inject, sys.executable, "-c", MAKING, str(path)]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
        journal = SqliteJournal(path)
        assert (journal.facts(), journal.batches()) == ({}, {})
        journal.close()
