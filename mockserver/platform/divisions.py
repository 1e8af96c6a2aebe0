"""The divisions of an org: the one it has from the start. Lists may name others; nothing is known of those."""

from typing import Any

import msgspec
from aiohttp import web

from mockserver.errors import NotFound
from mockserver.handling import Answer, Prepared
from mockserver.http.paging import listing, page_in
from mockserver.http.query import flag, several
from mockserver.model import Reference
from mockserver.org import Org

_PATH = "/api/v2/authorization/divisions"


class Divisions:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def home(self, request: web.Request) -> Prepared:
        del request
        return Prepared(lambda: _json(_shown(self._org.home_division)))

    async def list(self, request: web.Request) -> Prepared:
        """One page, of those with an `id`, or a name that holds `name` (Assumption), in any case."""
        query = request.query
        page = page_in(query, self._org.profile.limits.page_size)
        ids, name, counts = several(query, "id"), query.get("name", "").lower(), flag(query, "objectCount")

        def commit() -> Answer:
            found = [
                each
                for each in [self._org.home_division]
                if (not ids or each.id in ids) and name in (each.name or "").lower()
            ]
            shown = [_shown(each) | (self._counted(each) if counts else {}) for each in page.of(found)]
            return Answer(body=listing(_PATH, page, len(found), shown, parameters=[*query.items()]))

        return Prepared(commit)

    async def get(self, request: web.Request) -> Prepared:
        division_id, counts = request.match_info["division_id"], flag(request.query, "objectCount")

        def commit() -> Answer:
            home = self._org.home_division
            if division_id != home.id:
                raise NotFound("The division could not be found.")
            return _json(_shown(home) | (self._counted(home) if counts else {}))

        return Prepared(commit)

    def _counted(self, division: Reference) -> dict[str, Any]:
        """How many objects are in the division, by type. Assumption: the spelling of the type."""
        lists = [each for each in self._org.store.contact_lists() if each.division and each.division.id == division.id]
        return {"objectCounts": {"CONTACTLIST": len(lists)}}


def _shown(division: Reference) -> dict[str, Any]:
    """Source: SDK 269.0.0 models/authz_division.py."""
    told: dict[str, Any] = msgspec.to_builtins(division)
    return told | {"description": "", "homeDivision": True}


def _json(value: object) -> Answer:
    return Answer(body=msgspec.json.encode(value))
