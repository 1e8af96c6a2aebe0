"""One change to many contact lists.

Source: SDK 269.0.0 models/contact_lists_bulk_edit_request.py, contact_lists_bulk_edit_response.py and
bulk_entity_error_contact_list.py: only retentionType, retentionDays and timeZone are changed.
"""

from typing import Any

import msgspec
from aiohttp import web

from mockserver.errors import ApiError, BadRequest, NotFound
from mockserver.handling import Answer, Prepared
from mockserver.http import wire
from mockserver.http.body import malformed, read_json
from mockserver.lists import rules as list_rules
from mockserver.lists.spec import Int64
from mockserver.model import ContactList
from mockserver.org import Org


class _Change(msgspec.Struct, rename="camel", kw_only=True):
    """Of a contact list; what else it may hold is not looked at (Assumption)."""

    retention_type: str | msgspec.UnsetType | None = msgspec.UNSET
    retention_days: Int64 | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET

    def fields(self) -> dict[str, Any]:
        """Those that were sent."""
        sent = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in sent.items() if value is not msgspec.UNSET}


class _Request(msgspec.Struct, rename="camel", kw_only=True):
    contact_list_ids: list[str]
    contact_list: _Change


class ListBulkUpdate:
    def __init__(self, org: Org) -> None:
        self._org = org

    async def update(self, request: web.Request) -> Prepared:
        """POST .../bulk/update: answer 200 with a result for each list; a refused one leaves the others alone."""
        limits = self._org.profile.limits
        sent = await read_json(request, limits.request_body_bytes)
        try:
            wanted = msgspec.convert(sent, _Request)
        except msgspec.ValidationError as error:
            raise malformed() from error
        ids = list(dict.fromkeys(wanted.contact_list_ids))
        if not ids or not wanted.contact_list.fields():
            raise malformed()  # Assumption
        if len(ids) > limits.lists_per_bulk_update:
            # Assumption: the code; reading many by id has the like.
            raise BadRequest(
                f"Only {limits.lists_per_bulk_update} contact lists can be updated at a time", "too.many.bulk.updates"
            )
        return Prepared(lambda: self._updated(ids, wanted.contact_list.fields()))

    def _updated(self, ids: list[str], fields: dict[str, Any]) -> Answer:
        results = [self._result(list_id, fields) for list_id in ids]
        failed = [at for at, result in enumerate(results) if not result["success"]]
        body = {"results": results, "errorCount": len(failed), "errorIndexes": failed}
        return Answer(body=msgspec.json.encode(body))

    def _result(self, list_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            new = self._changed(list_id, fields)
        except ApiError as error:
            told = {"code": error.code, "message": str(error), "status": error.status, "retryable": False}
            return {"id": list_id, "success": False, "status": error.status, "error": told | {"details": []}}
        return {"id": list_id, "success": True, "status": 200, "entity": wire.contact_list(new)}

    def _changed(self, list_id: str, fields: dict[str, Any]) -> ContactList:
        store = self._org.store
        try:
            old = store.contact_list(list_id)
        except NotFound as error:
            raise NotFound("The resource could not be found.", "resource.not.found") from error
        new = msgspec.structs.replace(
            old, version=old.version + 1, date_modified=wire.timestamp(self._org.clock.now()), **fields
        )
        for problem in list_rules.problems(new, self._org.profile.limits, store.contact_lists()):
            raise problem
        store.replace_list(new)
        return new
