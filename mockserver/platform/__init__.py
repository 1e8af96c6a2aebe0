"""What a client asks before it works: which org this is, whose token it holds, its limits, whether anybody is there."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.access import TOKEN
from mockserver.http.query import listing, page_in
from mockserver.http.responses import mock_version
from mockserver.loaded_profile import load
from mockserver.operations import OPERATIONS
from mockserver.profile import Profile
from mockserver.state import Org


class Platform:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def organization(self, request: web.Request) -> PendingOperation:
        """Source: SDK 269.0.0 models/organization.py, the fields that matter here."""
        del request
        body = {
            "id": self._org.id,
            "name": self._name,
            "domain": "contactbench.invalid",
            "state": "active",
            "selfUri": f"/api/v2/organizations/{self._org.id}",
        }
        return _answering(body)

    async def token(self, request: web.Request) -> PendingOperation:
        """Source: SDK 269.0.0 models/token_info.py."""
        organization = {"id": self._org.id, "name": self._name}
        client = {"id": request[TOKEN].client_id, "organization": organization}
        return _answering({"organization": organization, "homeOrganization": organization, "OAuthClient": client})

    async def revoke_token(self, request: web.Request) -> PendingOperation:
        """Make the token worthless at once."""
        token = request[TOKEN]

        def commit() -> Response:
            self._org.tokens.revoke(token)
            return Response()

        return PendingOperation(commit)

    async def health(self, request: web.Request) -> PendingOperation:
        del request
        return _answering({"status": "ok"})

    @property
    def _name(self) -> str:
        return f"contactbench mock {self._org.name}".rstrip()


def _answering(body: object) -> PendingOperation:
    return PendingOperation(lambda: json_response(body))


# GET /openapi.json. The document is made at the first request: a start of the mock does not wait for it.


class OpenApi:
    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._made = b""

    async def document(self, request: web.Request) -> PendingOperation:
        """Answer with the same bytes each time."""
        del request
        return PendingOperation(lambda: Response(body=self._bytes()))

    def _bytes(self) -> bytes:
        if not self._made:
            from mockserver.openapi import document

            self._made = msgspec.json.encode(document(OPERATIONS, mock_version(), strict=self._strict))
        return self._made


# The limits an org tells of itself: those in force, and those of the shipped default profile.


_PATH = "/api/v2/organizations/limits/namespaces"
_FRIENDLY = {"platform.api": "Platform API", "outbound": "Outbound", "notifications": "Notifications"}


class Limit(NamedTuple):
    namespace: str
    key: str
    value: int
    description: str


class LimitsApi:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def namespaces(self, request: web.Request) -> PendingOperation:
        page = page_in(request.query, self._org.profile)
        names = list(_FRIENDLY)
        return PendingOperation(lambda: Response(body=listing(_PATH, page, len(names), page.of(names))))

    async def in_force(self, request: web.Request) -> PendingOperation:
        """The limits of a namespace as they are."""
        return PendingOperation(lambda: _answer(request.match_info["namespace"], self._org.profile))

    async def defaults(self, request: web.Request) -> PendingOperation:
        """The limits of a namespace as nobody has changed them."""
        return PendingOperation(lambda: _answer(request.match_info["namespace"], self._default))

    async def docs(self, request: web.Request) -> PendingOperation:
        """Source: SDK 269.0.0 models/limit_documentation.py, namespace_docs.py, limit_docs.py."""
        del request
        documented = [
            {
                "name": namespace,
                "friendlyName": friendly,
                "limits": [_limit_docs(limit) for limit in limits(self._default) if limit.namespace == namespace],
            }
            for namespace, friendly in _FRIENDLY.items()
        ]
        url = "https://developer.genesys.cloud/organization/organization/limits"
        return PendingOperation(lambda: json_response({"url": url, "namespaces": documented}))

    @cached_property
    def _default(self) -> Profile:
        return load("default").profile


def limits(profile: Profile) -> Iterator[Limit]:
    """All limits the profile has; one that does not limit is not there."""
    return (limit for limit in _all(profile) if limit.value)


def _all(profile: Profile) -> Iterator[Limit]:
    caps, rate, api = profile.limits, profile.rate, "platform.api"
    a_minute = round(rate.requests_per_window * 60 / rate.window_s) if rate.window_s else 0
    yield Limit(api, "client.credentials.token.rate.per.minute", a_minute, "Requests a client's token may make")
    yield Limit(api, "token.rate.per.minute", a_minute, "Requests a token may make")
    yield Limit(api, "request.bytes.max", caps.request_body_bytes, "Bytes of a request's body")
    yield Limit("outbound", "contact.lists.max", caps.lists_per_org, "Contact lists of an organization")
    yield Limit("outbound", "contacts.max", caps.contacts_per_org, "Contacts of an organization")
    yield Limit("outbound", "contact.list.contacts.max", caps.contacts_per_list, "Contacts of a list")
    yield Limit("outbound", "contact.list.columns.max", caps.columns_per_list, "Columns of a list")
    yield Limit("outbound", "contacts.per.request.max", caps.contacts_per_post, "Contacts added by a request")
    yield Limit("outbound", "dnc.list.records.max", caps.dnc_records_per_list, "Records of a DNC list")
    yield Limit("outbound", "dnc.records.max", caps.dnc_records_per_org, "DNC records of an organization")
    yield Limit("notifications", "channels.per.client.max", caps.channels_per_client, "Channels of a user or client")
    yield Limit("notifications", "topics.per.channel.max", caps.topics_per_channel, "Topics of a channel")


def _answer(namespace: str, profile: Profile) -> Response:
    if namespace not in _FRIENDLY:
        raise NotFound("The requested namespace was not found.")
    shown = [
        {"key": limit.key, "namespace": namespace, "value": limit.value}
        for limit in limits(profile)
        if limit.namespace == namespace
    ]
    return json_response({"entities": shown})


def _limit_docs(limit: Limit) -> dict[str, Any]:
    told = {"key": limit.key, "defaultValue": limit.value, "description": limit.description}
    return told | {"configurable": True, "trackable": False}
