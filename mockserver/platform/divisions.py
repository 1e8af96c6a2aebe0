"""The divisions of an org: the one it has from the start. Lists may name others; nothing is known of those."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.access import TOKEN
from mockserver.http.query import flag, listing, page_in, several
from mockserver.model import Reference
from mockserver.operations import PERMISSIONS
from mockserver.state import Org
from mockserver.state.auth import OAuthClient

_PATH = "/api/v2/authorization/divisions"


class Divisions:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def home(self, request: web.Request) -> PendingOperation:
        del request
        return PendingOperation(lambda: json_response(_division_json(self._org.home_division)))

    async def list(self, request: web.Request) -> PendingOperation:
        """One page, of those with an `id`, or a name that holds `name` (Assumption), in any case."""
        query = request.query
        page = page_in(query, self._org.profile)
        ids, name, counts = several(query, "id"), query.get("name", "").lower(), flag(query, "objectCount")

        def commit() -> Response:
            found = [
                each
                for each in [self._org.home_division]
                if (not ids or each.id in ids) and name in (each.name or "").lower()
            ]
            shown = [
                _division_json(each) | (self._with_object_counts(each) if counts else {}) for each in page.of(found)
            ]
            return Response(body=listing(_PATH, page, len(found), shown, parameters=[*query.items()]))

        return PendingOperation(commit)

    async def get(self, request: web.Request) -> PendingOperation:
        division_id, counts = request.match_info["division_id"], flag(request.query, "objectCount")

        def commit() -> Response:
            home = self._org.home_division
            if division_id != home.id:
                raise NotFound("The division could not be found.")
            return json_response(_division_json(home) | (self._with_object_counts(home) if counts else {}))

        return PendingOperation(commit)

    def _with_object_counts(self, division: Reference) -> dict[str, Any]:
        """How many objects are in the division, by type. Assumption: the spelling of the type."""
        lists = [each for each in self._org.store.contact_lists() if each.division and each.division.id == division.id]
        return {"objectCounts": {"CONTACTLIST": len(lists)}}


def _division_json(division: Reference) -> dict[str, Any]:
    """Source: SDK 269.0.0 models/authz_division.py."""
    told: dict[str, Any] = msgspec.to_builtins(division)
    return told | {"description": "", "homeDivision": True}


# What a client may do, as it is told when it asks.


_EVERYTHING = {"domain": "*", "entityName": "*", "actions": ["*"]}


class Subjects:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def me(self, request: web.Request) -> PendingOperation:
        """The client whose token it is, with its one role; what that permits, if the full role is asked for."""
        full = flag(request.query, "includeFullRoles")

        def commit() -> Response:
            client = self._org.clients[request[TOKEN].client_id]
            return json_response(self._subject_json(client, full))

        return PendingOperation(commit)

    def _subject_json(self, client: OAuthClient, full: bool) -> dict[str, Any]:
        role_id = str(uuid.UUID(hashlib.sha256(client.id.encode()).hexdigest()[:32]))
        role: dict[str, Any] = {
            "id": role_id,
            "name": f"Role of {client.id}",
            "selfUri": f"/api/v2/authorization/roles/{role_id}",
        }
        if full:
            role |= {"policies": [*policies(client, PERMISSIONS)]}
        grant = {"subjectId": client.id, "division": msgspec.to_builtins(self._org.home_division), "role": role}
        return {
            "id": client.id,
            "name": client.id,
            "grants": [grant],
            "version": 1,
            "selfUri": "/api/v2/authorization/subjects/me",
        }


def policies(client: OAuthClient, known: Iterable[str]) -> Iterator[dict[str, Any]]:
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
