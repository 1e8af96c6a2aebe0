"""Channels: what each client listens to, for how long, and who is connected."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from mockserver.errors import BadRequest, Forbidden, NotFound
from mockserver.state.auth import OAuthClient, Token

# The topics of outbound that clients can listen to. Source of the names: notificationMappings.json of SDK and CLI.


Kind = Literal["list", "list_import", "dnc", "dnc_import", "template_import", "user_export"]

_LISTS, _DNC = "outbound:contactList:view", "outbound:dncList:view"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicKind:
    kind: Kind
    template: str  # with {id} in the places of ids
    description: str
    permission: str

    @property
    def is_of_a_user(self) -> bool:
        """Only who is logged in may listen; the token of a client has no user."""
        return self.kind == "user_export"

    @property
    def pattern(self) -> "re.Pattern[str]":
        return re.compile(re.escape(self.template).replace(r"\{id\}", "([A-Za-z0-9-]{1,64})"))

    def to_json(self, expand: set[str]) -> dict[str, Any]:
        """An AvailableTopic with what `expand` names. Source: SDK 269.0.0 models/available_topic.py."""
        permission = {"type": "permission", "permissions": [self.permission], "allowsCurrentUser": self.is_of_a_user}
        more = {
            "requiresPermissions": [self.permission],
            "permissionDetails": [permission | {"enforced": True}],
            "requiresDivisionPermissions": False,
            "requiresAnyValidator": False,
            "enforced": True,
            "visibility": "Public",
            "requiresCurrentUser": self.is_of_a_user,
            "requiresCurrentUserOrPermission": False,
            "transports": ["Websocket"],
            "topicParameters": ["id"] * self.template.count("{id}"),
        }
        shown = {name: value for name, value in more.items() if name in expand}
        return {"id": self.template, "description": self.description, **shown}


KINDS = (
    TopicKind(
        kind="list",
        template="v2.outbound.contactlists.{id}",
        description="The configuration of a contact list changed",
        permission=_LISTS,
    ),
    TopicKind(
        kind="list_import",
        template="v2.outbound.contactlists.{id}.importstatus",
        description="The import into a contact list went on",
        permission=_LISTS,
    ),
    TopicKind(
        kind="dnc",
        template="v2.outbound.dnclists.{id}",
        description="The configuration of a DNC list changed",
        permission=_DNC,
    ),
    TopicKind(
        kind="dnc_import",
        template="v2.outbound.dnclists.{id}.importstatus",
        description="The import into a DNC list went on",
        permission=_DNC,
    ),
    TopicKind(
        kind="template_import",
        template="v2.outbound.importtemplates.{id}.importstatus",
        description="The import through a template went on",
        permission="outbound:importTemplate:view",
    ),
    TopicKind(
        kind="user_export",
        template="v2.users.{id}.outbound.contactlists.{id}.export",
        description="An export of a contact list is ready",
        permission=_LISTS,
    ),
    TopicKind(
        kind="user_export",
        template="v2.users.{id}.outbound.dnclists.{id}.export",
        description="An export of a DNC list is ready",
        permission=_DNC,
    ),
)
_PATTERNS = [(kind, kind.pattern) for kind in KINDS]


class Topic(NamedTuple):
    """One topic with its ids filled in."""

    name: str
    kind: TopicKind
    of: str  # the id of the list or template


def topic(name: str) -> Topic | None:
    """The topic of that name, if there is one. Whether its object exists is not asked (Assumption)."""
    for kind, pattern in _PATTERNS:
        if found := pattern.fullmatch(name):
            return Topic(name, kind, found.groups()[-1])
    return None


_WAITING = 10_000  # events that one connection may have waiting; one that does not read them is closed

Message = dict[str, Any]
Outbox = asyncio.Queue[Message | None]


@dataclass(slots=True, eq=False)
class Channel:
    id: str
    client_id: str
    token: str  # the hash of the token it was made with
    expires_at: float
    topics: dict[str, Topic] = field(default_factory=dict)
    seen: dict[str, object] = field(default_factory=dict)  # what was told last, by topic
    outboxes: dict[Outbox, float] = field(default_factory=dict)  # one a connection, and when that wakes by itself

    def connect(self) -> Outbox:
        outbox: Outbox = asyncio.Queue(_WAITING)
        self.outboxes[outbox] = 0.0
        return outbox

    def tell(self, message: Message | None) -> None:
        """Put the message into the outbox of every connection. None ends it."""
        for outbox in self.outboxes:
            if outbox.full():  # nobody reads it
                outbox.get_nowait()
            outbox.put_nowait(None if outbox.qsize() >= _WAITING - 1 else message)

    def wake_by(self, moment: float) -> None:
        """Wake the connections that would sleep longer. Those that do not sleep will look by themselves."""
        for outbox, wakes_at in self.outboxes.items():
            if moment < wakes_at and outbox.empty():
                outbox.put_nowait({})

    def listen(self, topics: Iterable[Topic], at_most: int, *, replaces: bool) -> None:
        """Listen to these, instead of the others or as well. Raises BadRequest, and then nothing has changed."""
        wanted = ({} if replaces else self.topics) | {each.name: each for each in topics}
        if len(wanted) > at_most:
            raise BadRequest(
                f"A channel may have {at_most} subscriptions.", "notification.subscription.too.many.subscriptions"
            )
        self.topics = wanted

    def unsubscribe(self) -> None:
        self.topics.clear()
        self.seen.clear()


class Channels:
    """All channels, in order of creation."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}

    def __contains__(self, channel_id: str) -> bool:
        return channel_id in self._channels

    def __len__(self) -> int:
        return len(self._channels)

    def add(self, channel: Channel, at_most: int, now: float) -> None:
        """One more, in the place of the client's oldest if it has `at_most`. Source: SDK notifications_api.py:535."""
        self.forget_expired(now)
        of_client = self.of(channel.client_id, now)
        for oldest in of_client[: max(0, len(of_client) - at_most + 1)]:
            self._remove(oldest)
        self._channels[channel.id] = channel

    def of(self, client_id: str, now: float) -> list[Channel]:
        return [each for each in self._channels.values() if each.client_id == client_id and now < each.expires_at]

    def live(self, channel_id: str, now: float) -> Channel:
        """Raises NotFound."""
        channel = self._channels.get(channel_id)
        if channel is None or channel.expires_at <= now:
            raise NotFound("The channel could not be found.")
        return channel

    def connected_channels(self) -> list[Channel]:
        return [each for each in self._channels.values() if each.outboxes]

    def forget_expired(self, now: float) -> None:
        for channel in [each for each in self._channels.values() if each.expires_at <= now]:
            self._remove(channel)

    def clear(self) -> None:
        for channel in list(self._channels.values()):
            self._remove(channel)

    def _remove(self, channel: Channel) -> None:
        channel.tell(None)
        del self._channels[channel.id]


