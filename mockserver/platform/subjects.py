"""What a client may do, as it is told when it asks.

Source: SDK 269.0.0 authorization_api.py, models/authz_subject.py, authz_grant.py, authz_grant_role.py, and
authz_grant_policy.py. Assumption: it answers a client as it answers a user, and every role is granted in Home.
"""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec
from aiohttp import web

from mockserver.handling import Answer, Prepared
from mockserver.http.access import TOKEN
from mockserver.http.query import flag
from mockserver.org import Org
from mockserver.platform.clients import Client

_EVERYTHING = {"domain": "*", "entityName": "*", "actions": ["*"]}


class Subjects:
    def __init__(self, org: Org, known: Callable[[], Collection[str]]) -> None:
        """`known`: every permission that an operation asks for."""
        self._org, self._known = org, known

    async def me(self, request: web.Request) -> Prepared:
        """The client whose token it is, with its one role; what that permits, if the full role is asked for."""
        full = flag(request.query, "includeFullRoles")

        def commit() -> Answer:
            client = self._org.clients[request[TOKEN].client_id]
            return Answer(body=msgspec.json.encode(self._shown(client, full)))

        return Prepared(commit)

    def _shown(self, client: Client, full: bool) -> dict[str, Any]:
        role_id = str(uuid.UUID(hashlib.sha256(client.id.encode()).hexdigest()[:32]))
        role: dict[str, Any] = {
            "id": role_id,
            "name": f"Role of {client.id}",
            "selfUri": f"/api/v2/authorization/roles/{role_id}",
        }
        if full:
            role |= {"policies": [*policies(client, self._known())]}
        grant = {"subjectId": client.id, "division": msgspec.to_builtins(self._org.home_division), "role": role}
        return {
            "id": client.id,
            "name": client.id,
            "grants": [grant],
            "version": 1,
            "selfUri": "/api/v2/authorization/subjects/me",
        }


def policies(client: Client, known: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What the client may do: everything, or of each entity some actions."""
    if client.permissions is None and not client.denied:
        yield _EVERYTHING
        return
    held = sorted(name for name in {*known, *(client.permissions or ())} if not client.lacks(name))
    for (domain, entity), names in groupby(held, key=_entity):
        yield {"domain": domain, "entityName": entity, "actions": [name.split(":")[-1] for name in names]}


def _entity(permission: str) -> tuple[str, str]:
    domain, entity, *_ = [*permission.split(":"), ""]
    return domain, entity
