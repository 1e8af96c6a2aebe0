"""2.4: a 2xx whose body is not what it says. It proves nothing, so what is there is looked up."""

import pytest

from . import naive
from .rig import BATCH, BATCHES, LEADS

GEN, OWN = "batch-api", "batch-api-own-ids"
BOTH = pytest.mark.parametrize(("name", "posts", "resolved"), [(GEN, BATCHES, BATCH), (OWN, BATCHES + 1, 0)])


def strike(**action):
    return {"op": "contacts.add", "nth": 3, "when": "after_commit", "action": action}


def looked_up(rig, name, posts, resolved, rule):
    """Under `rule`: GEN adopts the batch, OWN sends it again; ALL."""
    rig.faults(rule)
    end = rig.upload(name)
    assert (rig.count("contacts.add"), end.entry.get("resolved")) == (posts, resolved), end.message
    rig.check(end, name)


@BOTH
@pytest.mark.parametrize("at", [0, 1, 11, 500])
def test_f050_json_that_ends_early(rig, name, posts, resolved, at):
    """The length is right but the array is cut; nothing of it is used: ALL."""
    looked_up(rig, name, posts, resolved, {"op": "contacts.add", "nth": 3, "action": {"truncate_at": at}})


@BOTH
@pytest.mark.parametrize("body", ["<html>hello</html>", "", None, {}, [None], []], ids=repr)
def test_f051_something_else(rig, name, posts, resolved, body):
    """HTML, no body, null or an empty array prove nothing: ALL."""
    looked_up(rig, name, posts, resolved, strike(status=200, body=body))


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f052_another_order(rig, name):
    """Contacts are joined with leads by the Lead ID in the answer: ALL, and nothing had to be looked up."""
    rig.settings(semantics__answer_order="shuffled")
    end = rig.upload(name)
    assert (rig.count("contacts.add"), end.entry["in_doubt"]) == (BATCHES, 0)
    rig.check(end, name)


def test_f052_another_order_and_a_join_by_position(rig):
    """All counts are right but nearly every lead is mapped to another lead's contact: only C2 and C5 notice."""
    rig.settings(semantics__answer_order="shuffled")
    end = rig.upload(naive.BY_POSITION)
    assert (end.code, {complaint[:2] for complaint in rig.complaints()}) == (0, {"C2", "C5"})


@BOTH
@pytest.mark.parametrize("rewrite", ["drop_one", "add_one", "duplicate_id", "lower_lead_id"])
def test_f055_leads_or_ids_that_do_not_add_up(rig, name, posts, resolved, rewrite):
    """One contact too few or too many, one id twice, Lead IDs that were not sent: ALL."""
    looked_up(rig, name, posts, resolved, strike(rewrite=rewrite))


@BOTH
@pytest.mark.parametrize("rewrite", ["no_id", "empty_id", "long_id"])
def test_f056_an_id_that_is_none(rig, name, posts, resolved, rewrite):
    """A contact without an id, with an empty one or with one of 5,000 characters: ALL."""
    looked_up(rig, name, posts, resolved, strike(rewrite=rewrite))


def test_f058_an_org_that_ignores_own_ids(rig):
    """Noticed on the first batch: exit 6 before the second one is sent, and the message names what to use instead."""
    rig.settings(semantics__own_ids="ignore")
    end = rig.upload(OWN)
    assert (end.code, end.word, rig.count("contacts.add")) == (6, "OWN_IDS_IGNORED", 1)
    assert (rig.size(), "batch-api or a CSV strategy" in end.message) == (BATCH, True)


def test_f058_own_ids_that_are_taken_on_trust(rig):
    """An upload that assumes its Lead IDs are the contact ids maps contacts that do not exist."""
    rig.settings(semantics__own_ids="ignore")
    end = rig.upload(naive.OWN_ON_TRUST)
    assert (end.code, rig.complaints()) == (0, [f"C2: {LEADS} mapped, but lost", f"C4: {LEADS} orphaned"])


@BOTH
def test_f060_contacts_of_another_list(rig, name, posts, resolved):
    """An answer that names another list is not trusted: ALL."""
    looked_up(rig, name, posts, resolved, strike(rewrite="wrong_list"))


@BOTH
@pytest.mark.parametrize(
    "body",
    ['[{"id":"a","id":"b"}]', '[{"id":NaN}]', '["\\ud800"]', "[" * 300 + "]" * 300, "[" * 100_000, "\x00"],
    ids=["doubled key", "NaN", "lone surrogate", "nested", "nested deeply", "NUL"],
)
def test_f061_odd_json(rig, name, posts, resolved, body):
    """It neither crashes the upload nor is trusted: ALL."""
    looked_up(rig, name, posts, resolved, strike(status=200, body=body))
