"""Contact lists: create, read, list, update, delete, clear; in their short form for clients that may only search."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from aiohttp import web

from mockserver.contacts import selection
from mockserver.errors import ApiError, BadRequest, Conflict, NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.body import malformed_body, parse_as, read_json
from mockserver.http.list_filters import matching_lists
from mockserver.http.query import Query, flag, listing, page_in, refuse_past_the_end, several
from mockserver.http.validation import check_version, division_problems, raise_first, validating
from mockserver.ids import new_id
from mockserver.imports import Imports
from mockserver.lists import rules as list_rules
from mockserver.model import ContactList
from mockserver.operations.lists import ContactListsBulkEdit, SentContactList, SentListChange
from mockserver.operations.operation import LISTS
from mockserver.state import Org
from mockserver.state.references import check_unused, reference_problems

# Inside the class, `list` is a handler.
Ids = list[str]
Results = list[dict[str, Any]]
ToJson = Callable[..., dict[str, Any]]

_VIEWS = LISTS + "/divisionviews"


class ContactLists:
    def __init__(self, org: Org, imports: Imports, forget_jobs: Callable[[str], None]) -> None:
        self._org, self._imports, self._forget_jobs = org, imports, forget_jobs

    async def create(self, request: web.Request) -> PendingOperation:
        """Answer 200 with the new list."""
        spec = await self._spec(request)
        return PendingOperation(lambda: self._create(spec))

    async def get(self, request: web.Request) -> PendingOperation:
        return self._one(request, self._list_json, lags=True)

    async def division_view(self, request: web.Request) -> PendingOperation:
        return self._one(request, _division_view, lags=False)

    async def list(self, request: web.Request) -> PendingOperation:
        """Answer with one page of the lists asked for."""
        flag(request.query, "allowEmptyResult")
        return self._many(request, LISTS, self._list_json)

    async def division_views(self, request: web.Request) -> PendingOperation:
        return self._many(request, _VIEWS, _division_view)

    async def update(self, request: web.Request) -> PendingOperation:
        list_id, spec = request.match_info["contact_list_id"], await self._spec(request)
        return PendingOperation(lambda: self._update(list_id, spec))

    async def delete(self, request: web.Request) -> PendingOperation:
        """Answer 200 without a body; refuse while an import runs or something refers to the list."""
        list_id = request.match_info["contact_list_id"]
        return PendingOperation(lambda: self._delete(list_id))

    async def delete_many(self, request: web.Request) -> PendingOperation:
        """Answer 204; 409 if some could not be deleted, and then the others are gone (Assumption)."""
        ids = list(dict.fromkeys(several(request.query, "id")))
        if not ids:
            raise malformed_body()
        if len(ids) > self._org.profile.limits.lists_per_bulk_get:  # Assumption: the same limit as for reading
            raise BadRequest("There were too many contact lists in the request.", "too.many.deletes")
        return PendingOperation(lambda: self._delete_many(ids))

    async def clear(self, request: web.Request) -> PendingOperation:
        """Answer 204; the contacts are gone at once. The body is not looked at: SDKs send `null` or nothing."""
        list_id = request.match_info["contact_list_id"]
        return PendingOperation(lambda: self._clear(list_id))

    async def bulk_update(self, request: web.Request) -> PendingOperation:
        """Answer 200 with a result for each list; a refused one leaves the others alone."""
        limits = self._org.profile.limits
        sent = await read_json(request, limits.request_body_bytes)
        wanted = parse_as(sent, ContactListsBulkEdit)
        ids, fields = dict.fromkeys(wanted.contact_list_ids), _sent_fields(wanted.contact_list, sent)
        if not ids or not fields:
            raise malformed_body()  # Assumption
        if len(ids) > limits.lists_per_bulk_update:
            # Assumption: the code; reading many by id has the like.
            raise BadRequest(
                f"Only {limits.lists_per_bulk_update} contact lists can be updated at a time", "too.many.bulk.updates"
            )
        return PendingOperation(lambda: _bulk_answer([self._result(list_id, fields) for list_id in ids]))

    async def time_zones(self, request: web.Request) -> PendingOperation:
        """GET .../timezonemappingpreview. Assumption: no number is mapped here, all wait for the default window."""
        list_id = request.match_info["contact_list_id"]
        return PendingOperation(
            lambda: json_response(_time_zones(self._read(list_id, lags=False), self._org.store.size(list_id)))
        )

    def _one(self, request: web.Request, to_json: ToJson, *, lags: bool) -> PendingOperation:
        list_id, query = request.match_info["contact_list_id"], request.query
        flag(query, "includeSize"), flag(query, "includeImportStatus")
        return PendingOperation(lambda: json_response(self._to_json(self._read(list_id, lags=lags), query, to_json)))

    def _many(self, request: web.Request, path: str, to_json: ToJson) -> PendingOperation:
        query = request.query
        flag(query, "includeSize"), flag(query, "includeImportStatus")
        return PendingOperation(lambda: self._list(query, path, to_json))

    async def _spec(self, request: web.Request) -> SentContactList:
        sent = await read_json(request, self._org.profile.limits.request_body_bytes)
        return parse_as(sent, SentContactList)

    def _create(self, spec: SentContactList) -> Response:
        org, now = self._org, wire.timestamp(self._org.clock.now())
        others = org.store.contact_lists()
        new = list_rules.contact_list(
            spec, list_id=new_id(org.rng), created=now, modified=now, version=1, home=org.home_division
        )
        with validating("ContactList", is_new=True):
            raise_first(list_rules.problems(new, org.profile.limits, others))
            raise_first(list_rules.count_problems(org.profile.limits, others))
            raise_first(division_problems(org, new.division))
            raise_first(self._attempt_limit_problems(new, "invalid.create"))
        org.store.create_list(new)
        return json_response(self._list_json(new))

    def _attempt_limit_problems(self, new: ContactList, code: str) -> Iterator[BadRequest]:
        ids = [new.attempt_limits.id] if new.attempt_limits else []
        return reference_problems(self._org.store, "attemptLimits", "attempt_limits", ids, code)

    def _update(self, list_id: str, spec: SentContactList) -> Response:
        org, old = self._org, self._existing(list_id)
        check_version(old.version, spec.version)
        new = list_rules.contact_list(
            spec,
            list_id=list_id,
            created=old.date_created,
            modified=wire.timestamp(org.clock.now()),
            version=old.version + 1,
            home=old.division or org.home_division,
        )
        with validating("ContactList", is_new=False):
            raise_first(list_rules.problems(new, org.profile.limits, org.store.contact_lists()))
            raise_first(list_rules.change_problems(old, new))
            raise_first(division_problems(org, new.division, old.division))
            raise_first(self._attempt_limit_problems(new, "invalid.update"))
        org.store.replace_list(new)
        return json_response(self._list_json(new))

    def _list(self, query: Query, path: str, to_json: ToJson) -> Response:
        limits = self._org.profile.limits
        page = page_in(query, self._org.profile)
        found = matching_lists(self._org.store.contact_lists(), query, limits.lists_per_bulk_get)
        entities = [self._to_json(each, query, to_json) for each in page.of(found)]
        if path == LISTS:  # Assumption: the short form has an empty page there
            refuse_past_the_end(page, len(found), query, self._org.profile.semantics.page_past_the_end)
        return Response(body=listing(path, page, len(found), entities, parameters=[*query.items()]))

    def _delete(self, list_id: str) -> Response:
        self._existing(list_id)
        if self._imports.is_running(list_id):
            raise BadRequest("The contact list import is in progress.", "contact.list.import.in.progress")
        check_unused(self._org.store, "contact_list", list_id)
        self._org.store.delete_list(list_id)
        self._imports.drop(list_id)
        self._forget_jobs(list_id)
        return Response()

    def _delete_many(self, ids: Ids) -> Response:
        deleted = [self._delete_if_possible(list_id) for list_id in ids]
        if not all(deleted):
            raise Conflict("Not all the requested contact lists could be deleted.", "bulk.delete.conflict")
        return Response(status=204)

    def _delete_if_possible(self, list_id: str) -> bool:
        try:
            self._delete(list_id)
        except ApiError:
            return False
        return True

    def _clear(self, list_id: str) -> Response:
        self._org.store.clear(list_id)
        self._imports.drop(list_id)
        return Response(status=204)

    def _list_json(self, each: ContactList, **shown: object) -> dict[str, Any]:
        """As much of a list as the profile says; `shown` as in `wire.contact_list`."""
        told = wire.contact_list(each, **shown)
        if self._org.profile.semantics.list_answers == "all":
            return told
        not_yet = {"dateModified"} if each.version == 1 else set()
        return {name: value for name, value in told.items() if value != () and name not in not_yet}

    def _to_json(self, each: ContactList, query: Query, to_json: ToJson) -> dict[str, Any]:
        more: dict[str, object] = {}
        if flag(query, "includeSize"):
            more["size"] = selection.size(self._org, each.id)
        if flag(query, "includeImportStatus"):
            more["importStatus"] = self._imports.status_of(each.id)
        return to_json(each, **more)

    def _result(self, list_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            new = self._change(list_id, fields)
        except ApiError as error:
            told = {"code": error.code, "message": str(error), "status": error.status, "retryable": False}
            return {"id": list_id, "success": False, "status": error.status, "error": told | {"details": []}}
        return {"id": list_id, "success": True, "status": 200, "entity": self._list_json(new)}

    def _change(self, list_id: str, fields: dict[str, Any]) -> ContactList:
        store = self._org.store
        old = self._existing(list_id)
        new = msgspec.structs.replace(
            old, version=old.version + 1, date_modified=wire.timestamp(self._org.clock.now()), **fields
        )
        with validating("ContactList", is_new=False):
            raise_first(list_rules.problems(new, self._org.profile.limits, store.contact_lists()))
        store.replace_list(new)
        return new

    def _read(self, list_id: str, *, lags: bool) -> ContactList:
        """The list. Raises NotFound in the words that reading has for it, with `lags` also if it is too new."""
        try:
            contact_list = self._org.store.contact_list(list_id)
            if lags:
                selection.check_list(self._org, contact_list)
        except NotFound as error:
            raise NotFound("The dialer contact list was not found.", "contact.list.not.found") from error
        return contact_list

    def _existing(self, list_id: str) -> ContactList:
        """The list. Raises NotFound with the code that changing and deleting have for it, unlike reading."""
        try:
            return self._org.store.contact_list(list_id)
        except NotFound as error:
            raise NotFound("The resource could not be found.", "resource.not.found") from error


def _division_view(each: ContactList, **shown: object) -> dict[str, Any]:
    """Source of the fields: SDK 269.0.0 models/contact_list_division_view.py."""
    return {
        "id": each.id,
        "name": each.name,
        "division": each.division,
        "columnNames": each.column_names,
        "phoneColumns": each.phone_columns,
        "emailColumns": each.email_columns,
        "whatsAppColumns": each.whats_app_columns,
        **shown,
        "selfUri": f"{_VIEWS}/{each.id}",
    }


def _time_zones(each: ContactList, size: int) -> dict[str, Any]:
    """Source of the fields: SDK 269.0.0 models/time_zone_mapping_preview.py."""
    return {
        "contactList": {"id": each.id, "name": each.name, "selfUri": wire.contact_list_uri(each.id)},
        "contactsPerTimeZone": {},
        "contactsMappedUsingZipCode": {},
        "contactsMappedToASingleZone": 0,
        "contactsMappedToASingleZoneUsingZipCode": 0,
        "contactsMappedToMultipleZones": 0,
        "contactsMappedToMultipleZonesUsingZipCode": 0,
        "contactsInDefaultWindow": size,
        "contactListSize": size,
    }


def _bulk_answer(results: Results) -> Response:
    failed = [at for at, result in enumerate(results) if not result["success"]]
    return json_response({"results": results, "errorCount": len(failed), "errorIndexes": failed})


def _sent_fields(change: SentListChange, body: Any) -> dict[str, Any]:
    """Those that the body names; what else it may hold is not looked at (Assumption)."""
    fields = msgspec.structs.fields(change)
    return {each.name: getattr(change, each.name) for each in fields if each.encode_name in body["contactList"]}
