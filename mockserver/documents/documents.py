"""Handlers of every kind of document: what differs is in its row of `operations.documents`."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec

from mockserver.errors import BadRequest
from mockserver.handling import Response
from mockserver.http import wire
from mockserver.http.named_resources import NamedResources
from mockserver.http.query import Query, several
from mockserver.http.validation import name_problems, raise_first
from mockserver.ids import new_id
from mockserver.operations.documents import Document, DocumentKind
from mockserver.state.org import Org
from mockserver.state.references import as_list, check_unused, ids_in, name_of, reference_problems

D = TypeVar("D", bound=Document)


class Documents(NamedResources[D, D]):
    id_name = "document_id"

    def __init__(self, org: Org, row: DocumentKind) -> None:
        kind = cast("type[D]", row.type)
        super().__init__(org, kind, kind)
        self._row = row
        self.kind, self.path, self.entity = row.name, row.paths[0], row.type.__name__

    def _parse(self, sent: Any) -> D:
        """Assumption: null is as good as nothing."""
        return super()._parse(_without_nulls(sent))

    def _build(self, spec: D, old: D | None, others: Sequence[D]) -> D:
        now = wire.timestamp(self._org.clock.now())
        document_id = old.id if old else new_id(self._org.rng_for(self.kind))
        new = msgspec.structs.replace(
            spec,
            id=document_id,
            date_created=old.date_created if old else now,
            date_modified=now,
            version=old.version + 1 if old else 1,
            self_uri=f"{self.path}/{document_id}",
        )
        raise_first(name_problems(new, self._org.profile.limits, others))
        raise_first(self._problems(new, old, "invalid.update" if old else "invalid.create"))
        return new

    def _problems(self, new: D, old: D | None, code: str) -> Iterator[BadRequest]:
        """What is wrong with it. Assumption: the words."""
        del old
        told = msgspec.to_builtins(new)
        for name in self._row.required:
            if told.get(name, []) == []:
                yield BadRequest(f"{name} must be provided", code)
        for name, kind in self._row.references.items():
            yield from reference_problems(self._org.store, name, kind, ids_in(told.get(name)), code)

    def _to_json(self, each: D, query: Query) -> dict[str, Any]:
        """The document, its references with the names that they lead to."""
        del query
        told: dict[str, Any] = msgspec.to_builtins(each)
        for name, kind in self._row.references.items():
            for reference in as_list(told.get(name)):
                if found := name_of(self._org.store, kind, reference["id"]):
                    reference["name"] = found
        return told

    def _matches(self, each: D, query: Query) -> bool:
        told = msgspec.to_builtins(each)
        return all(
            not (wanted := several(query, parameter)) or not {*wanted}.isdisjoint(ids_in(told.get(field)))
            for parameter, field in self._row.filters.items()
        )

    def _check_unused(self, each: D) -> None:
        check_unused(self._org.store, self.kind, each.id)

    def _delete(self, entities: Sequence[D]) -> Response:
        """Answer 200. Source: status tables of 2025-11-26."""
        super()._delete(entities)
        return Response()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
