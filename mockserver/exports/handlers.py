"""Exports of contact lists: of all contacts, or of some."""

import math
from collections.abc import Iterator

import msgspec
from aiohttp import web

from mockserver.contacts import selection as contact_selection
from mockserver.contacts.selection import Selection, check_named, selected_ids
from mockserver.exports.rows import export_header, export_lines
from mockserver.handling import PendingOperation, Response
from mockserver.http import wire
from mockserver.http.body import malformed_body, read_json
from mockserver.jobs.exports import ListExport, ListExports
from mockserver.model import ContactList
from mockserver.storage.store import ContactSnapshot

_Content = tuple[ContactList, ContactSnapshot]


class Exports(ListExports[_Content]):
    id_name = "contact_list_id"
    list_name = "contact list"

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../export: of all contacts, or of those that the body names."""
        list_id = request.match_info[self.id_name]
        sent = await read_json(request, self._org.profile.limits.request_body_bytes, optional=True)
        try:
            wanted = msgspec.convert({} if sent is None else sent, Selection)
        except msgspec.ValidationError as error:
            raise malformed_body() from error
        check_named(wanted, ("contactListFilterId", "criteria", "contactIds"), required=False)
        return PendingOperation(lambda: self._create(list_id, wanted))

    # What fault rules may do to the newest export of a list.

    def freeze(self, list_id: str) -> None:
        """It never becomes ready."""
        export = self._of_list(list_id)[-1]
        export.job = msgspec.structs.replace(export.job, ready_at=math.inf, expires_at=math.inf, polls=0)

    def lose_rows(self, list_id: str, count: int) -> None:
        """The last `count` contacts are not in the file."""
        export = self._of_list(list_id)[-1]
        contact_list, (ids, rows, attributes, _) = export.content
        kept = max(0, len(ids) - count)
        export.content = contact_list, ContactSnapshot(ids[:kept], rows[:kept], attributes)

    def forget(self, list_id: str) -> None:
        """As if there never had been an export of the list."""
        self._forget(self._of_list(list_id))

    def _create(self, list_id: str, wanted: Selection) -> Response:
        contact_list, contacts = self._org.store.contact_list(list_id), self._contacts(list_id, wanted)
        return self._start(list_id, wire.contact_list_uri(list_id), (contact_list, contacts), len(contacts.ids))

    def _contacts(self, list_id: str, wanted: Selection) -> ContactSnapshot:
        store = self._org.store
        if not wanted.ways:
            return store.snapshot(list_id)
        ids = selected_ids(store, store.contact_list(list_id), wanted, self._org.clock.now())
        return contact_selection.snapshot(store, list_id, ids)

    def _check_exists(self, list_id: str) -> None:
        self._org.store.contact_list(list_id)

    def _lines(self, export: ListExport[_Content]) -> Iterator[bytes]:
        contact_list, (ids, rows, attributes, _) = export.content
        export.content = contact_list, ContactSnapshot((), ())
        yield export_header(contact_list)
        yield from export_lines(contact_list, ids, rows, self._org.profile.semantics, attributes)
