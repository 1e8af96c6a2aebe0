"""Notifications: channels, their subscriptions, and who is told when something has changed.

Nothing runs in the background. After each commit, and when a connection wakes at the next step of an import, what the
connected channels listen to is compared with what they were told last.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.access import TOKEN, refuse_foreign_page
from mockserver.http.body import parse_as, read_json
from mockserver.http.query import flag, one_of, several
from mockserver.http.wire import timestamp
from mockserver.ids import SECURE
from mockserver.model import ImportStatus
from mockserver.notifications import events
from mockserver.notifications.channels import (
    KINDS,
    Channel,
    Channels,
    Kind,
    Topic,
    TopicVerdict,
    raise_rejected,
    require_owned,
    verdict,
)
from mockserver.notifications.events import Sources
from mockserver.notifications.sockets import connection
from mockserver.operations.platform import SentTopic
from mockserver.state import Org

_BODY_BYTES = 1024 * 1024
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Notifications:
    def __init__(self, org: Org, sources: Sources, advance_to_now: Callable[[], None]) -> None:
        self._org, self._sources, self._advance_to_now = org, sources, advance_to_now
        self.channels = Channels()
        for kind, queue in sources.queues.items():
            queue.tell_end = partial(self._tell_end, kind)

    def reload(self) -> None:
        """As after a restart: nobody is connected, and no channel is known."""
        self.close()

    def __contains__(self, channel_id: str) -> bool:
        return channel_id in self.channels

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../channels, without a body: a new channel, in the place of the oldest of too many."""
        token, address = request[TOKEN], f"{'wss' if request.secure else 'ws'}://{request.host}"

        def commit() -> Response:
            now, limits = self._org.clock.now(), self._org.profile.limits
            channel = Channel(self._new_id(), token.client_id, token.hash, now + limits.channel_lifetime_s)
            self.channels.add(channel, limits.channels_per_client, now)
            return json_response(_channel_json(channel, address))

        return PendingOperation(commit)

    async def of_client(self, request: web.Request) -> PendingOperation:
        """GET .../channels: the token's, or all of the client, those of other tokens without ids."""
        token, address = request[TOKEN], f"{'wss' if request.secure else 'ws'}://{request.host}"
        choices = {"token": False, "oauthclient": True}
        every = one_of(choices, request.query.get("includechannels", "token"), "includechannels")

        def commit() -> Response:
            channels = self.channels.of(token.client_id, self._org.clock.now())
            shown = [each for each in channels if every or each.token == token.hash]
            return json_response(
                {"entities": [_channel_json(each, address, hides_id=each.token != token.hash) for each in shown]}
            )

        return PendingOperation(commit)

    async def head(self, request: web.Request) -> PendingOperation:
        """HEAD .../channels/{id}: 200 while it lives, else 404."""

        def commit() -> Response:
            self._channel(request)
            return Response()

        return PendingOperation(commit)

    async def subscriptions(self, request: web.Request) -> PendingOperation:
        return PendingOperation(
            lambda: _topic_listing([TopicVerdict(each.name, each) for each in self._channel(request).topics.values()])
        )

    async def subscribe(self, request: web.Request) -> PendingOperation:
        """POST .../subscriptions: these as well. Assumption: the answer names those of the request."""
        return await self._subscribe(request, replaces=False)

    async def resubscribe(self, request: web.Request) -> PendingOperation:
        """PUT .../subscriptions: these instead of all others."""
        return await self._subscribe(request, replaces=True)

    async def unsubscribe(self, request: web.Request) -> PendingOperation:
        """DELETE .../subscriptions: none any more."""

        def commit() -> Response:
            self._channel(request).unsubscribe()
            return Response()

        return PendingOperation(commit)

    async def available(self, request: web.Request) -> PendingOperation:
        """GET .../availabletopics: those of outbound that the mock knows."""
        expand = set(several(request.query, "expand"))
        flag(request.query, "includePreview")
        return PendingOperation(lambda: json_response({"entities": [kind.to_json(expand) for kind in KINDS]}))

    async def connect(self, request: web.Request) -> PendingOperation:
        """GET /channels/{id}, the `connectUri`: a WebSocket for who knows the id, and no page of another origin."""
        refuse_foreign_page(request, self._org.browser_origins)
        channel_id = request.match_info["channel_id"]

        def commit() -> Response:
            channel = self.channels.live(channel_id, self._org.clock.now())
            if not channel.outboxes:  # else there are others, who may not have been told yet
                channel.seen = {name: self._topic_state(each) for name, each in channel.topics.items()}
            return Response(status=101, upgrade=lambda request: connection(self._org, channel, request, self))

        return PendingOperation(commit)

    def notify(self) -> None:
        """Tell all who are connected what has changed. Costs nothing while nobody is."""
        for channel in self.channels.connected_channels():
            channel.wake_by(self._look(channel))

    def take(self, channel: Channel) -> float:
        """Bring the org up to now, and tell the channel what has changed; return when to come back."""
        self._advance_to_now()
        return self._look(channel)

    def close(self) -> None:
        """End every connection."""
        self.channels.clear()

    def _topic_state(self, of: Topic) -> object:
        return events.topic_state(self._sources, of)

    def _look(self, channel: Channel) -> float:
        """Tell what has changed, and return when time alone will bring the next event, or the channel's end."""
        for each in channel.topics.values():
            self._tell(channel, each, self._topic_state(each), partial(events.body, self._sources, each))
        steps = (events.next_step_at(self._sources, each) for each in channel.topics.values())
        return min((channel.expires_at, *steps))

    def _tell_end(self, kind: Kind, owner_id: str, job_id: str, status: ImportStatus) -> None:
        """Tell of the end of an import at once: by the next look, another may be shown in its place."""
        is_shown, state = self._sources.queues[kind].shown_id(owner_id) == job_id, events.import_state(job_id, status)
        for channel in self.channels.connected_channels():
            for each in channel.topics.values():
                if (each.kind.kind, each.of) != (kind, owner_id):
                    continue
                if is_shown:
                    self._tell(channel, each, state, partial(events.import_body, status))
                else:
                    channel.tell(self._message(each.name, events.import_body(status)))

    def _tell(self, channel: Channel, of: Topic, state: object, body: Callable[[], dict[str, Any]]) -> None:
        """Tell the channel how things stand with a topic, unless it has seen that."""
        if state == channel.seen.get(of.name):
            return
        channel.seen[of.name] = state
        if state is not None:
            channel.tell(self._message(of.name, body()))

    def _message(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Source: developer blog of 2021-06-01; that `metadata` holds the correlation id is inferred."""
        correlation_id = f"{self._org.rng_for('notifications').getrandbits(128):032x}"
        return {"topicName": name, "version": "2", "eventBody": body, "metadata": {"CorrelationId": correlation_id}}

    async def _subscribe(self, request: web.Request, *, replaces: bool) -> PendingOperation:
        names = _names(await read_json(request, _BODY_BYTES))
        client, ignores_errors = self._org.clients[request[TOKEN].client_id], flag(request.query, "ignoreErrors")

        def commit() -> Response:
            channel = self._channel(request)
            verdicts = [verdict(name, client) for name in names]
            if not ignores_errors:
                raise_rejected(verdicts)
            permitted = [each.topic for each in verdicts if each.topic and each.is_permitted]
            channel.listen(permitted, self._org.profile.limits.topics_per_channel, replaces=replaces)
            channel.seen = {
                name: channel.seen.get(name) or self._topic_state(each) for name, each in channel.topics.items()
            }
            return _topic_listing(verdicts)

        return PendingOperation(commit)

    def _channel(self, request: web.Request) -> Channel:
        return require_owned(
            self.channels.live(request.match_info["channel_id"], self._org.clock.now()), request[TOKEN]
        )

    def _new_id(self) -> str:
        """Source of the prefix: an id printed in the official guide. Who knows the id may listen: it is long."""
        return "streaming-5-" + "".join(SECURE.choices(_SIGNS, k=26))


def _names(value: Any) -> list[str]:
    return [each.id for each in parse_as(value, list[SentTopic])]


def _channel_json(channel: Channel, address: str, *, hides_id: bool = False) -> dict[str, Any]:
    """A Channel. Source: SDK 269.0.0 models/channel.py. Here it is at the same address as the API."""
    told = {} if hides_id else {"connectUri": f"{address}/channels/{channel.id}", "id": channel.id}
    return told | {"expires": timestamp(channel.expires_at)}


def _topic_listing(verdicts: list[TopicVerdict]) -> Response:
    return json_response({"entities": [each.to_json() for each in verdicts]})
