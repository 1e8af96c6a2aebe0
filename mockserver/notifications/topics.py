"""The topics of outbound that clients can listen to. Source of the names: notificationMappings.json of SDK and CLI.

Which permissions a topic needs is not published. Assumption: those for looking at the object itself.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

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
