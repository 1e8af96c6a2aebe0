"""The org inside a test's own process, on a thread and on the running loop."""

import socket
import threading

import httpx
import pytest

from mockserver.config import ConfigError
from mockserver.errors import BadRequest
from mockserver.in_process import MockGenesys

LISTS = "/api/v2/outbound/contactlists"
NEW = {"name": "Leads", "columnNames": ["Lead ID"], "emailColumns": [{"columnName": "Lead ID", "type": "work"}]}
LEAD = {"data": {"Lead ID": "L-1"}}


@pytest.fixture
def org():
    with MockGenesys(seed=7) as org:
        yield org


@pytest.fixture
def client(org):
    """A client with a token of the org."""
    with client_of(org) as client:
        yield client


def client_of(org):
    return httpx.Client(
        base_url=org.url, headers={"Authorization": f"Bearer {org.control.token()}"}, timeout=20, trust_env=False
    )


def new_list(client) -> str:
    return client.post(LISTS, json=NEW).json()["id"]


def test_the_login(org):
    """The org lets its client in, and nobody else."""
    form = {"grant_type": "client_credentials"}
    answers = [
        httpx.post(f"{org.url}/oauth/token", data=form, auth=(org.client_id, secret))
        for secret in (org.client_secret, "wrong")
    ]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[0].json()["token_type"] == "bearer"


def test_what_a_client_does_is_seen(org, client):
    """Contacts as they are stored, lists with their sizes, requests one by one."""
    list_id = new_list(client)
    (added,) = client.post(f"{LISTS}/{list_id}/contacts", json=[LEAD]).json()
    assert org.control.contacts(list_id) == [{"id": added["id"], "data": {"Lead ID": "L-1"}}]
    assert [(item["name"], item["size"]) for item in org.control.state()["lists"]] == [("Leads", 1)]
    assert [entry.op for entry in org.control.journal(status=200)] == ["lists.create", "contacts.add"]
    assert [entry.op for entry in org.control.journal(list_id=list_id)] == ["contacts.add"]


def test_faults(org, client):
    """They strike as the rules say; one that did not is told."""
    org.control.faults(
        {"op": "lists.list", "nth": 1, "action": {"status": 503}}, {"op": "health", "action": {"reset": True}}
    )
    assert [client.get(LISTS).status_code for _ in range(2)] == [503, 200]
    with pytest.raises(AssertionError, match=r"'op': 'health'.*lists\.list 200 x1, 503 x1"):
        org.assert_faults_fired()


def test_settings_and_permissions(org, client):
    """Both hold from the next request on, until a reset."""
    before = org.control.profile()
    assert org.control.profile({"limits.lists_per_org": 1}, rate__scope="client")["rate"]["scope"] == "client"
    assert [client.post(LISTS, json=NEW | {"name": name}).status_code for name in "AB"] == [200, 400]
    org.control.permissions(org.client_id, "outbound:contactList:add")
    assert client.get(LISTS).status_code == 403
    org.control.reset()
    assert org.control.profile() == before
    with client_of(org) as again:
        assert again.get(LISTS).json()["total"] == 0


def test_time_can_be_moved_on(org, client):
    """A token expires without anybody waiting; time does not go back."""
    lifetime_s = org.control.profile()["tokens"]["lifetime_s"]
    org.control.advance(lifetime_s)
    assert client.get(LISTS).json()["code"] == "bad.credentials"
    with pytest.raises(ValueError, match="does not go back"):
        org.control.advance(-1)


def test_jobs_that_follow_polls():
    """An import is on its way until its status has been asked for often enough."""
    with MockGenesys(settings={"jobs.progress": "polls", "jobs.polls": 2}) as org, client_of(org) as client:
        list_id = new_list(client)
        form = {"fileType": "contactlist", "id": list_id}
        rows = "Lead ID\n" + "".join(f"L-{at}\n" for at in range(5_000))
        client.post("/uploads/v2/contactlist", data=form, files={"file": ("leads.csv", rows)}).raise_for_status()
        statuses = [client.get(f"{LISTS}/{list_id}/importstatus").json() for _ in range(2)]
        assert [status.get("state") for status in statuses] == ["IN_PROGRESS", None]
        org.assert_contacts(list_id, 5_000)


