import json
import time

import pytest

from mockserver.control.app import create_control_app

from ...conftest import listening

pytestmark = pytest.mark.anyio

RULE = {"op": "*", "nth": 1, "when": "before_parse", "action": {"status": 503}}
LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}


@pytest.fixture
async def control(mock_org):
    """A client of the control API that holds its token."""
    headers = {"Authorization": "Bearer control-token"}
    async with listening(create_control_app(mock_org.services, "control-token"), headers=headers) as client:
        yield client


async def add_list(mock, contacts=2):
    created = (await mock.client.post(LISTS, json=LIST)).json()["id"]
    rows = [{"data": {"Lead": f"L-{n}", "Phone": "+1 555 0100"}} for n in range(contacts)]
    reply = await mock.client.post(f"/api/v2/outbound/contactlists/{created}/contacts", json=rows)
    return created, [contact["id"] for contact in reply.json()]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer \xff"}, 401),
        ({"Origin": "http://localhost"}, 403),
        ({"User-Agent": "Mozilla/5.0"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)
@pytest.mark.hardening("mock-2", "mock-3", "mock-7")
async def test_who_is_kept_out(control, headers, status):
    """Only a tool with the control token gets in; a browser never does."""
    encoded = [(name, value.encode("latin-1")) for name, value in headers.items()]
    reply = await control.get("/state", headers=encoded)
    assert (reply.status_code, reply.json()["status"]) == (status, status)


@pytest.mark.hardening("mock-6", "mock-7")
async def test_the_two_doors_are_apart(mock_org, control):
    """The API's token does not open the control API, whose paths the API does not have."""
    api_token = {"Authorization": mock_org.client.headers["Authorization"]}
    assert (await control.get("/state", headers=api_token)).status_code == 401
    assert (await mock_org.client.get("/state")).status_code == 404
    assert (await control.get("/nowhere")).json()["code"] == "not.found"


async def test_faults(mock_org, control):
    """Rules are put as a whole, strike, and are accounted for."""
    assert (await control.put("/faults", json=[RULE])).json() == [RULE | {"planned": 1, "seen": 0, "fired": 0}]
    assert [(await mock_org.client.get("/healthz")).status_code for _ in range(2)] == [503, 200]
    assert (await control.get("/faults")).json() == [RULE | {"planned": 1, "seen": 2, "fired": 1}]
    assert (await control.put("/faults", json=[])).json() == []
    assert (await control.put("/faults", content=b"[]")).json() == []  # as `curl -d` sends it, without its type


@pytest.mark.hardening("mock-9")
async def test_a_bad_rule_changes_nothing(control):
    """A rule that is refused is named, and the rules before it stay."""
    await control.put("/faults", json=[RULE])
    reply = await control.put("/faults", json=[{"op": "*", "action": {"truncate_at": -1}}])
    assert (reply.status_code, "truncate_at" in reply.json()["message"]) == (400, True)
    assert len((await control.get("/faults")).json()) == 1


async def test_profile(mock_org, control):
    """Settings are read with their sources, and changed for the next request."""
    before = (await control.get("/profile")).json()
    assert (before["limits"]["contacts_per_list"], "help" in before["sources"]["limits.contacts_per_list"]) == (
        1_000_000,
        True,
    )
    after = (await control.patch("/profile", json={"limits.contacts_per_list": 500})).json()
    assert after["limits"]["contacts_per_list"] == mock_org.org.profile.limits.contacts_per_list == 500
    assert after["sources"]["limits.contacts_per_list"] == "control request"
    assert (await control.patch("/profile", json={"limits": {"x": 1}})).status_code == 400


@pytest.mark.hardening("mock-25")
@pytest.mark.parametrize(
    "patch",
    [{"limits.contact_id_pattern": "(a+)+$"}, {"limits": {"contact_id_pattern": "(a|a)*"}}, {5000 * "a." + "a": 1}],
    ids=["nested", "doubled", "deep"],
)
async def test_settings_that_are_refused(control, patch):
    """What could keep the server busy is a 400, and no setting has changed."""
    before = (await control.get("/profile")).json()
    refused = await control.patch("/profile", json=patch)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad.request")
    assert (await control.get("/profile")).json() == before


@pytest.mark.hardening("mock-25")
async def test_ids_take_no_time(mock_org, control):
    """A class of characters is decided in one pass, however long the id and whatever it ends in."""
    await control.patch("/profile", json={"limits.contact_id_pattern": "[a]+", "limits.contact_id_chars": 2_000_000})
    leads = (await mock_org.client.post(LISTS, json=LIST)).json()["id"]
    contact = {"id": 2_000_000 * "a" + "!", "data": {"Lead": "1", "Phone": ""}}
    began = time.process_time()
    reply = await mock_org.client.post(f"{LISTS}/{leads}/contacts", json=[contact])
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid.contact.id")
    assert time.process_time() - began < 1.0


async def test_state_and_contacts(mock_org, control):
    """The oracle tells what is stored, in order, without going through the API."""
    list_id, ids = await add_list(mock_org)
    state = (await control.get("/state")).json()
    assert state["lists"][0].items() >= {"id": list_id, "name": "Leads", "size": 2, "importing": False}.items()
    contacts = (await control.get("/contacts", params={"list": list_id, "offset": 1, "limit": 5})).json()
    assert contacts == [{"id": ids[1], "data": {"Lead": "L-1", "Phone": "+1 555 0100"}}]


@pytest.mark.parametrize(
    ("query", "status"), [("list=none", 404), ("offset=-1", 400), ("limit=x", 400), ("offset=٣", 400)]
)
async def test_pages_that_do_not_exist(control, query, status):
    """Unknown lists and senseless numbers are refused."""
    assert (await control.get(f"/contacts?{query}")).status_code == status


async def test_permissions(mock_org, control):
    """A client that is left without one is refused, with its name; null gives all of them back."""
    held = {"mock-client": ["outbound:contact:view"]}
    assert (await control.patch("/clients", json=held)).json() == held == (await control.get("/clients")).json()
    refusal = await mock_org.client.get("/api/v2/outbound/contactlists")
    assert (refusal.status_code, refusal.json()["message"].rpartition(": ")[2]) == (403, "outbound:contactList:view")
    await control.patch("/clients", json={"mock-client": None})
    assert (await mock_org.client.get("/api/v2/outbound/contactlists")).status_code == 200


@pytest.mark.parametrize("patch", [[], {"nobody": []}, {"mock-client": "all"}, {"mock-client": [1]}])
async def test_permissions_that_make_no_sense(mock_org, control, patch):
    """Unknown clients and anything but names of permissions are refused, and nothing changes."""
    assert (await control.patch("/clients", json=patch)).status_code == 400
    assert (await control.get("/clients")).json() == {"mock-client": None}


async def test_ledger(mock_org, control):
    """Requests are listed from where the reader left off, and counted for ever."""
    entries = (await control.get("/ledger")).json()
    await mock_org.client.get("/healthz")
    newer = (await control.get(f"/ledger?since={entries[-1]['seq']}")).json()
    assert [(entry["op"], entry["status"]) for entry in newer] == [("health", 200)]
    assert (await control.get("/ledger/counts")).json() == {"health": {"200": 1}, "oauth.token": {"200": 1}}


async def test_reset(mock_org, control):
    """After a reset the org is as at its start: empty, and with the same luck; but no token is the same."""
    first = await add_list(mock_org)
    await control.put("/faults", json=[RULE])
    assert (await control.post("/reset")).status_code == 204
    state = (await control.get("/state")).json()
    assert (state["lists"], state["tokens"], (await control.get("/faults")).json()) == ([], [], [])
    form, auth = {"grant_type": "client_credentials"}, ("mock-client", "mock-secret")
    token = (await mock_org.client.post("/oauth/token", data=form, auth=auth)).json()["access_token"]
    assert mock_org.client.headers["Authorization"] != f"Bearer {token}"
    mock_org.client.headers["Authorization"] = f"Bearer {token}"
    assert await add_list(mock_org) == first


@pytest.mark.hardening("mock-37")
async def test_metrics(mock_org, control):
    """Counts, and nothing but counts."""
    await add_list(mock_org)
    text = (await control.get("/metrics")).text
    assert 'contactbench_mock_requests_total{op="contacts.add",status="200"} 1' in text
    assert "contactbench_mock_contacts 2\n" in text
    assert "Leads" not in json.dumps(text)


async def test_what_the_ledger_is_asked_for(mock_org, control):
    """Requests are chosen by operation, status, list and token, at most so many."""
    list_id, _ = await add_list(mock_org)
    await mock_org.client.get("/api/v2/outbound/contactlists/nowhere")
    await mock_org.client.get("/healthz", headers={"Authorization": ""})

    async def ops(query):
        return [entry["op"] for entry in (await control.get(f"/ledger?{query}")).json()]

    assert await ops("op=lists.get&status=404") == ["lists.get"]
    assert await ops(f"list={list_id}") == ["contacts.add"]
    token = (await control.get("/ledger?op=contacts.add")).json()[0]["token"]
    assert await ops(f"token={token}") == ["lists.create", "contacts.add", "lists.get"]
    assert await ops("limit=2&since=1") == ["lists.create", "contacts.add"]
    assert (await control.get("/ledger?op=nonsense")).status_code == 400


async def test_whether_it_all_adds_up(mock_org, control):
    """The ledger checks itself, shows how close each token came to its limit, and which rules did not strike."""
    mock_org.change(rate__requests_per_window=3)
    await control.put("/faults", json=[RULE, RULE | {"op": "lists.get"}])
    for _ in range(5):
        await mock_org.client.get("/api/v2/tokens/me")
    mock_org.clock.advance(60)
    await mock_org.client.get("/api/v2/tokens/me")
    told = (await control.get("/ledger/verify")).json()
    assert (told["requests"], told["adds_up"], told["cut"], told["allowed"]) == (7, True, 0, 3)
    assert [each["requests"] for each in told["busiest"].values()] == [3]
    assert [rule["op"] for rule in told["unfired"]] == ["lists.get"]


async def test_reset_of_one_list(mock_org, control):
    """A list is as it was made, the others are as they were."""
    (kept, _), other = await add_list(mock_org), dict(LIST, name="Others")
    emptied = (await mock_org.client.post("/api/v2/outbound/contactlists", json=other)).json()
    where = f"/api/v2/outbound/contactlists/{emptied['id']}"
    file = {"file": ("a.csv", "Lead,Phone\nL-1,+1 555 0100\n")}
    form = {"fileType": "contactlist", "id": emptied["id"]}
    await mock_org.client.post("/uploads/v2/contactlist", data=form, files=file)
    await mock_org.client.get(f"{where}/importstatus")
    await mock_org.client.post(f"{where}/export")
    assert (await control.post(f"/reset?list={emptied['id']}")).status_code == 204
    assert {each["id"]: each["size"] for each in (await control.get("/state")).json()["lists"]} == {
        kept: 2,
        emptied["id"]: 0,
    }
    assert (await mock_org.client.get(f"{where}/importstatus")).json() == {}
    assert (await mock_org.client.get(f"{where}/export")).status_code == 404
    assert (await mock_org.client.get(where)).json() == emptied


@pytest.mark.parametrize(
    ("query", "status"), [("list=x", 404), ("seed=x", 400), ("list=x&seed=1", 400), ("org=x", 404)]
)
async def test_resets_that_make_no_sense(control, query, status):
    """An unknown list, org or seed is refused."""
    assert (await control.post(f"/reset?{query}")).status_code == status


async def test_reset_to_another_seed(mock_org, control):
    """Another seed draws other ids, the same one the same again."""
    form, auth = {"grant_type": "client_credentials"}, ("mock-client", "mock-secret")
    drawn = []
    for seed in (5, 6, 5):
        await control.post(f"/reset?seed={seed}")
        token = (await mock_org.client.post("/oauth/token", data=form, auth=auth)).json()["access_token"]
        mock_org.client.headers["Authorization"] = f"Bearer {token}"
        drawn.append(await add_list(mock_org))
    assert (drawn[0] == drawn[2], drawn[0] == drawn[1]) == (True, False)


@pytest.mark.hardening("mock-12")
async def test_permissions_taken_away(mock_org, control):
    """With a minus a client keeps all but those."""
    await control.patch("/clients", json={"mock-client": ["-outbound:contactList:view"]})
    assert (await control.get("/clients")).json() == {"mock-client": ["-outbound:contactList:view"]}
    assert (await mock_org.client.get("/api/v2/outbound/contactlists")).status_code == 403
    assert (await mock_org.client.post("/api/v2/outbound/contactlists", json=LIST)).status_code == 200
