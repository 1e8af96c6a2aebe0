"""Notifications by the official Python SDK: channels and subscriptions; the WebSocket it leaves to others."""

import aiohttp
import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3
from PureCloudPlatformClientV2.rest import ApiException

from .answers import refused
from .leads import COLUMNS, contacts, lead, model

pytestmark = [pytest.mark.conformance, pytest.mark.anyio]


@pytest.fixture
def notifications(client):
    return Genesys.NotificationsApi(client)


@pytest.fixture
def channel(notifications):
    return notifications.post_notifications_channels()


def topics(*names):
    return [model(Genesys.ChannelTopic, id=name) for name in names]


def of_list(list_id, more=""):
    return f"v2.outbound.contactlists.{list_id}{more}"


def test_a_channel(mock, notifications, channel):
    """It has an address of its own on the same host, and lives for a day."""
    assert channel.connect_uri == mock.url.replace("http", "ws") + f"/channels/{channel.id}"
    assert channel.id.startswith("streaming-")
    assert [each.id for each in notifications.get_notifications_channels().entities] == [channel.id]
    assert notifications.head_notifications_channel(channel.id) is None


def test_no_such_channel(notifications):
    """One that there never was, or that another client made."""
    with refused(404, "not.found"):
        notifications.get_notifications_channel_subscriptions("none")


def test_a_head_of_nothing(plain_client):
    """The answer to a HEAD has no body, so here there is only the status."""
    with pytest.raises(ApiException) as refusal:
        Genesys.NotificationsApi(plain_client).head_notifications_channel("none")
    assert refusal.value.status == 404


def test_subscriptions(notifications, channel):
    """Topics are added, replaced and dropped."""
    notifications.post_notifications_channel_subscriptions(channel.id, topics(of_list("a")))
    answer = notifications.post_notifications_channel_subscriptions(channel.id, topics(of_list("b")))
    assert {each.state for each in answer.entities} == {"Permitted"}
    listed = notifications.get_notifications_channel_subscriptions(channel.id)
    assert [each.id for each in listed.entities] == [of_list("a"), of_list("b")]
    notifications.put_notifications_channel_subscriptions(channel.id, topics(of_list("c")))
    listed = notifications.get_notifications_channel_subscriptions(channel.id)
    assert [each.id for each in listed.entities] == [of_list("c")]
    notifications.delete_notifications_channel_subscriptions(channel.id)
    assert notifications.get_notifications_channel_subscriptions(channel.id).entities == []


def test_topics_that_there_are_not(notifications, channel):
    """One is enough for a refusal, unless errors are to be ignored; then the answer says which was rejected."""
    wanted = topics(of_list("a"), "v2.weather.tomorrow")
    with refused(400, "notification.invalid.topic"):
        notifications.post_notifications_channel_subscriptions(channel.id, wanted)
    answer = notifications.post_notifications_channel_subscriptions(channel.id, wanted, ignore_errors=True)
    assert [each.state for each in answer.entities] == ["Permitted", "Rejected"]
    assert answer.entities[1].rejection_reason


def test_the_export_topic_is_a_users(notifications, channel):
    """The token of a client has no user, so it cannot listen to when an export is ready."""
    of_user = "v2.users.7f1b.outbound.contactlists.a.export"
    with refused(403, "not.authorized"):
        notifications.post_notifications_channel_subscriptions(channel.id, topics(of_user))
    answer = notifications.post_notifications_channel_subscriptions(channel.id, topics(of_user), ignore_errors=True)
    assert answer.entities[0].state == "Rejected"


def test_missing_permissions(permissions, notifications, channel):
    """Who may not see a list cannot listen to it."""
    permissions([])
    with refused(403, "missing.permissions"):
        notifications.post_notifications_channel_subscriptions(channel.id, topics(of_list("a")))
    answer = notifications.post_notifications_channel_subscriptions(
        channel.id, topics(of_list("a")), ignore_errors=True
    )
    assert (answer.entities[0].state, answer.entities[0].missing_permissions) == (
        "Rejected",
        ["outbound:contactList:view"],
    )


def test_too_many(settings, notifications, channel):
    """A thousand topics are the most, and twenty channels: one more ends the oldest."""
    settings(limits__topics_per_channel=3, limits__channels_per_client=2)
    with refused(400, "notification.subscription.too.many.subscriptions"):
        notifications.post_notifications_channel_subscriptions(channel.id, topics(*map(of_list, "abcd")))
    newer = [notifications.post_notifications_channels().id for _ in range(2)]
    assert [each.id for each in notifications.get_notifications_channels().entities] == newer


@pytest.mark.parametrize("expand", [None, ["requiresPermissions", "transports"]])
def test_available_topics(notifications, expand):
    """What may be listened to, and what it takes, if asked."""
    options = {"expand": expand} if expand else {}
    found = {each.id: each for each in notifications.get_notifications_availabletopics(**options).entities}
    each = found["v2.outbound.contactlists.{id}.importstatus"]
    assert bool(each.requires_permissions) is bool(expand)
    assert "v2.outbound.dnclists.{id}" in found


async def heard(channel, topic, act):
    """The first event of a topic after `act`."""
    async with aiohttp.ClientSession() as session, session.ws_connect(channel.connect_uri) as socket:
        await socket.send_json({"message": "ping"})
        assert (await socket.receive_json(timeout=20))["eventBody"] == {"message": "pong"}
        act()
        while (event := await socket.receive_json(timeout=20))["topicName"] != topic:
            pass
    return event


async def test_a_changed_list(api, notifications, channel, leads):
    """Who listens to a list is told of its new version."""
    notifications.post_notifications_channel_subscriptions(channel.id, topics(of_list(leads.id)))
    leads.name = "Leads, renamed"
    event = await heard(channel, of_list(leads.id), lambda: api.put_outbound_contactlist(leads.id, leads))
    assert (event["eventBody"]["id"], event["eventBody"]["name"]) == (leads.id, "Leads, renamed")
    assert event["version"] == "2"


async def test_an_import(mock, client, notifications, channel, leads):
    """Who listens to imports is told in other words than who asks: importState and percentageComplete."""
    topic = of_list(leads.id, ".importstatus")
    notifications.post_notifications_channel_subscriptions(channel.id, topics(topic))
    rows = [COLUMNS, *(lead(number).values() for number in range(10))]
    file = "".join(",".join(row) + "\r\n" for row in rows).encode()
    fields = {"id": leads.id, "fileType": "contactlist", "file": ("leads.csv", file)}
    headers = {"Authorization": f"Bearer {client.access_token}"}
    url = f"{mock.url}/uploads/v2/contactlist"
    event = await heard(channel, topic, lambda: urllib3.request("POST", url, fields=fields, headers=headers))
    assert event["eventBody"]["percentageComplete"] == 100
    assert {"state", "percentComplete"}.isdisjoint(event["eventBody"])


async def test_added_contacts_are_no_event(api, notifications, channel, leads):
    """There is no topic for contacts: what comes first is what was changed after them."""
    notifications.post_notifications_channel_subscriptions(channel.id, topics(of_list(leads.id)))

    def act():
        api.post_outbound_contactlist_contacts(leads.id, contacts(10))
        api.put_outbound_contactlist(leads.id, leads)

    assert (await heard(channel, of_list(leads.id), act))["eventBody"]["version"] == 2
