"""What must hold before anything leaves for a real org."""

import pytest

from harness.api import add_contacts, find_lists
from harness.client.org_safety import require_fictional
from harness.errors import SafetyStop
from harness.leads.source import open_leads

from ...harness.fakes import batch

LOGIN = {"oauth.token", "organizations.me"}
CAMPAIGN = {"status": 200, "body": {"entities": [{"id": "c", "name": "January calls"}], "total": 1}}


def once(call):
    return (yield call)


@pytest.mark.hardening("harness-9")
def test_an_org_that_nobody_named(sandbox):
    """Exit 9 ORG_ID_MISSING: nothing is sent, not even a login."""
    end = sandbox.on(org_id="").upload()
    assert (end.code, end.word, sandbox.asked()) == (9, "ORG_ID_MISSING", set())


@pytest.mark.hardening("harness-9")
def test_an_org_that_nobody_confirmed(sandbox):
    """Exit 9 NOT_CONFIRMED: nothing is sent, not even a login."""
    end = sandbox.on(confirmed=False).upload()
    assert (end.code, end.word, sandbox.asked()) == (9, "NOT_CONFIRMED", set())


@pytest.mark.hardening("harness-9")
def test_credentials_of_another_org(sandbox):
    """Exit 9 WRONG_ORG after the login and the request for the org's identity; nothing else is sent."""
    end = sandbox.on(org_id="00000000-0000-4000-8000-000000000000").upload()
    assert (end.code, end.word, sandbox.asked()) == (9, "WRONG_ORG", LOGIN)


@pytest.mark.hardening("harness-9")
@pytest.mark.parametrize("action", [{"status": 403}, {"status": 200, "body": {"name": "nobody"}}], ids=["403", "no id"])
def test_an_org_that_does_not_say_who_it_is(sandbox, action):
    """Exit 9 WRONG_ORG: an org that does not identify itself is refused."""
    sandbox.rig.faults({"op": "organizations.me", "action": action})
    end = sandbox.upload()
    assert (end.code, end.word, sandbox.asked()) == (9, "WRONG_ORG", LOGIN)


@pytest.mark.hardening("harness-9")
def test_a_token_that_nobody_asked_whose_it_is(sandbox):
    """Exit 9 ORG_NOT_CHECKED: code that skips the check is stopped where requests are sent."""
    forgetful = sandbox.credentials.__class__("mock-client", "mock-secret")
    end = sandbox.ask(once(find_lists("contactbench")), forgetful)
    assert (end.code, end.word, sandbox.asked()) == (9, "ORG_NOT_CHECKED", {"oauth.token"})


def test_a_list_that_nobody_asked_about(sandbox):
    """Exit 9 LIST_NOT_CHECKED: a call with contacts whose list is unknown is not sent."""
    call = add_contacts(batch("A"), idempotent=False)
    nameless = call.__class__(op=call.op, method="POST", url="/api/v2/elsewhere", body=call.body, contacts=1)
    end = sandbox.ask(once(nameless))
    assert (end.code, end.word, sandbox.asked()) == (9, "LIST_NOT_CHECKED", LOGIN)


@pytest.mark.hardening("harness-13")
@pytest.mark.parametrize("name", ["batch-api", "csv-import-own-ids"])
@pytest.mark.parametrize("op", ["campaigns.list", "messaging_campaigns.list"])
def test_a_list_in_a_campaign(sandbox, name, op):
    """Exit 9 LIST_IN_CAMPAIGN names the campaign; the list stays empty, so nobody is called."""
    sandbox.rig.faults({"op": op, "action": CAMPAIGN})
    end = sandbox.upload(name)
    assert (end.code, end.word, "'January calls'" in end.message) == (9, "LIST_IN_CAMPAIGN", True)
    assert sandbox.rig.size() == 0


@pytest.mark.hardening("harness-13")
def test_a_list_that_is_given_to_a_campaign_meanwhile(sandbox):
    """Campaigns are checked again every ten minutes: exit 9 during the upload."""
    sandbox.rig.settings(**{"latency__contacts.add__base_s": 400.0, "latency__contacts.add__sigma": 0.0})
    sandbox.rig.faults({"op": "campaigns.list", "nth": 4, "action": CAMPAIGN})
    end = sandbox.on(max_minutes=None).upload(concurrency=1)
    assert (end.code, end.word, sandbox.rig.size() > 0) == (9, "LIST_IN_CAMPAIGN", True)


def test_campaigns_that_must_not_be_seen(sandbox):
    """Exit 9 CAMPAIGNS_UNKNOWN names the missing permission: no answer does not mean no campaigns."""
    sandbox.rig.grant(["-outbound:campaign:view"])
    end = sandbox.upload()
    assert (end.code, end.word, "outbound:campaign:view" in end.message) == (9, "CAMPAIGNS_UNKNOWN", True)


@pytest.mark.parametrize("number", ["+1 202 456 0142", "+44 20 7946 1234", "0171 5550142", "911"])
def test_numbers_that_could_be_dialled(tmp_path, number):
    """Exit 9 REAL_NUMBERS gives the lead's place in the input, not its number; fictional numbers pass."""
    leads = tmp_path / "leads.csv"
    leads.write_text(f"Lead ID,Phone\nA,+1 555 0142\nB,+12015550199\nC,\nD,{number}\n")
    with pytest.raises(SafetyStop, match=r"^REAL_NUMBERS leads.csv: lead number 4 ") as stop:
        require_fictional(open_leads(leads, lead_id="Lead ID", phone="Phone"), "leads.csv")
    assert number not in str(stop.value)
