"""Campaigns: what may become of their status, what they say of calls, and what they keep from being deleted."""

import pytest

from harness.api import campaigns, find_campaigns
from harness.flow import Reply

from .conftest import LIST

pytestmark = pytest.mark.anyio


async def test_a_campaign_is_made_while_it_is_off(outbound):
    """Turned on it is by an update, and then it cannot be deleted; off it can."""
    at, body = f"campaigns/{outbound.ids['campaigns']}", outbound.body("campaigns")
    code, message = await outbound.refused("POST", "campaigns", body | {"name": "On", "campaignStatus": "on"})
    assert (code, message.endswith("Invalid transition from <OFF> to <ON>")) == ("invalid.create", True)
    await outbound.ask("DELETE", f"sequences/{outbound.ids['sequences']}")
    await outbound.ask("PUT", at, body | {"campaignStatus": "on", "version": 1})
    assert (await outbound.refused("DELETE", at))[0] == "bad.request"
    code, message = await outbound.refused("PUT", at, body | {"campaignStatus": "complete", "version": 2})
    assert (code, message.endswith("Invalid transition from <ON> to <COMPLETE>")) == ("invalid.update", True)
    off = await outbound.ask("PUT", at, body | {"version": 2})
    assert (off["campaignStatus"], await outbound.ask("DELETE", at)) == ("off", off)


async def test_who_calls(outbound):
    """Name and number of the caller are required, but for a dialer from outside."""
    body = outbound.body("campaigns") | {"name": "Second"}
    del body["callerName"]
    code, message = await outbound.refused("POST", "campaigns", body)
    assert (code, "callerName and callerAddress must be provided" in message) == ("invalid.create", True)
    made = await outbound.ask("POST", "campaigns", body | {"dialingMode": "external"})
    assert "callerName" not in made


async def test_progress(outbound):
    """All contacts are there and none was called; it can be reset to the same."""
    contacts = [{"data": {"Lead ID": f"L-{at}", "Phone": "+15550100001"}} for at in range(3)]
    await outbound.ask("POST", f"contactlists/{outbound.ids['contact_list']}/contacts", contacts)
    at = f"campaigns/{outbound.ids['campaigns']}/progress"
    told = await outbound.ask("GET", at)
    assert (told["totalNumberOfContacts"], told["numberOfContactsCalled"], told["percentage"]) == (3, 0, 0)
    assert (told["campaign"]["id"], told["contactList"]["name"]) == (outbound.ids["campaigns"], "Leads")
    await outbound.ask("DELETE", at, status=202)
    assert await outbound.ask("GET", at) == told


async def test_stats(outbound):
    """Nothing was counted."""
    told = await outbound.ask("GET", f"campaigns/{outbound.ids['campaigns']}/stats")
    assert told["contactRate"] == {"attempts": 0, "connects": 0, "connectRatio": 0.0}
    assert {each for each in told.values() if not isinstance(each, dict)} == {0}


@pytest.mark.parametrize(("method", "part"), [("GET", "/progress"), ("DELETE", "/progress"), ("GET", "/stats")])
async def test_campaigns_that_are_not_there(outbound, method, part):
    assert (await outbound.refused(method, f"campaigns/nobody{part}", status=404))[0] == "resource.not.found"


async def test_division_views(outbound):
    """Four fields, of one and of many."""
    page = await outbound.ask("GET", "campaigns/divisionviews?name=First")
    assert [set(each) for each in page["entities"]] == [{"id", "name", "division", "selfUri"}]
    view = await outbound.ask("GET", f"campaigns/divisionviews/{outbound.ids['campaigns']}")
    assert [view] == page["entities"]
    assert view["division"]["name"] == "Home"


@pytest.mark.parametrize(("parameter", "kind"), [
    ("contactListId", "contact_list"),
    ("dncListIds", "dnc_list"),
    ("callAnalysisResponseSetId", "response_sets"),
    ("id", "campaigns"),
])  # fmt: skip
async def test_what_listings_are_asked(outbound, parameter, kind):
    """A campaign is found by what it refers to, several ids joined by commas; by another id it is not."""
    for value, total in ((outbound.ids[kind], 1), (f"nobody,{outbound.ids[kind]}", 1), ("nobody", 0)):
        assert (await outbound.ask("GET", f"campaigns?{parameter}={value}"))["total"] == total


@pytest.mark.parametrize(("kind", "path", "code"), [
    ("contact_list", "contactlists", "contact.list.in.use"),
    ("dnc_list", "dnclists", "dnc.list.in.use"),
    ("contact_list_filter", "contactlistfilters", "referential.integrity.error"),
])  # fmt: skip
async def test_what_a_campaign_keeps(outbound, kind, path, code):
    """Lists and filters stay as long as a campaign refers to them."""
    at = f"{path}/{outbound.ids[kind]}"
    assert (await outbound.refused("DELETE", at))[0] == code
    for user in ("sequences", "campaigns", "rulesets"):
        name = {"rulesets": "rule_sets"}.get(user, user)
        await outbound.ask("DELETE", f"{user}/{outbound.ids[name]}")
    await outbound.ask("DELETE", at, status=204 if kind == "contact_list_filter" else 200)


async def test_many_lists_at_once(outbound):
    """The one that is in use stays."""
    code, _ = await outbound.refused("DELETE", f"contactlists?id={outbound.ids['contact_list']}", status=409)
    assert code == "bulk.delete.conflict"


async def test_what_the_harness_asks_before_an_upload(outbound):
    """A list that a campaign refers to is told, on or off; another is not."""
    other = (await outbound.ask("POST", "contactlists", LIST | {"name": "Other"}))["id"]
    for list_id, names in ((outbound.ids["contact_list"], ["First campaigns"]), (other, [])):
        told = []
        for call in find_campaigns(list_id):
            reply = await outbound.client.request(call.method, call.url, params=call.query)
            told += campaigns(Reply(status=reply.status_code, body=reply.content))
        assert told == names


async def test_messaging_campaigns(outbound):
    """There are none, whichever list is named."""
    assert (await outbound.ask("GET", f"messagingcampaigns?contactListId={outbound.ids['contact_list']}"))["total"] == 0


async def test_attempt_limits_of_a_list(outbound):
    """They have to exist, and stay as long as the list has them."""
    limited = LIST | {"name": "Limited", "attemptLimits": outbound.ref("attempt_limits")}
    code, message = await outbound.refused("POST", "contactlists", limited | {"attemptLimits": {"id": "nobody"}})
    assert (code, message.endswith("attemptLimits nobody does not exist")) == ("invalid.create", True)
    made = await outbound.ask("POST", "contactlists", limited)
    assert made["attemptLimits"]["id"] == outbound.ids["attempt_limits"]
    at = f"contactlists/{made['id']}"
    changed = limited | {"version": 1, "attemptLimits": {"id": "nobody"}}
    assert (await outbound.refused("PUT", at, changed))[0] == "invalid.update"
    kept = f"attemptlimits/{outbound.ids['attempt_limits']}"
    assert (await outbound.refused("DELETE", kept))[0] == "referential.integrity.error"
    await outbound.ask("DELETE", at)
    await outbound.ask("DELETE", kept)