class TopicVerdict(NamedTuple):
    """Whether a client may listen to a topic."""

    name: str
    topic: Topic | None
    reason: str = ""
    missing: Sequence[str] = ()

    @property
    def is_permitted(self) -> bool:
        return not self.reason

    def to_json(self) -> dict[str, Any]:
        """A ChannelTopic. Source: SDK 269.0.0 models/channel_topic.py. Assumption: the wording of reasons."""
        told: dict[str, Any] = {"id": self.name, "state": "Permitted" if self.is_permitted else "Rejected"}
        if self.reason:
            told["rejectionReason"] = self.reason
        if self.missing:
            told["missingPermissions"] = list(self.missing)
        return told | {"selfUri": f"/api/v2/notifications/availabletopics/{self.name}"}


def verdict(name: str, client: OAuthClient) -> TopicVerdict:
    """What becomes of a subscription to the topic called `name`."""
    found = topic(name)
    if found is None:
        return TopicVerdict(name, None, "There is no such topic.")
    if found.kind.is_of_a_user:
        return TopicVerdict(name, found, "The topic is a user's, and a client's token has none.")
    missing = client.lacks(found.kind.permission)
    return TopicVerdict(name, found, "Permissions are missing." if missing else "", missing)


def raise_rejected(verdicts: Iterable[TopicVerdict]) -> None:
    """One that is rejected fails the whole request. Source: developer announcement of 2021 (contract notes, 8)."""
    for each in verdicts:
        if each.topic is None:
            raise BadRequest(f"Topic [{each.name}] is not valid.", "notification.invalid.topic")
        if each.missing:
            raise Forbidden(
                "Unable to perform the requested action. You are missing the following permission(s): "
                + ", ".join(each.missing)
            )
        if each.reason:
            raise Forbidden("You are not authorized to perform the requested action.", "not.authorized")


def require_owned(channel: Channel, token: Token) -> Channel:
    """The channel, if the token's client made it. Raises NotFound: what belongs to others does not exist."""
    if channel.client_id != token.client_id:
        raise NotFound("The channel could not be found.")
    return channel
