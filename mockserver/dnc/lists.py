"""DNC lists: create, read, list, update, delete."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, get_args

from aiohttp import web

from mockserver.dnc import model as dnc_model
from mockserver.dnc import rules as dnc_rules
from mockserver.dnc.book import DncBook
from mockserver.dnc.jobs import DncImports
from mockserver.dnc.model import DncList
from mockserver.errors import NotFound, invalid_value
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.body import parse_as, read_json
from mockserver.http.list_filters import in_order, name_filter
from mockserver.http.query import PageRequest, Query, flag, listing, page_in, several
from mockserver.http.validation import check_version, division_problems, raise_first, validating
from mockserver.http.wire import timestamp
from mockserver.ids import new_id
from mockserver.operations.dnc import DNC_LISTS, DncSource, SentDncList
from mockserver.state.org import Org
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
        return self._one(request, dnc_model.wire)

    async def division_view(self, request: web.Request) -> PendingOperation:
        return self._one(request, dnc_model.division_view)

    async def list(self, request: web.Request) -> PendingOperation:
        """Answer with one page of the lists asked for. `allowEmptyResult` changes nothing: such pages are empty."""
        flag(request.query, "allowEmptyResult")
        return self._many(request, DNC_LISTS, dnc_model.wire)

    async def division_views(self, request: web.Request) -> PendingOperation:
        return self._many(request, f"{DNC_LISTS}/divisionviews", dnc_model.division_view)

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
        new = dnc_model.dnc_list(
            spec, list_id=new_id(org.rng), created=now, modified=now, version=1, home=org.home_division
        )
        with validating("DncList", is_new=True):
            raise_first(dnc_rules.problems(new, limits, org.profile.semantics, others))
            raise_first(dnc_rules.count_problems(limits, others))
            raise_first(division_problems(org, new.division))
        self._book.create(new)
        return json_response(dnc_model.wire(new))

    def _update(self, list_id: str, spec: SentDncList) -> Response:
        org, old = self._org, self._existing(list_id)
        check_version(old.version, spec.version)
        new = dnc_model.dnc_list(
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
        return json_response(dnc_model.wire(new))

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
