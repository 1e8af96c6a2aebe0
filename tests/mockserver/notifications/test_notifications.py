import pytest

from mockserver.state.auth import OAuthClient

pytestmark = pytest.mark.anyio

CHANNELS = "/api/v2/notifications/channels"
LIST_TOPIC = "v2.outbound.contactlists.11111111-1111-4111-8111-111111111111"
USER_TOPIC = "v2.users.u-1.outbound.contactlists.l-1.export"


@pytest.fixture
async def channel(mock_org):
    """The address of a new channel."""
    return f"{CHANNELS}/{(await mock_org.client.post(CHANNELS)).json()['id']}"


def topics(reply):
    return [(each["id"], each["state"]) for each in reply.json()["entities"]]


async def test_a_channel(mock_org):
    """It has an address at the same host, and lives for a day."""
    reply = await mock_org.client.post(CHANNELS)
    told = reply.json()
    assert (reply.status_code, told["expires"]) == (200, "2026-01-02T00:00:00.000Z")
    assert told["connectUri"] == f"ws://{mock_org.client.base_url.netloc.decode()}/channels/{told['id']}"
    assert told["id"].startswith("streaming-5-")


async def test_how_long_a_channel_lives(mock_org, channel):
    """HEAD tells whether it is there; after a day it is gone, and so is what belongs to it."""
    assert (await mock_org.client.head(channel)).status_code == 200
    mock_org.change(tokens__lifetime_s=200_000)
    reply = await mock_org.client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("mock-client", "mock-secret")
    )
    mock_org.client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
    mock_org.clock.advance(86_400)
    assert (await mock_org.client.head(channel)).status_code == 404
    assert (await mock_org.client.get(f"{channel}/subscriptions")).status_code == 404


async def test_subscriptions(mock_org, channel):
    """POST adds, PUT replaces, GET lists, DELETE removes all."""
    where = f"{channel}/subscriptions"
    added = await mock_org.client.post(where, json=[{"id": LIST_TOPIC}])
    assert (added.status_code, topics(added)) == (200, [(LIST_TOPIC, "Permitted")])
    await mock_org.client.post(where, json=[{"id": f"{LIST_TOPIC}.importstatus"}])
    assert len(topics(await mock_org.client.get(where))) == 2
    await mock_org.client.put(where, json=[{"id": LIST_TOPIC}])
    assert topics(await mock_org.client.get(where)) == [(LIST_TOPIC, "Permitted")]
    assert (await mock_org.client.delete(where)).status_code == 200
    assert topics(await mock_org.client.get(where)) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([{"id": "v2.outbound.campaigns.x"}], 400, "notification.invalid.topic"),
        ([{"id": "v2.outbound.contactlists."}], 400, "notification.invalid.topic"),
        ([{"id": USER_TOPIC}], 403, "not.authorized"),
        (
            [{"id": f"v2.outbound.dnclists.{n}"} for n in range(4)],
            400,
            "notification.subscription.too.many.subscriptions",
        ),
        ([{"name": "x"}], 400, "bad.request"),
        ({"id": LIST_TOPIC}, 400, "bad.request"),
    ],
)
async def test_subscriptions_that_are_refused(mock_org, channel, body, status, code):
    """One that cannot be fails the whole request, and what was subscribed stays."""
    mock_org.change(limits__topics_per_channel=3)
    await mock_org.client.post(f"{channel}/subscriptions", json=[{"id": LIST_TOPIC}])
    for method in ("POST", "PUT"):
        reply = await mock_org.client.request(method, f"{channel}/subscriptions", json=body)
        assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert topics(await mock_org.client.get(f"{channel}/subscriptions")) == [(LIST_TOPIC, "Permitted")]


async def test_errors_that_are_ignored(mock_org, channel):
    """With ignoreErrors each topic has its own verdict, with the permission that is missing."""
    client = OAuthClient("mock-client", "mock-secret").with_grants(["-outbound:dncList:view"])
    mock_org.org.clients["mock-client"] = client
    names = [LIST_TOPIC, "v2.outbound.dnclists.d-1", USER_TOPIC, "v2.nonsense"]
    body = [{"id": name} for name in names]
    refused = await mock_org.client.post(f"{channel}/subscriptions", json=body[:2])
    assert (refused.status_code, refused.json()["code"]) == (403, "missing.permissions")
    reply = await mock_org.client.post(f"{channel}/subscriptions?ignoreErrors=true", json=body)
    assert [state for _, state in topics(reply)] == ["Permitted", "Rejected", "Rejected", "Rejected"]
    assert reply.json()["entities"][1]["missingPermissions"] == ["outbound:dncList:view"]
    assert topics(await mock_org.client.get(f"{channel}/subscriptions")) == [(LIST_TOPIC, "Permitted")]


async def test_one_channel_too_many(mock_org):
    """The 21st takes the place of the oldest."""
    ids = [(await mock_org.client.post(CHANNELS)).json()["id"] for _ in range(21)]
    listed = [each["id"] for each in (await mock_org.client.get(CHANNELS)).json()["entities"]]
    assert (listed, (await mock_org.client.head(f"{CHANNELS}/{ids[0]}")).status_code) == (ids[1:], 404)


async def test_channels_of_another_token(mock_org, channel):
    """They are counted for the client, but their ids are the other token's affair; another client sees nothing."""
    reply = await mock_org.client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("mock-client", "mock-secret")
    )
    mock_org.client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
    assert (await mock_org.client.get(CHANNELS)).json() == {"entities": []}
    others = (await mock_org.client.get(f"{CHANNELS}?includechannels=oauthclient")).json()["entities"]
    assert [each.keys() for each in others] == [{"expires"}]
    assert (await mock_org.client.get(f"{CHANNELS}?includechannels=all")).status_code == 400
    mock_org.org.clients["other"] = OAuthClient("other", "secret")
    other_token = mock_org.org.tokens.issue("other", mock_org.clock.now(), 60)
    headers = {"Authorization": f"Bearer {other_token}"}
    assert (await mock_org.client.get(f"{channel}/subscriptions", headers=headers)).status_code == 404


async def test_available_topics(mock_org):
    """All topics with what is asked for; a user's export says that it is one."""
    plain = (await mock_org.client.get("/api/v2/notifications/availabletopics")).json()["entities"]
    asked = await mock_org.client.get(
        "/api/v2/notifications/availabletopics?expand=requiresPermissions,requiresCurrentUser"
    )
    assert ({frozenset(each) for each in plain}, len(plain)) == ({frozenset({"id", "description"})}, 7)
    told = {each["id"]: each for each in asked.json()["entities"]}
    assert told["v2.users.{id}.outbound.contactlists.{id}.export"]["requiresCurrentUser"] is True
    assert told["v2.outbound.contactlists.{id}"]["requiresPermissions"] == ["outbound:contactList:view"]


async def test_no_connection_without_a_channel(mock_org):
    """Who guesses an id gets nothing."""
    reply = await mock_org.client.get("/channels/streaming-5-nonsense", headers={"Authorization": ""})
    assert (reply.status_code, reply.json()["code"]) == (404, "not.found")
