"""Exports of lists: asked for, polled, downloaded in two steps; and what those of contact lists hold."""

import math
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from aiohttp import web

from mockserver.contacts import selection as contact_selection
from mockserver.contacts.selection import check_named, selected_ids
from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.body import parse_as, read_json
from mockserver.jobs.signed_addresses import Download, Downloads, origin, uri_of
from mockserver.model import ContactList, ExportJob
from mockserver.operations.contacts import ContactsExportRequest, Selection
from mockserver.profile import JobSettings, Semantics
from mockserver.state import Org
from mockserver.storage import ContactSnapshot, row_codec

_KEPT_A_LIST = 8  # exports of one list, expired or not

C = TypeVar("C")


@dataclass(slots=True)
class ListExport(Generic[C]):
    job: ExportJob
    content: C  # until the file is written


class ListExports(ABC, Generic[C]):
    id_name: str  # the path parameter
    list_name: str  # in messages

    def __init__(self, org: Org, downloads: Downloads) -> None:
        self._org, self._downloads = org, downloads
        self.reload()

    def reload(self) -> None:
        """As after a restart: without any export."""
        self._exports: dict[str, ListExport[C]] = {}  # by the download's id, in the order they were asked for

    @property
    @abstractmethod
    def _keeps_previous(self) -> bool:
        """Whether a list's former export stays available when another is asked for."""

    @abstractmethod
    def _check_exists(self, list_id: str) -> None:
        """Raise NotFound if there is no such list."""

    @abstractmethod
    def _lines(self, export: ListExport[C]) -> Iterator[bytes]:
        """The file's content; at the end, lets go of what the export holds."""

    async def get(self, request: web.Request) -> PendingOperation:
        """GET .../export: where the newest file is, as JSON or as a redirect."""
        list_id = request.match_info[self.id_name]
        redirects = request.query.get("download", "false").lower() == "true"
        return PendingOperation(lambda: self._get(list_id, origin(request), redirects=redirects))

    def _start(self, list_id: str, list_uri: str, content: C, rows: int) -> Response:
        """Begin an export of `rows` rows; earlier ones give way as the profile says."""
        org, now = self._org, self._org.clock.now()
        self._forget_old(list_id, now)
        running = [export.job for export in self._exports.values() if now < export.job.ready_at < math.inf]
        download_id = secrets.token_hex(8)  # as long as in two recorded addresses of exports
        job = export_job(download_id, list_id, rows, now, org.profile.jobs, running)
        self._exports[job.id] = export = ListExport(job, content)
        self._downloads.offer(
            Download(job.id, lambda: self._lines(export), lambda moment: is_available(export.job, moment))
        )
        return json_response({"id": job.id, "selfUri": f"{list_uri}/export"})

    def _get(self, list_id: str, origin: str, *, redirects: bool) -> Response:
        self._check_exists(list_id)
        now = self._org.clock.now()
        for export in self._of_list(list_id):
            export.job = after_poll(export.job, now, self._org.profile.jobs.export_uri_ttl_s)
        available = [export.job for export in self._of_list(list_id) if is_available(export.job, now)]
        if not available:
            message = f"There is no available download URI for {self.list_name} at this time."
            raise NotFound(message, "no.available.list.export.uri")
        job = max(available, key=lambda each: each.ready_at)
        uri = uri_of(job.id, origin)
        if redirects:
            return self._downloads.redirect(uri)
        return json_response({"uri": uri, "exportTimestamp": wire.timestamp(job.ready_at)})

    def _of_list(self, list_id: str) -> list[ListExport[C]]:
        return [export for export in self._exports.values() if export.job.contact_list_id == list_id]

    def _forget_old(self, list_id: str, now: float) -> None:
        """Forget expired exports, and the list's earlier ones if the profile says that a new request ends them."""
        kept = _KEPT_A_LIST - 1 if self._keeps_previous else 0
        of_list = self._of_list(list_id)
        replaced = of_list[: max(0, len(of_list) - kept)]
        self._forget([*replaced, *(each for each in self._exports.values() if each.job.expires_at <= now)])

    def _forget(self, exports: list[ListExport[C]]) -> None:
        for export in exports:
            self._exports.pop(export.job.id, None)
            self._downloads.withdraw(export.job.id)


def export_job(
    job_id: str, list_id: str, rows: int, now: float, jobs: JobSettings, running: Sequence[ExportJob]
) -> ExportJob:
    """The job asked for at `now`. Assumption: it waits until fewer than `exports_at_once` others are being made."""
    busy_until = sorted(other.ready_at for other in running)
    starts_at = busy_until[-jobs.exports_at_once] if len(busy_until) >= jobs.exports_at_once else now
    takes_s = rows / jobs.export_rows_per_s if jobs.export_rows_per_s else 0.0
    ready_at = max(now, starts_at) + jobs.export_start_delay_s + takes_s
    if jobs.progress != "time":
        ready_at = now if jobs.progress == "immediate" or not jobs.polls else math.inf
    return ExportJob(
        id=job_id,
        contact_list_id=list_id,
        requested_at=now,
        ready_at=ready_at,
        expires_at=ready_at + jobs.export_uri_ttl_s,
        polls=jobs.polls if jobs.progress == "polls" else 0,
    )


def after_poll(job: ExportJob, now: float, ttl_s: float) -> ExportJob:
    """The job after somebody has asked whether it is ready."""
    if job.polled >= job.polls:
        return job
    job = msgspec.structs.replace(job, polled=job.polled + 1)
    return msgspec.structs.replace(job, ready_at=now, expires_at=now + ttl_s) if job.polled == job.polls else job


def is_available(job: ExportJob, now: float) -> bool:
    return job.ready_at <= now < job.expires_at


# Exports of contact lists, and the CSV as the platform writes it.


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
        yield export_header(contact_list)
        yield from export_lines(contact_list, ids, rows, self._org.profile.semantics, attributes)
        export.content = contact_list, ContactSnapshot((), ())
