"""The entries of DNC lists: added, removed, cleared. There is no operation that reads one: exports do."""

from typing import Any

from aiohttp import web

from mockserver.dnc import rules as dnc_rules
from mockserver.dnc.book import DncBook
from mockserver.dnc.model import Change, EntryKind
from mockserver.errors import invalid_value
from mockserver.handling import PendingOperation, Response
from mockserver.http.body import parse_as, read_json
from mockserver.http.query import flag
from mockserver.operations.dnc import DncPatch
from mockserver.state.org import Org

# What the entries are called in a PATCH. Source: SDK 269.0.0 models/dnc_patch_*_request.py.
_FIELDS: dict[EntryKind, str] = {
    "phone": "phoneNumbers",
    "email": "emailAddresses",
    "whatsapp": "whatsAppNumbers",
    "custom": "customExclusionColumnEntries",
}


class DncEntries:
    """The entries of one kind."""

    def __init__(self, org: Org, book: DncBook, kind: EntryKind) -> None:
        self._org, self._book, self._kind = org, book, kind

    async def add(self, request: web.Request) -> PendingOperation:
        """POST: an array of entries; answer as the profile says. Only phone numbers may come with an expiration."""
        of_phones, values = self._kind == "phone", parse_as(await self._body(request), list[str])
        expires = request.query.get("expirationDateTime") if of_phones else None
        status = self._org.profile.semantics.dnc_post_status if of_phones else 204
        return self._prepare(request, self._addition(values, expires), status)

    async def change(self, request: web.Request) -> PendingOperation:
        """PATCH: add or remove entries; answer 204. Those to be removed may be unknown (Assumption)."""
        sent = await self._body(request)
        patch = parse_as(sent, DncPatch)
        values = parse_as(sent.get(_FIELDS[self._kind]), list[str])
        if patch.action not in ("Add", "Remove"):
            raise invalid_value(patch.action, "action", "Add, Remove")
        change = self._addition(values, patch.expiration_date_time)
        if patch.action == "Remove":
            change = Change("remove", self._kind, change.values)
        return self._prepare(request, change, 204)

    async def clear(self, request: web.Request) -> PendingOperation:
        """DELETE: all entries, or those that have expired; answer 204."""
        expired_only = flag(request.query, "expiredOnly")
        if self._org.profile.semantics.dnc_delete_entries == "refuse":
            raise dnc_rules.NotEnabled("DNC list delete all or expired entries feature not enabled")
        minute = dnc_rules.minute_of(self._org.clock.now()) if expired_only else 0
        return self._prepare(request, Change("clear", self._kind, [], minute), 204)

    async def _body(self, request: web.Request) -> Any:
        return await read_json(request, self._org.profile.limits.request_body_bytes)

    def _addition(self, values: list[str], expires: str | None) -> Change:
        profile = self._org.profile
        minute = dnc_rules.expiry(expires, self._org.clock.now(), profile.limits, profile.semantics)
        return Change("add", self._kind, dnc_rules.entries(self._kind, values, profile.limits), minute)

    def _prepare(self, request: web.Request, change: Change, status: int) -> PendingOperation:
        list_id = request.match_info["dnc_list_id"]
        return PendingOperation(
            lambda: self._apply(list_id, change, status), contacts=len(change.values), list_id=list_id
        )

    def _apply(self, list_id: str, change: Change, status: int) -> Response:
        dnc_rules.check_kind(self._book.dnc_list(list_id), change.kind)
        self._book.drop_expired(self._org.clock.now(), self._org.profile.semantics)
        if change.action == "add":
            entries = self._book.entries(list_id)
            new = entries.new(change.kind, change.values)
            dnc_rules.check_capacity(new, len(entries), self._book.total_size(), self._org.profile.limits)
        self._book.make(list_id, change)
        return Response(status=status)
