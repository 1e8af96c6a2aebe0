"""Queues, scripts and the user: what an org has beside its lists, planted by the control API and only read by the API.

Stored as documents, so that campaigns can refer to queues and scripts. Assumptions: `name` asks for a part of a name in
any case; every script is published.
"""

from typing import Any

import msgspec
from aiohttp import web

from mockserver.errors import BadRequest, NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.query import listing, page_in, several
from mockserver.ids import new_id
from mockserver.state import Org

QUEUES, SCRIPTS, USERS = "queue", "script", "user"


class Planted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing as the control API is told of it; an id is drawn where none is given."""

    name: str
    id: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is named replaces what was there; the rest stays."""

    queues: list[Planted] | None = None
    scripts: list[Planted] | None = None
    users: list[Planted] | None = None  # the first is the one that asks


class Fixtures:
    """The read-only API of one kind."""

    def __init__(self, org: Org, kind: str) -> None:
        self._org, self._kind = org, kind

    async def list(self, request: web.Request) -> PendingOperation:
        query = request.query
        page, name, ids = page_in(query, self._org.profile), query.get("name", "").lower(), several(query, "id")

        def commit() -> Response:
            found = [
                each
                for each in planted(self._org, self._kind)
                if name in each.name.lower() and (not ids or each.id in ids)
            ]
            shown = [self._to_json(each, request.path) for each in page.of(found)]
            return Response(body=listing(request.path, page, len(found), shown, parameters=[*query.items()]))

        return PendingOperation(commit)

    async def get(self, request: web.Request) -> PendingOperation:
        path, _, entity_id = request.path.rpartition("/")

        def commit() -> Response:
            for each in planted(self._org, self._kind):
                if each.id == entity_id:
                    return json_response(self._to_json(each, path))
            raise NotFound("The requested resource was not found.")

        return PendingOperation(commit)

    async def me(self, request: web.Request) -> PendingOperation:
        """The first user. Source of the refusal: a recorded answer to client credentials; its code is an assumption."""
        path = request.path.rpartition("/")[0]

        def commit() -> Response:
            users = planted(self._org, self._kind)
            if not users:
                raise BadRequest("This request requires a user context. Client credentials cannot be used.")
            return json_response(self._to_json(users[0], path) | {"state": "active", "version": 1})

        return PendingOperation(commit)

    def _to_json(self, each: Planted, path: str) -> dict[str, Any]:
        return {
            "id": each.id,
            "name": each.name,
            "division": self._org.home_division,
            "selfUri": f"{path}/{each.id}",
        }


def planted(org: Org, kind: str) -> list[Planted]:
    return [msgspec.json.decode(raw, type=Planted) for raw in org.store.documents(kind).values()]


def plant(org: Org, plan: Plan) -> None:
    for kind, wanted in ((QUEUES, plan.queues), (SCRIPTS, plan.scripts), (USERS, plan.users)):
        if wanted is None:
            continue
        org.store.delete_documents(kind)
        for each in wanted:
            new = each if each.id else msgspec.structs.replace(each, id=new_id(org.rng_for(kind)))
            org.store.save_document(kind, new.id, msgspec.json.encode(new))
