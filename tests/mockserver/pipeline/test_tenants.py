"""Who gets in where: every operation of the table, with tokens that are not good for it, and two orgs in one server."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from mockserver.app import create_app
from mockserver.clock import ManualClock
from mockserver.config import parse_client
from mockserver.loaded_profile import LoadedProfile, load
from mockserver.operations import OPERATIONS
from mockserver.profile import at_cpu_speed
from mockserver.services import create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.memory_store import MemoryStore

from ...conftest import listening

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def two(tmp_path):
    """Two orgs behind one address, the clock of both, a client without a token, and a function that logs in."""
    loaded, clock = load("default"), ManualClock()
    profile = at_cpu_speed(loaded.profile)
    clients = [parse_client("here:secret-1"), parse_client("there:secret-2@second")]

    def one(name):
        (tmp_path / f"org-{name}").mkdir()
        return create_services(
            store=MemoryStore(),
            clock=clock,
            profile=LoadedProfile(profile, loaded.sources),
            spool=tmp_path / f"org-{name}",
            clients=clients,
            name=name,
        )

    services = [one(""), one("second")]
    async with listening(create_app(services[0], others=services[1:])) as client:
        yield Two(services, clock, client)


class Two:
    def __init__(self, services, clock, client):
        self.services, self.clock, self.client = services, clock, client

    async def token(self, client_id, *, as_form=False):
        secret = {"here": "secret-1", "there": "secret-2"}[client_id]
        if as_form:
            form = GRANT | {"client_id": client_id, "client_secret": secret}
            reply = await self.client.post("/oauth/token", data=form)
        else:
            reply = await self.client.post("/oauth/token", data=GRANT, auth=(client_id, secret))
        return {"Authorization": f"Bearer {reply.json()['access_token']}"}

    async def asks(self, operation, path, headers):
        return await self.client.request(operation.method, path, headers=headers, json=None)


async def filled(two, headers):
    """What the first org has: the ids that a path may name."""
    ids = {}

    async def made(path, body=None):
        return (await two.client.post(path, json=body, headers=headers)).json()

    ids["contact_list_id"] = (await made(LISTS, LIST))["id"]
    where = f"{LISTS}/{ids['contact_list_id']}"
    ids["contact_id"] = (await made(f"{where}/contacts", [{"data": {"Lead": "L-1", "Phone": ""}}]))[0]["id"]
    await made(f"{where}/export")
    ids["download_id"] = (await two.client.get(f"{where}/export", headers=headers)).json()["uri"].rpartition("/")[2]
    ids["channel_id"] = (await made("/api/v2/notifications/channels"))["id"]
    dnc = {"name": "No", "dncSourceType": "rds", "contactMethod": "Phone"}
    ids["dnc_list_id"] = (await made("/api/v2/outbound/dnclists", dnc))["id"]
    home = (await two.client.get("/api/v2/authorization/divisions/home", headers=headers)).json()
    ids["division_id"] = home["id"]
    return ids


def concrete(path, ids):
    """The path with ids in it, those of the first org where it has any."""
    return re.sub(r"\{(\w+)(:[^}]*)?\}", lambda found: ids.get(found[1], "00000000-0000-4000-8000-000000000000"), path)


@pytest.mark.hardening("mock-10")
async def test_every_operation_without_a_good_token(two):
    """Whatever is asked without a token, with a wrong, cut, expired, doubled or misplaced one, is refused alike."""
    good = (await two.token("here"))["Authorization"]
    ids = await filled(two, {"Authorization": good})
    table = [each for each in OPERATIONS if each.auth]
    wrong = ["", "Bearer", "Bearer wrong", good[:-1], good + "0", good.removeprefix("Bearer "), f"Basic {good}"]
    answers = {
        (each.op, await status(two, each, concrete(each.path, ids), {"Authorization": text}))
        for each in table
        for text in wrong
    }
    assert {op: code for op, code in answers if code != 401} == {}
    two.clock.advance(86_400)
    expired = {each.op: await status(two, each, concrete(each.path, ids), {"Authorization": good}) for each in table}
    assert set(expired.values()) == {401}


async def status(two, operation, path, headers):
    reply = await two.asks(operation, path, headers)
    if reply.status_code == 401:
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    return reply.status_code


@pytest.mark.hardening("mock-12", "mock-13")
async def test_every_operation_with_the_token_of_another_org(two):
    """What belongs to another org does not exist, whoever may see everything in his own."""
    mine, foreign = await two.token("here"), await two.token("there")
    ids = await filled(two, mine)
    for each in OPERATIONS:
        if each.auth and set(re.findall(r"\{(\w+)", each.path)) & ids.keys():
            reply = await two.asks(each, concrete(each.path, ids), foreign)
            assert reply.status_code in (400, 404), (each.op, reply.text)  # 400: the missing body is noticed first
            assert not any(found in reply.text for found in ids.values()), each.op
    assert (await two.client.get(f"{LISTS}/{ids['contact_list_id']}", headers=mine)).status_code == 200


@pytest.mark.hardening("mock-12", "mock-13")
@pytest.mark.parametrize("path", ["", "/contacts/{contact_id}", "/importstatus", "/export", "/timezonemappingpreview"])
async def test_a_foreign_list(two, path):
    """Everything about a list of the other org is a 404."""
    ids = await filled(two, await two.token("here"))
    url = f"{LISTS}/{ids['contact_list_id']}{path.format(**ids)}"
    assert (await two.client.get(url, headers=await two.token("there"))).status_code == 404


async def test_a_page_logs_in_at_the_org_of_its_client(two):
    """The client's id in the query says whose the login is, and a grant in the query whose the token is."""
    for each in two.services:
        each.org.browser_origins = frozenset({"http://localhost:3000"})
    asked = {"client_id": "there", "redirect_uri": "http://localhost:3000/", "response_type": "token"}
    sent_to = (await two.client.get("/oauth/authorize", params=asked)).headers["Location"]
    query = GRANT | {"client_id": "there", "client_secret": "secret-2"}
    tokens = [
        parse_qs(urlsplit(sent_to).fragment)["access_token"][0],
        (await two.client.post("/oauth/token", params=query)).json()["access_token"],
    ]
    for token in tokens:
        headers = {"Authorization": f"Bearer {token}"}
        org = (await two.client.get("/api/v2/organizations/me", headers=headers)).json()
        assert org["name"] == "contactbench mock second"


