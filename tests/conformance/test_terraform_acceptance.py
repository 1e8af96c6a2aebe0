"""The acceptance tests of Genesys' Terraform provider: what each step sends, and the state that it asserts afterwards.

Source: terraform-provider-genesyscloud, the tests of outbound_campaign, outbound_contact_list_template,
outbound_contactlistfilter and outbound_dnclist. A step reads the version just before it updates. What Terraform makes
elsewhere (queues, scripts) is planted; sites have no address here, so any id does. Its telephone numbers are not used.
"""

import pytest

from .terraform import Provider

pytestmark = pytest.mark.conformance

CALLABLE = [{"columnName": each, "type": each.lower(), "callableTimeColumn": each} for each in ("Cell", "Home")]
LIST = {
    "columnNames": ["Cell", "Home", "zipcode"],
    "phoneColumns": CALLABLE,
    "emailColumns": [],
    "previewModeColumnName": "Cell",
    "previewModeAcceptedValues": ["Cell"],
    "automaticTimeZoneMapping": False,
}
PEOPLE = [("Asa", "Acosta", "23849"), ("Leonidas", "Acosta", "34567"), ("Nolan", "Adams", "56789")]


class Resource:
    """One resource under a path: created, updated with the version just read, read, destroyed."""

    def __init__(self, provider: Provider, path: str, body: dict) -> None:
        self.provider, self.path = provider, path
        self.id = provider.called("POST", path, body).json()["id"]

    @property
    def state(self) -> dict:
        return self.provider.called("GET", f"{self.path}/{self.id}").json()

    def update(self, body: dict) -> dict:
        self.provider.called("PUT", f"{self.path}/{self.id}", body | {"version": self.state["version"]})
        return self.state

    def destroy(self) -> None:
        """Twice is once: the second time it is not found, and so it is when it is read."""
        self.provider.called("DELETE", f"{self.path}/{self.id}")
        assert self.provider.call("GET", f"{self.path}/{self.id}").status == 404


@pytest.fixture
def provider(mock):
    return Provider(mock.url, seed=0)


@pytest.fixture
def make(provider):
    """A function that creates a resource with a name of its own."""
    return lambda path, **body: Resource(provider, path, {"name": f"terraform {path}"} | body)


@pytest.fixture
def contact_list(make):
    return make("/contactlists", **LIST)


def has(state, wanted):
    """Whether everything wanted is in the state, as deep as it is wanted; references by id."""
    if isinstance(wanted, dict):
        return isinstance(state, dict) and all(has(state.get(name), each) for name, each in wanted.items())
    if isinstance(wanted, list):
        return isinstance(state, list) and len(state) == len(wanted) and all(map(has, state, wanted))
    return state == wanted


def add_contacts(provider, list_id):
    """With two fields that the list has no column for."""
    names = ("FirstName", "LastName", "zipcode")
    numbers = {"Cell": "+15550101", "Home": "+15550102"}
    data = [dict(zip(names, person, strict=True)) | numbers for person in PEOPLE]
    contacts = [{"data": each, "callable": True, "phoneNumberStatus": {}} for each in data]
    provider.called("POST", f"/contactlists/{list_id}/contacts?priority=false&clearSystemData=false", contacts)


def campaign_of(contact_list, **more):
    return {
        "name": "Test Campaign",
        "dialingMode": "agentless",
        "callerName": "Test Name",
        "callerAddress": "+15550100",
        "campaignStatus": "off",
        "contactList": {"id": contact_list.id},
        "site": {"id": "site"},
        "phoneColumns": [{"columnName": "Cell"}],
        "skipPreviewDisabled": False,
        "alwaysRunning": False,
        "outboundLineCount": 2,
    } | more


@pytest.fixture
def responses(make):
    reaction = {"reactionType": "transfer_flow", "name": "flow", "data": "flow-id"}
    settings = {"beepDetectionEnabled": False, "amdSpeechDistinguishEnabled": False}
    return make(
        "/callanalysisresponsesets",
        responses={"callable_person": reaction}, liveSpeakerDetectionMode="Disabled", **settings,
    )  # fmt: skip


