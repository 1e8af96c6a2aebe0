import signal

import pytest

from ..oracle import complaints
from .processes import ended, start

LEADS = 500
STUCK = {"op": "contacts.add", "nth": 2, "when": "after_commit", "action": {"stall_s": 60}}
PATIENCE = ("--batch-size", 100, "--quiet-period", 0.5)


@pytest.fixture
def stuck(mock, make_leads, upload_of, tmp_path):
    """An upload that waits for an answer: its process, and the arguments and leads it was started with."""
    leads = make_leads(LEADS)
    arguments = upload_of(leads, "batch-api", mock.url, *PATIENCE)
    mock.faults(STUCK)
    process = start(arguments, tmp_path)
    while mock.unfired():
        assert process.poll() is None
    yield process, arguments, leads
    if process.poll() is None:
        process.kill()
        process.communicate()


@pytest.mark.hardening("harness-14")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal(mock, contactbench, tmp_path, stuck, number, code):
    """A signal ends the upload at once, in one sentence; the same command goes on from there."""
    process, arguments, leads = stuck
    process.send_signal(number)
    stopped = ended(process)
    assert (stopped.code, "Traceback" in stopped.err, "STOPPED" in stopped.err) == (code, False, True)
    mock.faults()
    ran = contactbench(*arguments)
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err


@pytest.mark.hardening("harness-14")
def test_a_stop_file(mock, contactbench, tmp_path, stuck):
    """Exit 5 STOPPED within a second, though a request has no answer; while it is there, nothing more is sent."""
    process, arguments, leads = stuck
    stop = tmp_path / "run" / "STOP"
    stop.touch()
    process.wait(2)
    stopped, sent = ended(process), mock.count("oauth.token")
    again = contactbench(*arguments)
    assert [(one.code, one.complaint) for one in (stopped, again)] == [(5, "STOPPED")] * 2
    assert (str(stop) in again.err, mock.count("oauth.token")) == (True, sent)
    stop.unlink()
    mock.faults()
    ran = contactbench(*arguments)
    assert (ran.code, complaints(mock.contacts(), tmp_path / "run", leads)) == (0, []), ran.err


def test_a_second_process(contactbench, stuck):
    """A run folder in use is refused at once, and says by whom it is used."""
    process, arguments, _ = stuck
    second = contactbench(*arguments)
    assert (second.code, second.complaint) == (7, "STATE_LOCKED")
    assert str(process.pid) in second.err
