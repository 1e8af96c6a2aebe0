"""2.3: connections that break. Once a byte of the body may have left, the write may have happened."""

from dataclasses import replace

import pytest

from .rig import BATCH, BATCHES

GEN, OWN, CSV, CSV_OWN = "batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids"
EVERY = pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])
BATCHED = pytest.mark.parametrize(("name", "posts", "resolved"), [(GEN, BATCHES, BATCH), (OWN, BATCHES + 1, 0)])


def strike(when: str, **action):
    return {"op": "contacts.add", "nth": 3, "when": when, "action": action}


def looked_up(rig, name, posts, resolved, rule):
    """Under `rule`, which strikes after the commit: GEN adopts the batch, OWN sends it again; ALL."""
    rig.faults(rule)
    end = rig.upload(name)
    rig.sleep(60)  # until the server too knows that nobody listens any more
    assert (rig.count("contacts.add"), end.entry["resolved"]) == (posts, resolved), end.message
    rig.check(end, name)


@EVERY
def test_f032_nobody_listens(rig, name):
    """Exit 5 after a few tries, nothing has been sent; ALL once a server listens."""
    there = rig.target
    rig.target = replace(there, socket=rig.folder / "nobody")
    end = rig.upload(name)
    assert (end.code, end.word, rig.requests()) == (5, "NO_CONNECTION", 0)
    rig.target = there
    rig.check(rig.upload(name), name)


@BATCHED
def test_f036_cut_before_the_answer(rig, name, posts, resolved):
    """Stored, and the connection is reset before the status line: ALL."""
    looked_up(rig, name, posts, resolved, strike("after_commit", reset=True))


@BATCHED
def test_f037_cut_within_the_answer(rig, name, posts, resolved):
    """Half of the ids arrive, and none of them is used: ALL."""
    looked_up(rig, name, posts, resolved, strike("mid_response", reset=True))


@BATCHED
def test_f038_a_black_hole(rig, name, posts, resolved):
    """Stored, but no answer comes: the call is given up after two minutes: ALL."""
    looked_up(rig, name, posts, resolved, strike("after_commit", stall_s=150))


@BATCHED
def test_f039_an_answer_that_stops_half_way(rig, name, posts, resolved):
    """The time-out covers the whole call, so a trickle of bytes does not extend it: ALL."""
    looked_up(rig, name, posts, resolved, strike("mid_response", stall_s=150))


@BATCHED
@pytest.mark.parametrize("more", [1, 500])
def test_f041_fewer_bytes_than_announced(rig, name, posts, resolved, more):
    """The connection ends before the length is reached: ALL."""
    looked_up(rig, name, posts, resolved, {"op": "contacts.add", "nth": 3, "action": {"content_length_delta": more}})


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f045_a_connection_that_was_closed_meanwhile(rig, name):
    """The POST fails, the HTTP client does not repeat it silently, and the batch is looked up or sent again: ALL."""
    rig.faults(strike("before_parse", reset=True))
    end = rig.upload(name)
    assert rig.count("contacts.add") == BATCHES + 1
    rig.check(end, name)


@EVERY
def test_f046_every_seventh_connection_breaks(rig, name):
    """Requests of every kind are hit: ALL, in one run or after the same command."""
    rig.faults({"op": "*", "every": 7, "when": "after_commit", "action": {"reset": True}})
    for _ in range(3):
        end = rig.upload(name)
        if end.code == 0:
            break
        assert end.code == 5
    rig.check(end, name)


@EVERY
def test_f047_away_for_ten_minutes(rig, name):
    """The outage is longer than the upload waits: exit 5 at worst; ALL after the same command."""
    rig.faults({"op": "*", "when": "before_parse", "action": {"reset": True}})
    end = rig.upload_meanwhile(name, 600, rig.faults)
    assert end.code in (0, 5)
    rig.check(rig.upload(name), name)
