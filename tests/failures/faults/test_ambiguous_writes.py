"""2.2: a write whose answer is lost, wrong or late. Nothing is sent again on a guess."""

import pytest

from harness.journal.sqlite_journal import SqliteJournal

from . import naive
from .rig import BATCH, BATCHES, LEADS, Rig

GEN, OWN = "batch-api", "batch-api-own-ids"


def strike(when: str, **action):
    """The third POST of contacts meets with this."""
    return {"op": "contacts.add", "nth": 3, "when": when, "action": action}


def numbers(rig: Rig, end) -> tuple[int, int]:
    """POSTs of contacts so far, and leads whose contact was looked up."""
    return rig.count("contacts.add"), end.entry.get("resolved")


@pytest.mark.parametrize(("name", "resolved"), [(GEN, 0), (OWN, 0)])
def test_f015_500_before_commit(rig, name, resolved):
    """GEN searches, finds nothing, sends once more; OWN sends the same bytes again: ALL."""
    rig.faults(strike("before_commit", status=500))
    end = rig.upload(name)
    assert numbers(rig, end) == (BATCHES + 1, resolved)
    rig.check(end, name)


@pytest.mark.parametrize(("name", "posts", "resolved"), [(GEN, BATCHES, BATCH), (OWN, BATCHES + 1, 0)])
def test_f016_500_after_commit(rig, name, posts, resolved):
    """GEN adopts all of the batch and sends nothing; OWN updates: ALL."""
    rig.faults(strike("after_commit", status=500))
    end = rig.upload(name)
    assert numbers(rig, end) == (posts, resolved)
    rig.check(end, name)


def test_f016_500_after_commit_and_a_blind_repeat(rig):
    """An upload that simply sends again duplicates a batch and orphans contacts: CHECK says C3 and C4."""
    rig.faults(strike("after_commit", status=500))
    end = rig.upload(naive.BLIND)
    assert (end.code, rig.size()) == (0, LEADS + BATCH)
    assert rig.complaints() == [f"C3: {BATCH} doubled", f"C4: {BATCH} orphaned"]


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize(
    ("name", "when", "posts", "resolved"),
    [
        (GEN, "before_commit", BATCHES + 1, 0),
        (GEN, "after_commit", BATCHES, BATCH),
        (OWN, "before_commit", BATCHES + 1, 0),
        (OWN, "after_commit", BATCHES + 1, 0),
    ],
)
def test_f017_gateways(rig, name, when, posts, resolved, status):
    """After 502, 503 or 504 to a POST it is unknown whether anything was stored, and the upload looks: ALL."""
    rig.faults(strike(when, status=status))
    end = rig.upload(name)
    assert numbers(rig, end) == (posts, resolved)
    rig.check(end, name)


@pytest.mark.parametrize(("name", "posts", "resolved"), [(GEN, BATCHES, BATCH), (OWN, BATCHES + 1, 0)])
def test_f019_the_client_gives_up_waiting(rig, name, posts, resolved):
    """Stored, but the answer takes longer than the client waits; handled like a 500 after a commit."""
    rig.faults(strike("after_commit", stall_s=130))
    end = rig.upload(name)
    rig.sleep(60)  # until the answer that nobody waits for has been written
    assert numbers(rig, end) == (posts, resolved)
    rig.check(end, name)


@pytest.mark.parametrize(("name", "posts", "resolved"), [(GEN, BATCHES, BATCH), (OWN, BATCHES + 1, 0)])
def test_f020_a_late_commit(rig, name, posts, resolved):
    """504 after 60 s, stored after 75 s: the quiet period is longer, so the search finds the contacts: ALL."""
    rig.faults(strike("before_commit", late_commit_s=75))
    end = rig.upload(name)
    assert numbers(rig, end) == (posts, resolved)
    rig.check(end, name)


def test_f020_a_quiet_period_that_is_too_short(rig):
    """The batch is sent again, then the first attempt is stored too: exit 4; ALL once the surplus is removed."""
    rig.faults(strike("before_commit", late_commit_s=75))
    rig.upload(GEN, in_flight_grace_s=1.0, consistency_wait_s=1.0)
    rig.sleep(120)
    end = rig.upload(GEN)
    assert (end.code, end.word, rig.complaints()[0]) == (4, "VERIFY_FAILED", f"C3: {BATCH} doubled")
    rig.remove_orphans()
    rig.check(rig.upload(GEN), GEN)


def test_f021_an_upsert_that_comes_late(rig):
    """The first attempt is stored after the second one: both have the same bytes, so nothing changes: ALL."""
    rig.faults(strike("before_commit", late_commit_s=600, status=504))
    end = rig.upload(OWN)
    rig.sleep(600)
    rig.check(end, OWN)


def test_f021_another_input_while_a_batch_is_in_doubt(rig):
    """A corrected input file makes it a different run: exit 7, and nothing is sent."""
    rig.faults({"op": "contacts.add", "when": "after_commit", "action": {"status": 500}})
    assert rig.upload(OWN).code == 5
    rig.faults()
    before = rig.requests()
    rig.invent(LEADS, seed=2)
    end = rig.upload(OWN)
    assert (end.code, end.word, rig.requests() - before) == (7, "STATE_MISMATCH", 0)


@pytest.mark.parametrize(("name", "resolved"), [(GEN, 40), (OWN, 0)])
def test_f022_half_a_batch_is_stored(rig, name, resolved):
    """40 of 100 are stored, then 500: GEN adopts them and sends 60, OWN sends the 100 again: ALL."""
    rig.faults(strike("before_commit", partial_commit=40, status=500))
    end = rig.upload(name)
    assert numbers(rig, end) == (BATCHES + 1, resolved)
    rig.check(end, name)


