"""Networks that are slow, forgetful, or have little room: each upload ends with ALL."""

import pytest

from .strikes import Pace, Strike, bandwidth
from .test_sweep import BATCHES, CSV, CSV_OWN, GEN, OWN, POST, SEARCH, UPLOAD

BATCHED = pytest.mark.parametrize("name", [GEN, OWN])
EVERY = pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])


@BATCHED
def test_an_answer_of_a_byte_a_second(net, name):
    """Given up after two minutes, though bytes keep coming: looked up or sent again: ALL."""
    strike = net.proxy.strike(POST, "slow", side="answer", nth=2, pace=Pace(piece=1, pause_s=1))
    end = net.survives(name)
    sent, answered = net.proxy.exchanges[net.requests(POST)[1]].answer.passed, end.entry["resolved"]
    assert (strike.fired, 110 <= sent <= 125, answered) == (1, True, 100 if name == GEN else 0)


@BATCHED
def test_a_server_that_reads_slowly(net, name):
    """Given up after two minutes; what had not left by then never leaves, however long it waited in buffers: ALL."""
    strike = net.proxy.strike(POST, "slow", nth=2, pace=bandwidth(100))
    end = net.rig.upload(name)
    net.rig.sleep(600)
    assert (strike.fired, len(net.requests(POST))) == (1, BATCHES + 1)
    net.rig.check(end, name)


@pytest.mark.parametrize("name", [CSV, CSV_OWN])
def test_an_upload_that_takes_its_time(net, name):
    """A file at 100 bytes a second has an hour: it is sent once: ALL."""
    strike = net.proxy.strike(UPLOAD, "slow", pace=bandwidth(100))
    net.survives(name)
    assert (strike.fired, len(net.requests(UPLOAD)), net.rig.elapsed() > 300) == (1, 1, True)


@EVERY
def test_connections_that_are_closed_while_idle(net, name):
    """The next request goes over another one, and nothing is in doubt: ALL."""
    net.proxy.idle_s = 0.5
    end = net.survives(name)
    assert (net.proxy.idled > 0, end.entry["in_doubt"]) == (True, 0)
    assert len(net.requests(POST)) in (0, BATCHES)


@EVERY
def test_every_tenth_request_is_lost(net, name):
    """Or its answer is: ALL, in a few runs at most."""
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
    """And none is kept for long: ALL, in a few runs at most."""
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
    """Eight flows share what there is, however long it takes, and nothing is in doubt: ALL."""
    net.proxy.most = most
    net.rig.settings(latency__contacts__add__base_s=10.0)
    end = net.rig.upload(name, concurrency=8, batch_size=10)
    assert (net.proxy.peak, end.code) == (most, 0), end.message
    assert (net.requests(SEARCH), net.rig.elapsed() > 120) == ([], True)
    net.rig.check(end, name, batch_size=10)