def test_a_campaign(mock, make, contact_list, responses):
    """Basic: of a dialer from outside, then agentless with all that a campaign refers to, renamed, destroyed."""
    planted = mock.control("PUT", "/fixtures", {"queues": [{"name": "queue"}], "scripts": [{"name": "script"}]})
    queue, script = ({"id": planted[kind][0]["id"]} for kind in ("queues", "scripts"))
    outside = {"dialingMode": "external", "queue": queue, "script": script}
    made = make("/campaigns", **campaign_of(contact_list, **outside, callerName=None, callerAddress=None, site=None))
    wanted = outside | {"contactList": {"id": contact_list.id}, "phoneColumns": [{"columnName": "Cell"}]}
    assert has(made.state, wanted | {"division": {"name": "Home"}})
    assert {"callerName", "callerAddress", "site"} & made.state.keys() == set()
    dnc = make("/dnclists", dncSourceType="rds", contactMethod="Phone", dncCodes=[])
    predicate = {"column": "Cell", "columnType": "alphabetic", "operator": "EQUALS", "value": "+15550123"}
    narrow = make("/contactlistfilters", contactList={"id": contact_list.id}, clauses=[{"predicates": [predicate]}])
    rules = make("/rulesets", contactList={"id": contact_list.id}, rules=[])
    slots = [{"startTime": "07:00:00", "stopTime": "18:00:00", "day": 3}]
    times = make("/callabletimesets", callableTimes=[{"timeZoneId": "Africa/Abidjan", "timeSlots": slots}])
    step = {
        "abandonRate": 1, "outboundLineCount": 1, "noAnswerTimeout": 40, "priority": 4,
        "contactSorts": [{"fieldName": "zipcode", "direction": "ASC", "numeric": False}],
        "dynamicContactQueueingSettings": {"sort": True, "filter": True},
        "callableTimeSet": {"id": times.id}, "callAnalysisResponseSet": {"id": responses.id},
        "dncLists": [{"id": dnc.id}], "ruleSets": [{"id": rules.id}], "contactListFilters": [{"id": narrow.id}],
    }  # fmt: skip
    state = made.update(campaign_of(contact_list, **step))
    assert has(state, campaign_of(contact_list, **step))
    assert {"queue", "script", "skillColumns"} & state.keys() == set()
    assert made.update(campaign_of(contact_list, **step, skillColumns=["en-us"]))["skillColumns"] == ["en-us"]
    renamed = {"name": "Renamed", "callerName": "Test Name 2", "dynamicLineBalancingSettings": {"enabled": False}}
    assert has(made.update(campaign_of(contact_list, **step | renamed)), renamed | {"version": 4})
    for each in (made, rules, times, responses, narrow, dnc, contact_list):
        each.destroy()


def test_a_campaign_with_contacts(provider, make, contact_list, responses):
    """Turned on, off and on again while its list has contacts; turned off before it is destroyed."""
    body = campaign_of(contact_list, callAnalysisResponseSet={"id": responses.id})
    made = make("/campaigns", **body)
    assert has(made.state, body)
    add_contacts(provider, contact_list.id)
    assert provider.count(contact_list.id) == 3
    assert made.update(body | {"campaignStatus": "on"})["campaignStatus"] in ("on", "complete")
    assert made.update(body)["campaignStatus"] in ("off", "complete")
    assert made.update(made.state | {"campaignStatus": "on"})["campaignStatus"] == "on"
    assert provider.call("DELETE", f"/campaigns/{made.id}").status == 400
    made.update(made.state | {"campaignStatus": "off"})
    for each in (made, responses, contact_list):
        each.destroy()


def test_a_campaign_that_is_on_from_the_start(provider, make, contact_list, responses):
    """Which is two requests: off it is made, on it is changed with the answer of the first."""
    add_contacts(provider, contact_list.id)
    body = campaign_of(contact_list, callAnalysisResponseSet={"id": responses.id})
    answer = provider.called("POST", "/campaigns", body).json()
    on = provider.called("PUT", f"/campaigns/{answer['id']}", answer | {"campaignStatus": "on"}).json()
    assert (on["campaignStatus"], on["version"]) == ("on", 2)


def test_a_campaign_with_a_script(mock, make, contact_list):
    """Preview: the published script is looked up, and stays through the update."""
    planted = mock.control("PUT", "/fixtures", {"queues": [{"name": "queue"}], "scripts": [{"name": "script"}]})
    refers = {"queue": {"id": planted["queues"][0]["id"]}, "script": {"id": planted["scripts"][0]["id"]}}
    body = campaign_of(contact_list, dialingMode="preview", site=None, outboundLineCount=None, **refers)
    made = make("/campaigns", **body)
    assert has(made.state, refers | {"dialingMode": "preview"})
    step = {"previewTimeOutSeconds": 1, "noAnswerTimeout": 3, "priority": 2, "skillColumns": ["language"]}
    assert has(made.update(body | step), refers | step)


