"""What contacts carry besides their data, over their handlers."""

import pytest

from mockserver.contacts import Contacts

LEAD = {"Lead ID": "L-1", "Phone": "+15550100"}
SILENT = {"Voice": {"contactable": False, "columnStatus": {"Phone": {"contactable": False}}}}
EVALUATIONS = {"Phone": {"contactColumn": "Phone", "messageType": "Sms", "timestamp": "2026-01-01T00:00:00.000Z"}}


@pytest.fixture
def contacts(bare_org):
    return Contacts(bare_org)


@pytest.fixture
def to(ask, leads_list):
    """A function that asks a handler about the list."""
    return lambda handler, body=b"", query="", **path: ask(handler, body, query, contact_list_id=leads_list.id, **path)


@pytest.fixture
def add(contacts, to):
    """A function that adds the contact `x` and gives what was answered."""
    return lambda query="", **attributes: to(contacts.add, [{"id": "x", "data": LEAD, **attributes}], query).json[0]


@pytest.mark.parametrize(
    "attributes",
    [
        {"contactableStatus": SILENT},
        {"contactableStatus": {"WhatsApp": {"contactable": True, "columnStatus": {}}}},
        {"latestSmsEvaluations": EVALUATIONS},
        {"latestEmailEvaluations": EVALUATIONS, "latestWhatsAppEvaluations": EVALUATIONS},
        {"callable": False},
    ],
)
def test_attributes_are_kept(attributes, contacts, to, add):
    """They are answered at once, and whenever the contact is read."""
    assert add(**attributes).items() >= attributes.items()
    assert to(contacts.get, contact_id="x").json.items() >= attributes.items()


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"contactableStatus": {"Fax": {"contactable": True}}}, "bad.request"),
        ({"contactableStatus": {"Sms": {"contactable": True, "columnStatus": {"Fax": {"contactable": True}}}}}, None),
        ({"phoneNumberStatus": {"Fax": {"callable": True}}}, None),
        ({"latestSmsEvaluations": {"Fax": {}}}, None),
        ({"retentionType": "Sometimes"}, "bad.request"),
        ({"retentionType": "RetentionDays"}, "invalid.value"),
        ({"retentionType": "RetentionDays", "retentionDays": 0}, "invalid.value"),
        ({"retentionType": "DateExpiration"}, "invalid.date"),
        ({"dateExpiration": "soon"}, "invalid.date"),
    ],
)
def test_attributes_that_are_refused(attributes, code, contacts, to, bare_org, profile_with):
    """Unknown media and retentions are malformed; columns have to be the list's, if the profile says so."""
    bare_org.profile = profile_with(semantics__unknown_columns="reject")
    refused = to(contacts.add, [{"data": LEAD, **attributes}])
    assert (refused.status, refused.code) == (400, code or "invalid.contact.columns")


@pytest.mark.parametrize(
    ("before", "flag", "after"),
    [
        ("", "", False),
        ("", "priority=true", True),
        ("priority=true", "", True),
        ("priority=true", "priority=false", False),
    ],
)
def test_priority(before, flag, after, add):
    """Said once, it stays until something else is said."""
    add(before)
    assert add(flag)["configurationOverrides"] == {"priority": after}


def test_clear_system_data(add):
    """What dialling left is forgotten; retention and priority are not dialling's."""
    add("priority=true", contactableStatus=SILENT, latestSmsEvaluations=EVALUATIONS, retentionDays=3, callable=False)
    cleared = add("clearSystemData=true", phoneNumberStatus={"Phone": {"callable": False}})
    assert not cleared.keys() & {"contactableStatus", "latestSmsEvaluations"}
    assert (cleared["callable"], cleared["phoneNumberStatus"]) == (True, {"Phone": {"callable": False}})
    assert (cleared["configurationOverrides"], cleared["retentionDays"]) == ({"priority": True}, 3)


def test_the_queue(add, bare_org, leads_list):
    """New contacts join it, updated ones join again or keep their place."""
    add("priority=true&doNotQueue=true")
    add()
    add("doNotQueue=true&priority=true")
    queue = bare_org.queues[leads_list.id]
    assert (queue.joined, queue.kept, queue.first) == (2, 1, 1)


def test_an_update_keeps_the_date_of_creation(add, bare_org):
    """Only new contacts are created."""
    first = add()["dateCreated"]
    bare_org.clock.advance(60)
    assert add()["dateCreated"] == first == "2026-01-01T00:00:00.000Z"


def test_dates_of_old_and_new_in_one_answer(contacts, to, add, bare_org):
    """Each contact has its own."""
    add()
    bare_org.clock.advance(60)
    got = to(contacts.add, [{"data": LEAD}, {"id": "x", "data": LEAD}]).json
    assert [contact["dateCreated"][14:16] for contact in got] == ["01", "00"]
    found = to(contacts.search, {}).json["entities"]
    assert [contact["dateCreated"][14:16] for contact in found] == ["00", "01"]
