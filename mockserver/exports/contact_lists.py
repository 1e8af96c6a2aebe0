"""Exports of contact lists, of all contacts or of some: the jobs, and the CSV as the platform writes it."""

import math
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from aiohttp import web

from mockserver.contacts import selection as contact_selection
from mockserver.contacts.selection import check_named, selected_ids
from mockserver.handling import PendingOperation, Response
from mockserver.http import wire
from mockserver.http.body import parse_as, read_json
from mockserver.jobs.exports import ListExport, ListExports
from mockserver.model import ContactList
from mockserver.operations.contacts import ContactsExportRequest, Selection
from mockserver.profile import Semantics
from mockserver.storage import row_codec
from mockserver.storage.store import ContactSnapshot

# The lines of the file.


CHUNK_ROWS = 5_000
_LIST_COLUMNS = (
    "ContactCallable",
    "ContactableByVoice",
    "ContactableBySms",
    "ContactableByEmail",
    "ZipCodeAutomaticTimeZone",
)
_PHONE_COLUMNS = (
    "CallRecordLastAttempt",
    "CallRecordLastResult",
    "CallRecordLastAgentWrapup",
    "SmsLastAttempt",
    "SmsLastResult",
    "Callable",
    "ContactableByVoice",
    "ContactableBySms",
    "AutomaticTimeZone",
)


_LIST_MEDIA = "Voice", "Sms", "Email"  # of the ContactableBy columns, in their order
_PHONE_MEDIA = "Voice", "Sms"


class _Callable(msgspec.Struct):
    callable: bool = True


class _Contactable(msgspec.Struct):
    contactable: bool = True


class _Media(msgspec.Struct, rename="camel"):
    """Whether a contact may be contacted by one medium, on the whole and by its columns."""

    contactable: bool = True
    column_status: dict[str, _Contactable] = {}


class _Attributes(msgspec.Struct, rename="camel"):
    """What the export shows of a contact's attributes. Field names: SDK 269.0.0 models/dialer_contact.py."""

    callable: bool = True
    phone_number_status: dict[str, _Callable] = {}
    contactable_status: dict[str, _Media] = {}

    def is_contactable(self, medium: str) -> bool:
        media = self.contactable_status.get(medium)
        return self.callable if media is None else media.contactable

    def is_callable(self, column: str) -> bool:
        status = self.phone_number_status.get(column)
        return status is None or status.callable

    def is_contactable_at(self, medium: str, column: str) -> bool:
        media = self.contactable_status.get(medium)
        status = media.column_status.get(column) if media else None
        return self.is_callable(column) if status is None else status.contactable


def export_header(contact_list: ContactList) -> bytes:
    """The byte order mark and the first line: id, the list's columns, 5 of the list, 9 of each phone column."""
    phones = (f"{name}-{phone.column_name}" for phone in contact_list.phone_columns for name in _PHONE_COLUMNS)
    names = ["inin-outbound-id", *contact_list.column_names, *_LIST_COLUMNS, *phones]
    return b"\xef\xbb\xbf" + f"{_csv_line(names)}\n".encode()


def export_lines(
    contact_list: ContactList,
    ids: Sequence[str],
    rows: Sequence[bytes],
    semantics: Semantics,
    attributes: Mapping[str, bytes] | None = None,
) -> Iterator[bytes]:
    """The lines of these contacts, some 5,000 at a time. `attributes` are those of the few contacts that have any."""
    decode = row_codec.decoder(contact_list.column_names)
    untouched = _system_cells(contact_list, _Attributes(), semantics)
    special = {
        contact_id: _system_cells(contact_list, msgspec.json.decode(raw, type=_Attributes), semantics)
        for contact_id, raw in (attributes or {}).items()
    }
    for start in range(0, len(ids), CHUNK_ROWS):
        part = ids[start : start + CHUNK_ROWS]
        contacts = zip(part, decode(rows[start : start + CHUNK_ROWS]), strict=True)
        lines = [f"{_csv_line((id_, *cells))},{special.get(id_, untouched)}\n" for id_, cells in contacts]
        yield "".join(lines).encode()


def _system_cells(contact_list: ContactList, attributes: _Attributes, semantics: Semantics) -> str:
    """The end of a contact's line. Assumption: who is callable is contactable, where nothing else is said."""
    said = {True: "1", False: "0"} if semantics.callable_format == "1" else {True: "true", False: "false"}
    cells = [said[attributes.callable], *(said[attributes.is_contactable(each)] for each in _LIST_MEDIA), ""]
    for phone in contact_list.phone_columns:
        column = phone.column_name
        by_media = [said[attributes.is_contactable_at(each, column)] for each in _PHONE_MEDIA]
        cells += ["", "", "", "", "", said[attributes.is_callable(column)], *by_media, ""]
    return _csv_line(cells)


def _csv_line(cells: Sequence[str]) -> str:
    text = '","'.join(cells)
    if text.count('"') != 2 * len(cells) - 2:  # a quote inside a cell
        text = '","'.join(cell.replace('"', '""') for cell in cells)
    return f'"{text}"'


_Content = tuple[ContactList, ContactSnapshot]


class Exports(ListExports[_Content]):
    id_name = "contact_list_id"
    list_name = "contact list"

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../export: of all contacts, or of those that the body names."""
        list_id = request.match_info[self.id_name]
        sent = await read_json(request, self._org.profile.limits.request_body_bytes, optional=True)
        wanted = parse_as({} if sent is None else sent, ContactsExportRequest)
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

    @property
    def _keeps_previous(self) -> bool:
        return self._org.profile.jobs.export_keeps_previous

    def _check_exists(self, list_id: str) -> None:
        self._org.store.contact_list(list_id)

    def _lines(self, export: ListExport[_Content]) -> Iterator[bytes]:
        contact_list, (ids, rows, attributes, _) = export.content
        export.content = contact_list, ContactSnapshot((), ())
        yield export_header(contact_list)
        yield from export_lines(contact_list, ids, rows, self._org.profile.semantics, attributes)