@pytest.mark.hardening("mock-12")
async def test_each_org_has_its_own(two):
    """Ids, lists, names and counts of one org have nothing to do with those of the other."""
    mine, theirs = await two.token("here"), await two.token("there", as_form=True)
    names = [(await two.client.get("/api/v2/organizations/me", headers=who)).json() for who in (mine, theirs)]
    assert (names[0]["id"] == names[1]["id"], names[1]["name"]) == (False, "contactbench mock second")
    ids = [(await two.client.post(LISTS, json=LIST, headers=who)).json()["id"] for who in (mine, theirs)]
    assert (ids[0] == ids[1], [len(each.org.store.contact_lists()) for each in two.services]) == (False, [1, 1])
    assert [each.org.request_log.counts()["lists.create"] for each in two.services] == [{200: 1}, {200: 1}]


@pytest.mark.hardening("mock-13", "mock-14")
async def test_signed_addresses_of_the_second_org(two):
    """A file's address finds its org without a token."""
    theirs = await two.token("there")
    list_id = (await two.client.post(LISTS, json=LIST, headers=theirs)).json()["id"]
    await two.client.post(f"{LISTS}/{list_id}/export", headers=theirs)
    uri = (await two.client.get(f"{LISTS}/{list_id}/export", headers=theirs)).json()["uri"]
    signed = (await two.client.get(uri, headers=theirs)).headers["Location"]
    assert (await two.client.get(signed)).status_code == 200
    body = {"id": list_id, "contentType": "text/csv"}
    address = (await two.client.post(f"{LISTS}/uploads", json=body, headers=theirs)).json()
    put = await two.client.put(address["url"], content=b"Lead,Phone\nL-1,\n", headers=address["headers"])
    assert (put.status_code, two.services[1].org.request_log.since(0)[-1].op) == (200, "presigned.put")


@pytest.mark.parametrize(
    ("text", "grants", "lacks"),
    [
        ("a:b", None, []),
        ("a:b@second", None, []),
        ("a:b:outbound:contact:add", ["outbound:contact:add"], ["outbound:contactList:view"]),
        ("a:b:-outbound:contact:add", ["-outbound:contact:add"], ["outbound:contact:add"]),
        (
            "a:b:outbound:contactList:view,outbound:contact:add@x",
            ["outbound:contact:add", "outbound:contactList:view"],
            [],
        ),
        ("a:b:outbound:contact:add,-outbound:contact:add", None, ["outbound:contact:add", "outbound:contactList:view"]),
    ],
)
def test_clients_as_text(text, grants, lacks):
    """Permissions are named, or named with a minus to go without them."""
    client = parse_client(text)
    assert client.lacks("outbound:contact:add outbound:contactList:view") == lacks
    assert (client.id, client.secret) == ("a", "b")
    assert grants is None or client.grants == grants


def test_grants_and_back():
    """What a client was granted makes the same client again."""
    client = OAuthClient("a", "b").with_grants(["x", "-y"])
    assert OAuthClient("a", "b").with_grants(client.grants) == client
    assert OAuthClient("a", "b", frozenset()).with_grants(None).lacks("x") == []
