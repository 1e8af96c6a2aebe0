"""An upload that does not run for a while, or to which nobody listens."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from ..oracle import complaints
from .processes import CONTACTBENCH, TIMEOUT_S, ended, environment, start

LEADS = 500
PATIENCE = ("--batch-size", 100, "--quiet-period", 0.5)


def test_a_process_that_is_stopped(mock, make_leads, upload_of, tmp_path):
    """SIGSTOP while answers are due, SIGCONT later: ALL; the pause is reported and not counted as server time."""
    leads = make_leads(LEADS)
    mock.faults({"op": "contacts.add", "nth": 2, "when": "after_commit", "action": {"stall_s": 2}})
    process = start(upload_of(leads, "batch-api", mock.url, *PATIENCE), tmp_path)
    while any(mock.unfired() or not waits(process) for _ in range(10)):  # and not between two other answers
        assert process.poll() is None
    process.send_signal(signal.SIGSTOP)
    paused_s = 7
    subprocess.run([sys.executable, "-c", f"import time; time.sleep({paused_s})"], check=True)
    process.send_signal(signal.SIGCONT)
    ran = ended(process)
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err
    assert ran.entry["suspended_s"] == pytest.approx(paused_s, abs=2)
    assert max(each["max_s"] for each in ran.entry["operations"].values()) < paused_s - 2
    assert "suspended" in ran.err


def waits(process):
    """Whether it waits for something: an answer that it is just looking at would count the pause as its own time."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def nobody_reads():
    """The end of a pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "numbers"),
    [("no reader", [1]), ("no reader", [1, 2]), ("closed", [1, 2]), ("disk full", [1, 2])],
    ids=str,
)
def test_nobody_listens(mock, make_leads, upload_of, tmp_path, numbers, state):
    """`| head -0`, `2>&-`, a log on a full disk: ALL, exit 0, and no file of the run takes a stream's place."""
    leads = make_leads(LEADS)
    command = [CONTACTBENCH, *upload_of(leads, "batch-api", mock.url, *PATIENCE)]
    heard = tmp_path / "heard"
    with heard.open("wb") as file:
        deaf = {"no reader": nobody_reads, "disk full": partial(os.open, "/dev/full", os.O_WRONLY)}
        streams = {number: file.fileno() for number in (1, 2)}
        if state != "closed":
            streams |= dict.fromkeys(numbers, deaf[state]())

        def close():
            for number in numbers if state == "closed" else ():
                os.close(number)

        ran = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(),
            stdout=streams[1],
            stderr=streams[2],
            preexec_fn=close,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert (ran.returncode, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), heard.read_text()
    assert "Traceback" not in heard.read_text()
