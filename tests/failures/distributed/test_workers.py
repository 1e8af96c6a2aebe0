"""One run by several processes: every lead is sent once, whoever of them is lost."""

import signal

import pytest

from .swarm import in_doubt, slow

pytestmark = pytest.mark.smoke


def test_a_worker_that_is_killed(started):
    """What it was sending is looked up, the others go on: every lead has one contact, and the proof says so."""
    slow(started.mock, 0.3)
    started.start(3, "--batch-size", "150")
    started.until_sent(12)
    started.until_all_wait()
    started.workers[0].kill()
    code, printed = started.ended()
    assert code == 0, printed
    assert started.complaints() == []
    assert in_doubt(printed) >= 1
    assert started.entry()["resolved"] >= 150


def test_a_worker_that_stands_still_and_goes_on(started):
    """What it had not begun it does not send when the run is over and it comes to itself."""
    slow(started.mock, 0.3)
    started.start(2, "--batch-size", "150")
    started.until_sent(8)
    started.workers[0].send_signal(signal.SIGSTOP)
    code, printed = started.ended()
    started.workers[0].send_signal(signal.SIGCONT)
    started.workers[0].wait(timeout=90)
    assert code == 0, printed
    assert started.complaints() == []


def test_the_master_is_killed(started):
    """Its journal says what was sent; the same command goes on with other workers."""
    slow(started.mock, 0.3)
    started.start(2, "--batch-size", "150")
    started.until_sent(8)
    started.master.kill()
    started.clear()
    started.workers = []
    started.mock.faults()
    started.start(2, "--batch-size", "150")
    code, printed = started.ended()
    assert code == 0, printed
    assert started.complaints() == []


def test_a_list_of_csv_imports_changes_hands(started):
    """The files of imports and exports go through the master: workers share no folder with it."""
    started.strategy = "csv_import_export"
    started.start(2, "--lists", "4")
    code, printed = started.ended()
    assert code == 0, printed
    assert started.complaints() == []


def test_all_workers_stand_still(started):
    """Locust takes them for missing and stops: the master ends with a verdict, and the same command ends the run."""
    slow(started.mock, 0.3)
    started.start(2, "--batch-size", "150")
    started.until_sent(8)
    for worker in started.workers:
        worker.send_signal(signal.SIGSTOP)
    code, printed = started.ended()
    assert (code, "STOPPED" in printed) == (5, True), printed
    started.clear()
    started.workers = []
    started.mock.faults()
    started.start(2, "--batch-size", "150")
    code, printed = started.ended()
    assert code == 0, printed
    assert started.complaints() == []