def test_assertions_say_what_was_seen_instead(org, client):
    """The requests so far are in the message; a name that is no operation's is no silent zero."""
    list_id = new_list(client)
    org.assert_called("lists.create")
    org.assert_called("lists.create", times=1, status=200)
    org.assert_not_called("contacts.add")
    org.assert_contacts(list_id, 0)
    with pytest.raises(AssertionError) as wrong:
        org.assert_called("contacts.add", times=3, status=200)
    assert (
        str(wrong.value)
        == "expected 3 of contacts.add answered 200, there were 0. Requests so far: lists.create 200 x1"
    )
    with pytest.raises(AssertionError, match=f"expected 2 contacts.*{list_id}"):
        org.assert_contacts(list_id, 2)
    with pytest.raises(ValueError, match=r"did you mean 'contacts\.add'"):
        org.assert_called("contact.add")


def test_a_seed_gives_the_same_ids_again(org, client):
    """Also after a reset."""
    first = new_list(client)
    org.control.reset()
    with client_of(org) as again:
        assert new_list(again) == first
    with MockGenesys(seed=8) as other, client_of(other) as elsewhere:
        assert new_list(elsewhere) != first


@pytest.mark.hardening("mock-11")
def test_the_seed_tells_no_secret():
    """Two orgs of one seed have the same ids, and nothing in common of what lets somebody in."""
    (first_id, first), (second_id, second) = secrets_of_an_org(), secrets_of_an_org()
    assert first_id == second_id
    assert not {*first} & {*second}
    assert [*map(len, first)] == [*map(len, second)]  # so no figure depends on them


def secrets_of_an_org():
    """The id of a list; a token, a channel, a download and its signature, the key and signature of an upload."""
    with MockGenesys(seed=3) as org, client_of(org) as client:
        list_id = new_list(client)
        channel = client.post("/api/v2/notifications/channels").json()["id"]
        client.post(f"{LISTS}/{list_id}/export")
        uri = client.get(f"{LISTS}/{list_id}/export").json()["uri"]
        signed = client.get(uri, params={"issueRedirect": "false"}).json()["url"]
        upload = client.post(f"{LISTS}/uploads", json={"id": list_id, "contentType": "text/csv"}).json()
        signatures = [address.rpartition("ignature=")[2] for address in (signed, upload["url"])]
        key = upload["uploadKey"].rpartition("/")[2]
        return list_id, (org.control.token(), channel, uri.rpartition("/")[2], key, *signatures)


def test_snapshots(org, client):
    """A prepared org can be had again and again; its tokens too."""
    list_id = new_list(client)
    client.post(f"{LISTS}/{list_id}/contacts", json=[LEAD])
    prepared = org.control.snapshot()
    assert client.delete(f"{LISTS}/{list_id}").status_code == 200
    org.control.restore(prepared)
    org.assert_contacts(list_id, 1)
    assert client.get(f"{LISTS}/{list_id}").status_code == 200
    with pytest.raises(BadRequest):
        org.control.restore(prepared[:-3])


def test_two_orgs_at_one_address():
    """Neither knows what the other holds."""
    with MockGenesys(clients=["a:secret-a", "b:secret-b@other"]) as org, client_of(org) as client:
        new_list(client)
        headers = {"Authorization": f"Bearer {org.control_of('other').token()}"}
        assert httpx.get(org.url + LISTS, headers=headers).json()["total"] == 0
        assert [len(each.state()["lists"]) for each in (org.control, org.control_of("other"))] == [1, 0]


def test_outside_of_with():
    """There is no org before and after, and no thread stays."""
    org = MockGenesys()
    with pytest.raises(ConfigError, match="inside `with`"):
        assert org.url
    with org:
        assert org.url
    with pytest.raises(ConfigError):
        assert org.control
    assert "contactbench mock" not in {thread.name for thread in threading.enumerate()}


def test_an_org_that_cannot_start():
    """Whoever wanted it is told why, in a thread or not."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="is taken"), MockGenesys(port=taken.getsockname()[1]):
            pass
    with pytest.raises(ConfigError, match="no profile is called 'best'"), MockGenesys(profile="best"):
        pass


@pytest.mark.anyio
async def test_on_the_running_loop():
    """No thread: the test and the org take turns; several orgs know nothing of each other."""
    async with MockGenesys() as org, MockGenesys() as other, httpx.AsyncClient() as client:
        headers = {"Authorization": f"Bearer {org.control.token()}"}
        await client.post(org.url + LISTS, json=NEW, headers=headers)
        assert (len(org.control.state()["lists"]), len(other.control.state()["lists"])) == (1, 0)
        org.assert_called("lists.create", times=1)
        other.assert_not_called("lists.create")
        assert "contactbench mock" not in {thread.name for thread in threading.enumerate()}
