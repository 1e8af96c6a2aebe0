"""What the control API does: what a test asks an org and tells it."""

import tempfile
from itertools import islice
from typing import Any

import msgspec
from aiohttp import web

from mockserver.control import inspection
from mockserver.control.inspection import exposition
from mockserver.control.snapshots import restore, snapshot
from mockserver.errors import BadRequest
from mockserver.faults import Faults, parse_rules
from mockserver.http.body import arriving, parse_json, read_body, too_large
from mockserver.loaded_profile import ProfileError
from mockserver.operations import OP_NAMES
from mockserver.platform.fixtures import QUEUES, SCRIPTS, USERS, Plan, plant, planted
from mockserver.services import Services

_BODY_BYTES = 4 * 1024 * 1024
_SNAPSHOT_BYTES = 16 << 30
_PAGE = 1_000
_MAX_PAGE = 100_000
_ENTRIES = 1_000_000
_BLOCK_BYTES = 256 * 1024


class Control:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._org = services.org

    async def reset(self, request: web.Request) -> web.Response:
        """Empty the org: lists, jobs, tokens, limits, ledger, faults. The profile stays as it is.

        `list` empties only that list; `seed` starts all luck from another number.
        """
        list_id = request.query.get("list", "")
        if list_id and "seed" in request.query:
            raise BadRequest("A list is reset, or an org with another seed; not both.")
        if list_id:
            self._services.reset_list(list_id)
        else:
            self._services.reset(_number(request, "seed", self._org.seed))
        return web.Response(status=204)

    async def faults(self, request: web.Request) -> web.Response:
        """The rules with how often each was planned to fire, matched, and fired."""
        del request
        return _json(self._org.faults.report())

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace all rules; their counts begin at 0."""
        self._org.faults = Faults(parse_rules(await _body(request)))
        return _json(self._org.faults.report())

    async def ledger(self, request: web.Request) -> web.Response:
        """Requests after `since`, oldest first; with `op`, `status`, `list`, `token` those, and at most `limit`."""
        op, status = request.query.get("op") or None, request.query.get("status")
        if op not in OP_NAMES | {None}:
            raise BadRequest(f"No operation is called {op!r}.")
        entries = self._org.request_log.select(
            _number(request, "since", 0),
            op=op,
            status=None if status is None else _number(request, "status", 0),
            list_id=request.query.get("list") or None,
            token=request.query.get("token", ""),
        )
        return _json(list(islice(entries, _number(request, "limit", _ENTRIES))))

    async def verify(self, request: web.Request) -> web.Response:
        """Whether counts add up, which fault rules did not fire as planned, how close tokens came to their limit."""
        del request
        org = self._org
        told = org.request_log.verification(org.profile.rate.window_s)
        allowed = org.profile.rate.requests_per_window
        return _json(told | {"allowed": allowed or None, "unfired": org.faults.shortfalls()})

    async def counts(self, request: web.Request) -> web.Response:
        """All requests since the start or the last reset, by operation and status."""
        del request
        return _json(self._org.request_log.counts())

    async def profile(self, request: web.Request) -> web.Response:
        """The settings in force, and under `sources` where each comes from."""
        del request
        return _json(msgspec.to_builtins(self._org.profile) | {"sources": self._org.sources})

    async def patch_profile(self, request: web.Request) -> web.Response:
        """Change settings; the next request meets them."""
        patch = await _body(request)
        if not isinstance(patch, dict):
            raise BadRequest("Expected an object of settings.")
        try:
            self._org.change_profile(patch, "control request")
        except ProfileError as error:
            raise BadRequest(str(error)) from error
        return await self.profile(request)

    async def clients(self, request: web.Request) -> web.Response:
        """The permissions each client holds, or with a minus lacks; null: all of them."""
        del request
        return _json({client.id: client.grants for client in self._org.clients.values()})

    async def patch_clients(self, request: web.Request) -> web.Response:
        """Give clients other permissions; tokens they hold already have them too."""
        patch = await _body(request)
        try:
            grants = msgspec.convert(patch, dict[str, list[str] | None])
        except msgspec.ValidationError as error:
            raise BadRequest("Expected an object: a client's id, and a list of permissions or null.") from error
        if unknown := grants.keys() - self._org.clients.keys():
            raise BadRequest(f"No client is called {min(unknown)!r}.")
        for client_id, given in grants.items():
            self._org.clients[client_id] = self._org.clients[client_id].with_grants(given)
        return await self.clients(request)

    async def fixtures(self, request: web.Request) -> web.Response:
        """The queues, scripts and users that were planted."""
        del request
        kinds = {"queues": QUEUES, "scripts": SCRIPTS, "users": USERS}
        return _json({name: planted(self._org, kind) for name, kind in kinds.items()})

    async def put_fixtures(self, request: web.Request) -> web.Response:
        """Plant queues, scripts or users in the place of those that were there."""
        try:
            plan = msgspec.convert(await _body(request), Plan)
        except msgspec.ValidationError as error:
            raise BadRequest(f"Expected queues, scripts or users, lists of objects with a name: {error}") from error
        plant(self._org, plan)
        return await self.fixtures(request)

    async def state(self, request: web.Request) -> web.Response:
        """What the org holds now."""
        del request
        return _json(inspection.state(self._services))

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        """The whole state as one file."""
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        # Written at once, sent bit by bit: what the org does meanwhile is not in it.
        with tempfile.TemporaryFile(dir=self._org.spool) as file:
            for piece in snapshot(self._services):
                file.write(piece)
            response.content_length = file.tell()
            file.seek(0)
            await response.prepare(request)
            while block := file.read(_BLOCK_BYTES):
                await response.write(block)
        await response.write_eof()
        return response

    async def put_snapshot(self, request: web.Request) -> web.Response:
        """Make the org what it was; then 204. Profile, clients, faults and ledger begin anew or stay as for a reset."""
        with tempfile.TemporaryFile(dir=self._org.spool) as file:
            size = 0
            async for block in arriving(request):
                size += len(block)
                if size > _SNAPSHOT_BYTES:
                    raise too_large(size, _SNAPSHOT_BYTES)
                file.write(block)
            restore(self._services, file)
        return web.Response(status=204)

    async def contacts(self, request: web.Request) -> web.Response:
        """A page of a list's contacts as they are stored, in order of creation."""
        offset, limit = _number(request, "offset", 0), min(_number(request, "limit", _PAGE), _MAX_PAGE)
        page = inspection.contacts(self._services, request.query.get("list", ""), offset, limit)
        return web.Response(body=page, content_type="application/json")

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text."""
        del request
        return web.Response(text=exposition(self._services), content_type="text/plain")


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest(f"{name}: expected a number from 0 on.")
    return int(text)


async def _body(request: web.Request) -> Any:
    """The JSON value of the body, whatever its type is said to be: `curl -d` says it is a form."""
    return parse_json(await read_body(request, _BODY_BYTES))


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
