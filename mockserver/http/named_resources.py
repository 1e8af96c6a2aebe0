"""Handlers for a kind of configuration: named, versioned values that the store keeps as documents.

A kind says how a body is read, what a value may look like and how it is shown; the rest is the same for all.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web
from multidict import MultiDict

from mockserver.errors import BadRequest, NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.body import malformed_body, parse_as, read_json
from mockserver.http.list_filters import in_order, name_filter
from mockserver.http.query import PageRequest, Query, flag, listing, page_in, refuse_past_the_end, several
from mockserver.http.validation import check_version, validating
from mockserver.operations.bodies import SentNamed
from mockserver.operations.documents import Document, Named
from mockserver.operations.templates import BulkIds
from mockserver.state import Org

E = TypeVar("E", bound=Named)
S = TypeVar("S", bound=SentNamed | Document)


class NamedResources(ABC, Generic[E, S]):
    kind: str  # in the store
    path: str  # of the collection
    id_name: str  # the path parameter
    entity: str  # in messages

    def __init__(self, org: Org, entity: type[E], spec: type[S]) -> None:
        self._org = org
        self._spec = spec
        self._decode = msgspec.json.Decoder(entity).decode

    @abstractmethod
    def _build(self, spec: S, old: E | None, others: Sequence[E]) -> E:
        """The value a client asks for, in the place of `old` or new beside `others`. Raises BadRequest."""

    @abstractmethod
    def _to_json(self, each: E, query: Query) -> dict[str, Any]:
        """The JSON object."""

    @abstractmethod
    def _check_unused(self, each: E) -> None:
        """Raise BadRequest if it may not be deleted."""

    def _matches(self, each: E, query: Query) -> bool:
        """Whether a listing has it, apart from what all listings ask."""
        del each, query
        return True

    def _most(self) -> int:
        """How many an org may have."""
        return self._org.profile.limits.templates_per_org

    def all(self) -> list[E]:
        """In order of creation."""
        return [self._decode(raw) for raw in self._org.store.documents(self.kind).values()]

    def require(self, entity_id: str) -> E:
        """Raises NotFound."""
        raw = self._org.store.documents(self.kind).get(entity_id)
        if raw is None:
            raise NotFound("The resource could not be found.", "resource.not.found")
        return self._decode(raw)

    async def create(self, request: web.Request) -> PendingOperation:
        """Answer 200 with the new value."""
        spec = self._parse(await self._body(request))
        return PendingOperation(lambda: json_response(self._to_json(self._add([spec])[0], MultiDict())))

    async def bulk_add(self, request: web.Request) -> PendingOperation:
        """Answer 200 with all of them on one page. Assumption: if one is refused, none is added."""
        sent = await self._body(request)
        if not isinstance(sent, list) or not 0 < len(sent) <= self._org.profile.limits.lists_per_bulk_get:
            raise malformed_body()
        specs = [self._parse(each) for each in sent]
        return PendingOperation(lambda: self._page_of_all(self._add(specs), request.query))

    async def bulk_retrieve(self, request: web.Request) -> PendingOperation:
        """Answer with those that exist. Source of the body: SDK 269.0.0, `ids`."""
        sent = await self._body(request)
        ids = parse_as(sent, BulkIds).ids
        if len(ids) > self._org.profile.limits.lists_per_bulk_get:
            raise malformed_body()
        return PendingOperation(
            lambda: self._page_of_all([each for each in self.all() if each.id in ids], request.query)
        )

    async def get(self, request: web.Request) -> PendingOperation:
        entity_id, query = request.match_info[self.id_name], request.query
        flag(query, "includeImportStatus")
        return PendingOperation(lambda: json_response(self._to_json(self.require(entity_id), query)))

    async def list(self, request: web.Request) -> PendingOperation:
        query = request.query
        flag(query, "includeImportStatus"), flag(query, "allowEmptyResult")
        return PendingOperation(lambda: self._list(query))

    async def update(self, request: web.Request) -> PendingOperation:
        """Answer 200; the version has to be the current one."""
        entity_id, spec = request.match_info[self.id_name], self._parse(await self._body(request))
        return PendingOperation(lambda: self._update(entity_id, spec))

    async def delete(self, request: web.Request) -> PendingOperation:
        """Answer 204."""
        entity_id = request.match_info[self.id_name]
        return PendingOperation(lambda: self._delete([self.require(entity_id)]))

    async def delete_many(self, request: web.Request) -> PendingOperation:
        """Answer 204. Assumption: unknown ids are passed over, and if one may not be deleted, none is."""
        ids = several(request.query, "id")
        if not ids:
            raise malformed_body()
        if len(ids) > self._org.profile.limits.lists_per_bulk_get:
            raise BadRequest("There were too many ids in the request.", "too.many.deletes")
        return PendingOperation(lambda: self._delete([each for each in self.all() if each.id in ids]))

    async def _body(self, request: web.Request) -> Any:
        return await read_json(request, self._org.profile.limits.request_body_bytes)

    def _parse(self, sent: Any) -> S:
        return parse_as(sent, self._spec)

    def _add(self, specs: Sequence[S]) -> Sequence[E]:
        others, added = self.all(), []
        for spec in specs:
            with validating(self.entity, is_new=True):
                if len(others) >= self._most():
                    raise BadRequest("The maximum count has been reached.", "max.entity.count.reached")
                others.append(new := self._build(spec, None, others))
            added.append(new)
        for new in added:
            self._save(new)
        return added

    def _update(self, entity_id: str, spec: S) -> Response:
        old = self.require(entity_id)
        check_version(old.version, spec.version)
        with validating(self.entity, is_new=False):
            new = self._build(spec, old, self.all())
        self._save(new)
        return json_response(self._to_json(new, MultiDict()))

    def _list(self, query: Query) -> Response:
        page, fits = page_in(query, self._org.profile), name_filter(query)
        found = in_order((each for each in self.all() if fits(each.name) and self._matches(each, query)), query)
        entities = [self._to_json(each, query) for each in page.of(found)]
        refuse_past_the_end(page, len(found), query, self._org.profile.semantics.page_past_the_end)
        return Response(body=listing(self.path, page, len(found), entities, parameters=[*query.items()]))

    def _page_of_all(self, found: Sequence[E], query: Query) -> Response:
        whole = PageRequest(1, max(1, len(found)))
        return Response(body=listing(self.path, whole, len(found), [self._to_json(each, query) for each in found]))

    def _delete(self, entities: Sequence[E]) -> Response:
        for each in entities:
            self._check_unused(each)
        for each in entities:
            self._org.store.delete_document(self.kind, each.id)
        return Response(status=204)

    def _save(self, value: E) -> None:
        self._org.store.save_document(self.kind, value.id, msgspec.json.encode(value))