def test_a_contact_list_template(make):
    """Four columns; other preview values; data types; then a fifth column, time zones by it, and attempt limits."""
    emails = [{"columnName": each, "type": each.lower()} for each in ("Personal", "Work")]
    first = {
        "name": "template", "columnNames": ["Cell", "Home", "Work", "Personal"], "phoneColumns": CALLABLE,
        "emailColumns": emails, "previewModeColumnName": "Cell", "previewModeAcceptedValues": ["Cell"],
        "automaticTimeZoneMapping": False, "columnDataTypeSpecifications": [],
    }  # fmt: skip
    made = make("/contactlisttemplates", **first)
    shown = [{"columnName": each, "type": each.lower(), "callableTimeColumnName": each} for each in ("Cell", "Home")]
    assert has(made.state, first | {"phoneColumns": shown})
    two = {"previewModeAcceptedValues": ["Cell", "Home"]}
    assert has(made.update(first | two), two)
    texts = [
        {"columnName": "Cell", "columnDataType": "TEXT", "min": 1, "max": 11, "maxLength": 10},
        {"columnName": "Home", "columnDataType": "TEXT", "maxLength": 5},
    ]
    typed = two | {"name": "updated", "previewModeColumnName": "Home", "columnDataTypeSpecifications": texts}
    assert has(made.update(first | typed), typed)
    limits = make(
        "/attemptlimits", maxAttemptsPerContact=5, maxAttemptsPerNumber=5, timeZoneId="America/Chicago",
        resetPeriod="TODAY",
    )  # fmt: skip
    mapped = typed | {
        "columnNames": [*first["columnNames"], "Zipcode"], "automaticTimeZoneMapping": True,
        "zipCodeColumnName": "Zipcode", "attemptLimits": {"id": limits.id},
        "phoneColumns": [{"columnName": each, "type": each.lower()} for each in ("Cell", "Home")],
        "columnDataTypeSpecifications": [texts[0] | {"min": 2, "max": 12, "maxLength": 11}],
    }  # fmt: skip
    timed = [each | {"contactableTimeColumn": "Zipcode"} for each in emails]
    state = made.update(mapped | {"emailColumns": timed})
    assert has(state, mapped)
    assert [each["contactableTimeColumnName"] for each in state["emailColumns"]] == ["Zipcode"] * 2
    made.destroy()
    limits.destroy()


def test_a_contact_list_filter(make):
    """A predicate, with a range beside its value, two clauses, and back to the first."""
    phone = {"columnNames": ["Phone", "Zipcode"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
    leads = make("/contactlists", **phone)
    bare = {"column": "Phone", "columnType": "numeric", "operator": "EQUALS", "value": "+15550123"}
    step = {"name": "filter", "contactList": {"id": leads.id}, "clauses": [{"predicates": [bare]}]}
    made = make("/contactlistfilters", **step)
    assert has(made.state, step)
    span = {"min": "1", "max": "10", "minInclusive": True, "maxInclusive": False, "inSet": ["a"]}
    ranged = bare | {"inverted": False, "range": span}
    clause = {"filterType": "AND", "predicates": [ranged]}
    second = step | {"filterType": "AND", "clauses": [clause]}
    assert has(made.update(second), second)
    span = {"min": "2", "max": "12", "minInclusive": False, "maxInclusive": True, "inSet": ["a", "b"]}
    zipped = {"column": "Zipcode", "columnType": "alphabetic", "operator": "CONTAINS", "value": "XYZ", "inverted": True}
    more = {"filterType": "OR", "predicates": [bare | {"inverted": False}, zipped | {"range": span}]}
    third = second | {"name": "updated", "filterType": "OR", "clauses": [clause, more]}
    assert has(made.update(third), third)
    assert has(made.update(step), step)
    made.destroy()
    leads.destroy()


def test_a_dnc_list(provider, make):
    """One number, two more, and two blocks of which only what is new counts; the division view tells the size."""
    body = {"name": "dnc", "dncSourceType": "rds", "contactMethod": "Phone", "dncCodes": []}
    made = make("/dnclists", **body)
    steps = [[["+15550101"]], [["+15550102", "+15550103"]]]
    steps += [[["+15550102", "+15550103"], ["+15550102", "+15550104"], ["+15550105"]]]
    for blocks, size in zip(steps, (1, 3, 5), strict=True):
        assert has(made.update(body), {"dncSourceType": "rds", "contactMethod": "Phone", "division": {"name": "Home"}})
        for numbers in blocks:
            provider.called("POST", f"/dnclists/{made.id}/phonenumbers", numbers)
        view = provider.called("GET", f"/dnclists/divisionviews/{made.id}?includeImportStatus=true&includeSize=true")
        assert view.json()["size"] == size
    made.destroy()
