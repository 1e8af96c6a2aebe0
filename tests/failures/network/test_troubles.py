"""Networks that are slow, forgetful, or have little room: each upload ends with ALL."""

import subprocess

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv

from ...end_to_end.processes import CONTACTBENCH, TIMEOUT_S, Mock, environment
from ...oracle import complaints
from .strikes import Pace, Strike, bandwidth
from .test_sweep import BATCHES, CSV, CSV_OWN, GEN, OWN, POST, UPLOAD, looked_up

BATCHED = pytest.mark.parametrize("name", [GEN, OWN])
EVERY = pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])


@BATCHED
def test_an_answer_of_a_byte_a_second(net, name):
    """Given up after two minutes although bytes keep coming; then looked up or sent again: ALL."""
    strike = net.proxy.strike(POST, "slow", side="answer", nth=2, pace=Pace(piece=1, pause_s=1))
    end = net.survives(name)
    sent, answered = net.proxy.exchanges[net.requests(POST)[1]].answer.passed, end.entry["resolved"]
    assert (strike.fired, 110 <= sent <= 125, answered) == (1, True, 100 if name == GEN else 0)


@BATCHED
def test_a_server_that_reads_slowly(net, name):
    """Given up after two minutes; what is still buffered then is never sent: ALL."""
    strike = net.proxy.strike(POST, "slow", nth=2, pace=bandwidth(100))
    end = net.rig.upload(name)
    net.rig.sleep(600)
    assert (strike.fired, len(net.requests(POST))) == (1, BATCHES + 1)
    net.rig.check(end, name)


@pytest.mark.parametrize("name", [CSV, CSV_OWN])
def test_an_upload_that_takes_its_time(net, name):
    """A file that uploads at 100 bytes a second has an hour to finish and is sent once: ALL."""
    strike = net.proxy.strike(UPLOAD, "slow", pace=bandwidth(100))
    net.survives(name)
    assert (strike.fired, len(net.requests(UPLOAD)), net.rig.elapsed() > 300) == (1, 1, True)


@EVERY
def test_connections_that_are_closed_while_idle(net, name):
    """The next request uses a new connection, and nothing is in doubt: ALL."""
    net.proxy.idle_s = 0.5
    end = net.survives(name)
    assert (net.proxy.idled > 0, end.entry["in_doubt"]) == (True, 0)
    assert len(net.requests(POST)) in (0, BATCHES)


@EVERY
def test_every_tenth_request_is_lost(net, name):
    """One request in ten, or its answer, is lost: ALL, in a few runs at most."""
    lost = Strike(".", "reset", at=200, nth=5, every=20), Strike(".", "hole", "answer", at=100, nth=15, every=20)
    net.proxy.strikes = list(lost)
    for _ in range(3):
        end = net.rig.upload(name)
        if end.code == 0:
            break
        assert end.code == 5
    assert lost[0].fired + lost[1].fired > 1
    net.proxy.strikes = []
    net.rig.check(end, name)


@EVERY
def test_every_second_connection_is_dropped(net, name):
    """Every second connection is dropped, and none is kept open for long: ALL, in a few runs at most."""
    net.proxy.drop_every, net.proxy.idle_s = 2, 0.1
    for _ in range(3):
        end = net.rig.upload(name)
        if end.code == 0:
            break
        assert end.code == 5
    assert net.proxy.dropped > 1
    net.rig.check(end, name)


@pytest.mark.parametrize("most", [1, 2])
@BATCHED
def test_a_server_that_takes_few_connections(net, name, most):
    """Eight workers share the few connections, and nothing is in doubt: ALL."""
    net.proxy.most = most
    net.rig.settings(latency__contacts__add__base_s=10.0)
    end = net.rig.upload(name, concurrency=8, batch_size=10)
    assert (net.proxy.peak, end.code) == (most, 0), end.message
    assert (looked_up(net), net.rig.elapsed() > 120) == (0, True)
    net.rig.check(end, name, batch_size=10)


@pytest.fixture
def mock(tmp_path):
    one = Mock(tmp_path / "mock", "--pace", "none", "--seed", "1")
    yield one
    one.stop()


@pytest.mark.parametrize("descriptors", [pytest.param(32, marks=pytest.mark.slow), 24])
def test_few_file_descriptors(mock, tmp_path, descriptors):
    """32 workers share the few file descriptors that the files of an upload leave for connections: ALL in one run."""
    leads = tmp_path / "leads.csv"
    write_csv(SyntheticLeads(1000, seed=1), leads)
    files = ["--leads", leads, "--run", tmp_path / "run", "--lead-id", "Lead ID", "--phone", "Phone"]
    options = ["--target", mock.url, "--strategy", GEN, "--batch-size", "50", "--concurrency", "32"]
    command = [CONTACTBENCH, "upload", *map(str, files), *options]

    def ended(limit):
        limited = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", *command]
        return subprocess.run(limited, cwd=tmp_path, env=environment(), capture_output=True, timeout=TIMEOUT_S)

    first, again = ended(descriptors), ended(256)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert complaints(mock.contacts(), tmp_path / "run", leads) == []


@pytest.mark.hardening("harness-8", "harness-10")
@pytest.mark.parametrize("name", [GEN, *(pytest.param(each, marks=pytest.mark.slow) for each in (OWN, CSV, CSV_OWN))])
def test_a_deadline_amid_an_answer_of_a_byte_a_second(net, name):
    """Exit 5 DEADLINE at the deadline and not when the call's own time is over; then the same command: ALL."""
    strike = net.proxy.strike(POST if name in (GEN, OWN) else UPLOAD, "slow", side="answer", pace=Pace(1, 1))
    end = net.rig.upload(name, deadline_s=15.0)
    assert (strike.fired, end.code, end.word, net.rig.elapsed() <= 16) == (1, 5, "DEADLINE", True), end.message
    net.survives(name)
