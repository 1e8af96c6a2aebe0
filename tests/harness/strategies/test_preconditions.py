"""What is read before the first write, and what is made of it."""

import pytest

from harness.errors import GaveUp, Refused, StateError
from harness.flow import Reply
from harness.strategies.preconditions import Preconditions, is_untouched

from ..fakes import LOST, found, no, ok, ran, shard

PREFIX = "contactbench 0123abcd "
EVERYTHING = [("outbound", "*", ["*"])]
ALL_BUT_ADDING = [("outbound", "contact", ["view"]), ("outbound", "contactList", ["add", "view"])]


def grants(policies):
    """One role; None: without what it permits."""
    told = [{"domain": domain, "entityName": entity, "actions": actions} for domain, entity, actions in policies or ()]
    return ok({"grants": [{"role": {"id": "r"} if policies is None else {"policies": told}}]})


def lists(**sizes):
    """A listing: sizes by the end of the name."""
    return ok({"entities": [{"id": f"id-{end}", "name": PREFIX + end, "size": size} for end, size in sizes.items()]})


def look(*answers, main_op="contacts.add", again=False, real=False):
    """How it ended, and the object that looked."""
    preconditions = Preconditions(main_op=main_op, prefix=PREFIX, again=again, real=real)
    (flow,) = preconditions.stage().flows
    return ran(flow, *answers), preconditions


@pytest.mark.hardening("harness-13")
def test_nothing_in_the_way():
    """Two requests, both of them reads."""
    end, preconditions = look(grants(EVERYTHING), lists())
    assert (end.error, end.driver.trail, preconditions.notices) == (None, ["subjects.me", "lists.list"], [])


@pytest.mark.hardening("harness-13")
@pytest.mark.parametrize(
    ("policies", "main_op", "missing"),
    [
        (ALL_BUT_ADDING, "contacts.add", ["outbound:contact:add"]),
        ([("routing", "*", ["*"])], "import.upload", ["contactList:add", "contactList:view", "contact:view"]),
        ([("OUTBOUND", "CONTACTLIST", ["*"])], "contacts.add", ["contact:view", "contact:add"]),
    ],
)
def test_missing_permissions_are_all_named(policies, main_op, missing):
    """Nothing else is asked."""
    end, _ = look(grants(policies), main_op=main_op)
    assert isinstance(end.error, Refused)
    assert [part for part in missing if f"{part} to " not in str(end.error)] == []
    assert str(end.error).count("outbound:") == len(missing)


@pytest.mark.parametrize(
    ("policies", "main_op"),
    [(ALL_BUT_ADDING, "import.upload"), ([("*", "*", ["*"])], "contacts.add"), ([*ALL_BUT_ADDING] * 2, "lists.list")],
)
def test_what_is_needed_and_no_more(policies, main_op):
    """An import adds no contacts itself; a star is any."""
    assert look(grants(policies), lists(), main_op=main_op)[0].error is None


@pytest.mark.hardening("harness-3")
@pytest.mark.parametrize(
    ("policies", "surplus"),
    [
        ([*ALL_BUT_ADDING, ("outbound", "contact", ["add"]), ("outbound", "campaign", ["view"])], []),
        ([("*", "*", ["*"])], ["*:*:*"]),
        ([*EVERYTHING], ["outbound:*:*"]),
        ([("outbound", "contactList", ["*"]), ("outbound", "contact", ["*"]), ("outbound", "campaign", ["edit"])],
         ["outbound:campaign:edit"]),
        ([*EVERYTHING, *(("routing", f"e{number}", ["add"]) for number in range(7))],
         ["outbound:*:*", "routing:e3:add and 3 more"]),
    ],
)  # fmt: skip
def test_permissions_that_nothing_needs(policies, surplus):
    """Those of a real org's client are told, and the run goes on; a mock's client may do anything."""
    end, preconditions = look(grants(policies), lists(), real=True)
    assert (end.error, len(preconditions.notices)) == (None, bool(surplus))
    assert [each for each in surplus if each not in preconditions.notices[0]] == []
    assert look(grants(policies), lists())[1].notices == []


@pytest.mark.parametrize(
    "answer", [no(403), no(404), no(503), LOST, grants(None), ok([]), Reply(status=200, body=b"<html>")]
)
def test_an_org_that_does_not_tell(answer):
    """The run goes on, and says what it does not know."""
    end, preconditions = look(answer, lists())
    assert (end.error, len(preconditions.notices)) == (None, 1)


@pytest.mark.parametrize(("size", "count"), [(0, 5), (7, 5), (None, 5)])
def test_a_former_run(size, count):
    """A list of the same leads with contacts in it ends the run; the larger number counts, since both lag behind."""
    end, _ = look(grants(EVERYTHING), lists(former=size), found(size=count))
    assert isinstance(end.error, StateError)
    assert f"list '{PREFIX}former' (id-former) has {max(size or 0, count)} contacts" in str(end.error)


def test_an_import_under_way():
    """It has no contacts yet, and will have."""
    listing = ok({"entities": [{"id": "x", "name": PREFIX + "a", "importStatus": {"state": "IN_PROGRESS"}}]})
    assert isinstance(look(grants(EVERYTHING), listing, found())[0].error, StateError)


def test_empty_lists_of_a_former_run():
    """They are in nobody's way."""
    end, _ = look(grants(EVERYTHING), lists(a=0, b=0), found(), found())
    assert (end.error, end.driver.trail[2:]) == (None, ["contacts.search"] * 2)


def test_lists_of_others():
    """A server that does not know the filter may show any list."""
    answer = ok({"entities": [{"id": "x", "name": "contactbench 99999999 run 1/1", "size": 9}]})
    assert look(grants(EVERYTHING), answer)[0].error is None


def test_once_more_on_purpose():
    """Then nobody looks for lists."""
    assert look(grants(EVERYTHING), again=True)[0].driver.trail == ["subjects.me"]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([no(403, "missing.permissions")], Refused),
        ([ok({"entities": 7})], GaveUp),
        ([lists(former=1), no(503)], GaveUp),
        ([lists(former=1), ok({"contactsCount": "many"})], GaveUp),
    ],
)
def test_a_look_that_fails(answers, kind):
    """Whoever cannot see whether the leads are there does not load them."""
    assert isinstance(look(grants(EVERYTHING), *answers)[0].error, kind)


@pytest.mark.parametrize(
    ("records", "batches", "new"),
    [
        ([shard(contact_list_id=None, state="planned")], {}, True),
        ([shard(contact_list_id=None, state="planned"), shard(1)], {}, False),
        ([shard(contact_list_id=None, state="planned", rows=3)], {}, False),
        ([shard(contact_list_id=None, state="planned")], {0: None}, False),
        ([], {}, False),
    ],
    ids=["new", "a list", "a list that was dropped", "batches", "no leads"],
)
def test_only_a_new_run_looks(records, batches, new):
    """One that has written anything knows more than a look would tell."""
    assert is_untouched(records, batches) is new
