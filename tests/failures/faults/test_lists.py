"""2.9: lists, caps and shards; 2.11: what became of the state. Where a lead goes is decided once."""

import pytest

from . import naive
from .rig import BATCH, LEADS

GEN, OWN, CSV, CSV_OWN = "batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids"
EVERY = pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])
BATCHED = pytest.mark.parametrize("name", [GEN, OWN])


@EVERY
def test_f111_more_leads_than_one_list_takes(rig, name):
    """Refused before the first request: exit 2 with the number of lists needed."""
    end = rig.upload(name, contacts_per_list=250, lists=1)
    assert (end.code, end.word, "--lists 3" in end.message) == (2, "LISTS_TOO_FEW", True)
    assert rig.requests() == 0


@EVERY
def test_f111_as_many_lists_as_needed(rig, name):
    """600 leads, 250 a list: three lists: ALL."""
    rig.settings(limits__contacts_per_list=250)
    end = rig.upload(name)
    assert len(rig.lists()) == 3
    rig.check(end, name)


@pytest.mark.parametrize(("mode", "told"), [("reject", (6, "LIST_CAP")), ("partial", (5, "IN_DOUBT"))])
@BATCHED
def test_f112_a_list_that_is_full_before_its_time(rig, name, mode, told):
    """The list takes 550 contacts, with or without an error: exit 6 or 5, no lead twice; ALL once the cap is raised."""
    rig.settings(limits__contacts_per_list=550, semantics__over_capacity=mode)
    end = rig.upload(name, contacts_per_list=1_000)
    assert ((end.code, end.word), rig.size() <= 550) == (told, True)
    rig.settings(limits__contacts_per_list=1_000)
    rig.check(rig.upload(name, contacts_per_list=1_000), name, contacts_per_list=1_000)


@EVERY
def test_f113_a_cap_that_changes_between_two_runs(rig, name):
    """Another cap is another plan: exit 7, since the shards of the first run stay as they are."""
    rig.stopped(name, contacts_per_list=1_000)
    writes = rig.writes()
    end = rig.upload(name, contacts_per_list=300)
    assert (end.code, end.word, rig.writes() - writes) == (7, "STATE_MISMATCH", 0)
    rig.check(rig.upload(name, contacts_per_list=1_000), name, contacts_per_list=1_000)


@EVERY
def test_f114_another_number_of_lists_between_two_runs(rig, name):
    """The stored plan applies: one list as before, no lead in two lists: ALL."""
    rig.stopped(name)
    end = rig.upload(name, lists=3)
    assert len(rig.lists()) == 1
    rig.check(end, name)


def test_f114_leads_that_are_planned_anew(rig):
    """Own ids protect inside one list only: a second plan puts every lead into a second list, and CHECK says C3."""
    rig.upload(naive.UnprovedOwnIds())
    rig.forget_the_run()
    end = rig.upload(naive.UnprovedOwnIds(), lists=3, checks_preconditions=False)
    assert (end.code, rig.complaints()[0]) == (0, f"C3: {LEADS} doubled")


@BATCHED
def test_f115_fewer_contacts_a_request(rig, name):
    """The org takes fewer than 1,000 contacts a request: the batches become smaller, once: ALL."""
    rig.settings(limits__contacts_per_post=50)
    end = rig.upload(name)
    assert rig.count("contacts.add", 400) <= 4  # as many as were under way
    rig.check(end, name)


@EVERY
def test_f116_the_list_is_deleted_under_way(rig, name):
    """Exit 6 LIST_GONE, and no mapping names a contact that does not exist."""
    end = rig.upload_meanwhile(name, 2.0, rig.delete, batch_size=5)
    assert (end.code, end.word) == (6, "LIST_GONE")
    assert not (rig.folder / "run" / "mapping.manifest.json").exists()


@BATCHED
def test_f117_the_list_is_cleared_under_way(rig, name):
    """Acknowledged contacts are gone: exit 4 with their number, never 0."""
    end = rig.upload_meanwhile(name, 3.0, rig.clear, batch_size=5)
    assert (end.code, end.word) == (4, "VERIFY_FAILED")
    assert end.entry["verification"]["lost"] == LEADS - rig.size() > 0


@pytest.mark.parametrize("strategy", [naive.Unproved(), naive.UnprovedOwnIds()], ids=["GEN", "OWN"])
def test_f117_what_was_acknowledged_is_taken_to_be_there(rig, strategy):
    """Without a proof the run would end with success: CHECK says C2."""
    end = rig.upload_meanwhile(strategy, 3.0, rig.clear, batch_size=5)
    assert (end.code, rig.complaints()) == (0, [f"C2: {LEADS - rig.size()} mapped, but lost"])


@pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])
def test_f119_the_name_of_the_list_is_taken(rig, name):
    """Another list has this name and five contacts: exit 7, nothing is written."""
    rig.foreign_list(rig.plan(name).shards()[0].list_name, 5)
    writes = rig.writes()
    end = rig.upload(name)
    assert (end.code, end.word, rig.writes() - writes) == (7, "STATE_LOST", 0)


@pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])
def test_f119_the_name_is_taken_and_nobody_looks(rig, name):
    """Without the check before the start, the proof finds contacts of somebody else: exit 4, nothing is deleted."""
    rig.foreign_list(rig.plan(name).shards()[0].list_name, 5)
    end = rig.upload(name, again=True)
    assert (end.code, end.word) == (4, "VERIFY_FAILED")
    assert (rig.size(), rig.count("lists.delete")) == (LEADS + 5, 0)


@pytest.mark.parametrize("setting", [{"limits__lists_per_org": 0}, {"limits__contacts_per_org": 350}], ids=str)
@BATCHED
def test_f120_the_org_is_full(rig, name, setting):
    """Exit 6 ORG_CAP, no lead in doubt; ALL after the same command once there is room."""
    rig.settings(**setting)
    end = rig.upload(name)
    assert (end.code, end.word) == (6, "ORG_CAP")
    rig.settings(limits__lists_per_org=1_000, limits__contacts_per_org=5_000_000)
    end = rig.upload(name)
    assert end.entry["in_doubt"] == 0
    rig.check(end, name)


@EVERY
def test_f140_the_journal_is_deleted(rig, name):
    """The folder shows that there has been a run: exit 7, and nothing is sent twice."""
    rig.stopped(name)
    rig.forget_the_journal()
    writes = rig.writes()
    end = rig.upload(name)
    assert (end.code, end.word, rig.writes() - writes) == (7, "STATE_LOST", 0)


@EVERY
def test_f140_the_whole_folder_is_deleted(rig, name):
    """A new run finds the lists of the former one: exit 7 names one with its contacts, nothing is written."""
    rig.stopped(name)
    rig.sleep(60)  # an import that was accepted goes on without the upload
    rig.forget_the_run()
    writes, (list_id,), held = rig.writes(), rig.lists(), rig.size()
    end = rig.upload(name, run_id="another")
    assert (end.code, end.word, rig.writes() - writes) == (7, "STATE_LOST", 0)
    assert f"({list_id}) has {held} contacts of this input" in end.message


@EVERY
def test_f140_the_same_leads_on_purpose(rig, name):
    """With `--again` the same leads are loaded into new lists: exit 0; other leads need no option."""
    rig.upload(name)
    rig.forget_the_run()
    end = rig.upload(name, run_id="another", again=True)
    assert (end.code, len(rig.lists()), rig.size()) == (0, 2, 2 * LEADS)
    rig.invent(LEADS, seed=2)
    assert rig.upload(name, folder="other").code == 0


def test_f140_an_empty_list_of_a_former_run(rig):
    """An empty list of an earlier run does not stop an upload: ALL."""
    rig.faults({"op": "contacts.add", "action": {"status": 403}})
    assert rig.upload(GEN).code == 6
    rig.forget_the_run()
    rig.faults()
    end = rig.upload(GEN, run_id="another")
    assert len(rig.lists()) == 2
    rig.check(end, GEN, run_id="another")


@EVERY
def test_f141_the_folder_of_another_upload(rig, name):
    """Another input, strategy or batch size in the same folder: exit 7, and nothing is sent."""
    rig.stopped(name)
    before = rig.requests()
    ends = [rig.upload(name, batch_size=77), rig.upload(GEN if name == OWN else OWN)]
    rig.invent(LEADS, seed=2)
    ends.append(rig.upload(name))
    assert [(end.code, end.word) for end in ends] == [(7, "STATE_MISMATCH")] * 3
    assert rig.requests() == before


@EVERY
@pytest.mark.parametrize(("count", "batches"), [(1, 1), (99, 1), (100, 1), (101, 2), (199, 2), (200, 2)])
def test_f172_round_and_odd_numbers(rig, name, count, batches):
    """One lead more or less than a batch: no more requests than needed: ALL."""
    rig.invent(count)
    end = rig.upload(name)
    assert rig.count("contacts.add") == (batches if name in (GEN, OWN) else 0)
    rig.check(end, name)


@EVERY
def test_f171_no_leads_at_all(rig, name):
    """A header and no rows: exit 0, an empty mapping, no request."""
    rig.invent(0)
    end = rig.upload(name)
    assert (end.code, rig.requests(), rig.complaints()) == (0, 0, [])


@BATCHED
def test_f189_a_smaller_cap_of_bytes(rig, name):
    """After a 413 the batches are cut to the number of bytes that the platform allows: ALL."""
    rig.settings(limits__request_body_bytes=10_000)
    end = rig.upload(name)
    assert rig.count("contacts.add", 413) <= 4 * 3
    rig.check(end, name)


def test_f192_a_server_slower_than_the_time_out(rig):
    """Every POST takes longer than the client waits: all are looked up, none is sent twice: ALL, but slowly."""
    rig.invent(2 * BATCH)
    steady = {"base_s": 130.0, "sigma": 0.0, "tail_probability": 0.0}
    rig.settings(**{f"latency__contacts.add__{key}": value for key, value in steady.items()}, request_timeout_s=0.0)
    end = rig.upload(GEN)
    assert (end.entry["in_doubt"], end.entry["resolved"], rig.count("contacts.add")) == (2, 2 * BATCH, 2)
    rig.check(end, GEN)