@pytest.mark.parametrize(("name", "resolved"), [(GEN, 40), (OWN, 0)])
def test_f023_half_a_batch_and_a_200(rig, name, resolved):
    """A 200 that names only 40 of 100 leads is not trusted; what was stored is looked up: ALL."""
    rig.faults(strike("before_commit", partial_commit=40, status=200))
    end = rig.upload(name)
    assert numbers(rig, end) == (BATCHES + 1, resolved)
    rig.check(end, name)


def test_f023_a_2xx_that_is_trusted(rig):
    """An upload that trusts such an answer loses 60 leads: CHECK says C1."""
    rig.faults(strike("before_commit", partial_commit=40, status=200))
    rig.upload(naive.TRUSTING)
    assert rig.complaints() == [f"C1: {BATCH - 40} in neither mapping nor rejects"]


def test_f024_searches_that_fail_too(rig):
    """Three searches are answered with 500 and repeated; no batch is sent again before one succeeds: ALL."""
    rig.faults(
        strike("after_commit", status=500), {"op": "contacts.search", "nth": 1, "times": 3, "action": {"status": 500}}
    )
    end = rig.upload(GEN)
    assert numbers(rig, end) == (BATCHES, BATCH)
    rig.check(end, GEN)


def test_f024_a_search_that_never_works(rig):
    """Exit 5 IN_DOUBT names the batch and its leads; nothing is sent again; ALL after the same command."""
    rig.faults(strike("after_commit", status=500), {"op": "contacts.search", "action": {"status": 500}})
    end = rig.upload(GEN)
    assert (end.code, end.word, f"{BATCH} leads" in end.message) == (5, "IN_DOUBT", True)
    assert rig.count("contacts.add") == rig.size() // BATCH
    rig.faults()
    rig.check(rig.upload(GEN), GEN)


@pytest.mark.parametrize("name", [GEN, OWN, "csv-import-export", "csv-import-own-ids"])
def test_f027_duplicates_of_somebody_else(rig, name):
    """Another client adds a second contact for ten leads: exit 4 lists each of them, and nothing is deleted."""
    assert rig.upload(name).code == 0
    rig.add_foreign(10)
    deleted = rig.count("contacts.delete_many") + rig.count("lists.delete")
    end = rig.upload(name)
    assert (end.code, end.word, "10" in end.message) == (4, "VERIFY_FAILED", True)
    assert (rig.size(), rig.count("contacts.delete_many") + rig.count("lists.delete")) == (LEADS + 10, deleted)
    assert name == "csv-import-export" or rig.findings() == {"doubled": 20, "orphaned": 10}


@pytest.mark.parametrize(("name", "posts"), [(GEN, BATCHES), (OWN, BATCHES + 1)])
def test_f028_408(rig, name, posts):
    """After a 408 the batch may have been stored, and here it was: ALL."""
    rig.faults(strike("after_commit", status=408))
    end = rig.upload(name)
    assert rig.count("contacts.add") == posts
    rig.check(end, name)


def test_f029_409_on_an_upsert(rig):
    """After a conflict with another writer the batch is sent again after a pause: ALL."""
    rig.faults(strike("before_commit", status=409))
    end = rig.upload(OWN)
    assert rig.count("contacts.add") == BATCHES + 1
    rig.check(end, OWN)


@pytest.mark.parametrize(("name", "posts"), [(GEN, 1), (OWN, 2)])
def test_f029_409_without_end(rig, name, posts):
    """Refused every time: exit 6, no lead in doubt; ALL after the same command once the conflict is over."""
    rig.faults({"op": "contacts.add", "action": {"status": 409}})
    end = rig.upload(name, concurrency=1)
    assert (end.code, rig.count("contacts.add"), rig.size()) == (6, posts, 0)
    rig.faults()
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f030_one_bad_contact(rig, name):
    """The batch is halved down to the one: 599 mapped, one rejected with the server's code, exit 3."""
    bad = {"status": 400, "body": {"code": "bad.contact", "message": "no", "status": 400}}
    rig.faults({"op": "contacts.add", "contains": rig.lead_ids()[250], "when": "before_commit", "action": bad})
    end = rig.upload(name)
    assert (end.code, end.entry["mapped"], end.entry["rejected"], rig.complaints()) == (3, LEADS - 1, 1, [])
    assert rig.count("contacts.add") <= BATCHES + 2 * 7 + 1  # 2 ** 7 > 100
    assert rig.rejects()[0]["code"] == "bad.contact"


@pytest.mark.parametrize("status", [202, 207])
@pytest.mark.parametrize(("name", "posts", "resolved"), [(GEN, BATCHES, BATCH), (OWN, BATCHES + 1, 0)])
def test_f031_other_2xx(rig, name, posts, resolved, status):
    """A 202 or 207 whose body does not name the leads proves nothing: ALL."""
    rig.faults(strike("after_commit", status=status, body={"accepted": True}))
    end = rig.upload(name)
    assert numbers(rig, end) == (posts, resolved)
    rig.check(end, name)


def test_f016_nothing_is_left_in_doubt(rig):
    """After a successful run, every batch in the journal is settled."""
    rig.faults(strike("after_commit", status=500))
    rig.upload(GEN)
    journal = SqliteJournal(rig.folder / "run" / "journal.sqlite")
    assert {record.state for record in journal.batches().values()} == {"acked"}
    journal.close()
