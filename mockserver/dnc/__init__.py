"""Do-not-contact lists: create, read, list, update, delete; their entries."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

from aiohttp import web

from mockserver.dnc import rules as dnc_rules
from mockserver.dnc.book import DncBook
from mockserver.dnc.imports import DncImports
from mockserver.dnc.rules import Change, DncList, EntryKind
from mockserver.errors import NotFound, invalid_value
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.body import parse_as, read_json
from mockserver.http.list_filters import in_order, name_filter
from mockserver.http.query import PageRequest, Query, flag, listing, page_in, several
from mockserver.http.validation import check_version, division_problems, raise_first, validating
from mockserver.http.wire import timestamp
from mockserver.ids import new_id
from mockserver.operations.dnc import DNC_LISTS, DncPatch, DncSource, SentDncList
from mockserver.state import Org
from mockserver.state.references import check_unused

Wire = Callable[..., dict[str, Any]]


class DncLists:
    def __init__(self, org: Org, book: DncBook, imports: DncImports) -> None:
        self._org, self._book, self._imports = org, book, imports

    async def create(self, request: web.Request) -> PendingOperation:
        """Answer 200 with the new list."""
        spec = await self._spec(request)
        return PendingOperation(lambda: self._create(spec))

    async def get(self, request: web.Request) -> PendingOperation:
        return self._one(request, dnc_rules.wire)

    async def division_view(self, request: web.Request) -> PendingOperation:
        return self._one(request, dnc_rules.division_view)

    async def list(self, request: web.Request) -> PendingOperation:
        """Answer with one page of the lists asked for. `allowEmptyResult` changes nothing: such pages are empty."""
        flag(request.query, "allowEmptyResult")
        return self._many(request, DNC_LISTS, dnc_rules.wire)

    async def division_views(self, request: web.Request) -> PendingOperation:
        return self._many(request, f"{DNC_LISTS}/divisionviews", dnc_rules.division_view)

    async def update(self, request: web.Request) -> PendingOperation:
        list_id, spec = request.match_info["dnc_list_id"], await self._spec(request)
        return PendingOperation(lambda: self._update(list_id, spec))

    async def delete(self, request: web.Request) -> PendingOperation:
        """Answer 200 without a body. Assumption: an import on its way ends with its list."""
        list_id = request.match_info["dnc_list_id"]
        return PendingOperation(lambda: self._delete(list_id))

    async def _spec(self, request: web.Request) -> SentDncList:
        sent = await read_json(request, self._org.profile.limits.request_body_bytes)
        return parse_as(sent, SentDncList)

    def _one(self, request: web.Request, wire: Wire) -> PendingOperation:
        list_id, query = request.match_info["dnc_list_id"], request.query
        flag(query, "includeSize"), flag(query, "includeImportStatus")
        return PendingOperation(lambda: json_response(self._to_json(self._read(list_id), query, wire)))

    def _many(self, request: web.Request, path: str, wire: Wire) -> PendingOperation:
        query = request.query
        flag(query, "includeSize"), flag(query, "includeImportStatus")
        page = page_in(query, self._org.profile)
        return PendingOperation(lambda: self._list(path, query, page, wire))

    def _create(self, spec: SentDncList) -> Response:
        org, now = self._org, timestamp(self._org.clock.now())
        others, limits = self._book.lists(), org.profile.limits
        new = dnc_rules.dnc_list(
            spec, list_id=new_id(org.rng), created=now, modified=now, version=1, home=org.home_division
        )
        with validating("DncList", is_new=True):
            raise_first(dnc_rules.problems(new, limits, org.profile.semantics, others))
            raise_first(dnc_rules.count_problems(limits, others))
            raise_first(division_problems(org, new.division))
        self._book.create(new)
        return json_response(dnc_rules.wire(new))

    def _update(self, list_id: str, spec: SentDncList) -> Response:
        org, old = self._org, self._existing(list_id)
        check_version(old.version, spec.version)
        new = dnc_rules.dnc_list(
            spec,
            list_id=list_id,
            created=old.date_created,
            modified=timestamp(org.clock.now()),
            version=old.version + 1,
            home=old.division,
        )
        with validating("DncList", is_new=False):
            raise_first(dnc_rules.problems(new, org.profile.limits, org.profile.semantics, self._book.lists()))
            raise_first(dnc_rules.change_problems(old, new))
            raise_first(division_problems(org, new.division, old.division))
        self._book.replace(new)
        return json_response(dnc_rules.wire(new))

    def _delete(self, list_id: str) -> Response:
        self._existing(list_id)
        check_unused(self._org.store, "dnc_list", list_id)
        self._imports.drop(list_id)
        self._book.delete(list_id)
        return Response()

    def _list(self, path: str, query: Query, page: PageRequest, wire: Wire) -> Response:
        found = in_order(_asked_for(self._book.lists(), query), query)
        entities = [self._to_json(each, query, wire) for each in page.of(found)]
        return Response(body=listing(path, page, len(found), entities, parameters=[*query.items()]))

    def _to_json(self, each: DncList, query: Query, wire: Wire) -> dict[str, object]:
        more: dict[str, object] = {}
        if flag(query, "includeSize"):
            self._book.drop_expired(self._org.clock.now(), self._org.profile.semantics)
            more["size"] = len(self._book.entries(each.id))
        if flag(query, "includeImportStatus"):
            more["importStatus"] = self._imports.status_of(each.id)
        return wire(each, **more)

    def _read(self, list_id: str) -> DncList:
        """The list. Raises NotFound in the words that reading has for it."""
        try:
            return self._book.dnc_list(list_id)
        except NotFound as error:
            raise NotFound("The dialer DNC list was not found.", "dnc.list.not.found") from error

    def _existing(self, list_id: str) -> DncList:
        """The list. Raises NotFound with the code that changing and deleting have for it, unlike reading."""
        try:
            return self._book.dnc_list(list_id)
        except NotFound as error:
            raise NotFound("The resource could not be found.", "resource.not.found") from error


def _asked_for(lists: Iterable[DncList], query: Query) -> Iterator[DncList]:
    """Those a query asks for. Raises BadRequest."""
    ids, divisions, source = several(query, "id"), several(query, "divisionId"), query.get("dncSourceType")
    if source is not None and source not in get_args(DncSource):
        raise invalid_value(source, "dncSourceType", ", ".join(get_args(DncSource)))
    fits = name_filter(query)
    return (
        each
        for each in lists
        if fits(each.name)
        and (not ids or each.id in ids)
        and (not divisions or each.division.id in divisions)
        and source in (None, each.dnc_source_type)
    )


# Their entries: added, removed, cleared. There is no operation that reads one: exports do.


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
