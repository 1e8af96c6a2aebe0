"""Bulk removals and updates of contacts: started, polled, and done bit by bit. Progress follows from the time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec
from aiohttp import web

from mockserver.contacts import selection as contact_selection
from mockserver.contacts.rows import ContactForm, ParsedContact
from mockserver.contacts.selection import Selection, check_named, selected_ids
from mockserver.contacts.writes import set_attributes
from mockserver.errors import NotFound
from mockserver.exports.contact_lists import export_header, export_lines
from mockserver.handling import PendingOperation, Response
from mockserver.http import wire
from mockserver.http.body import malformed_body, parse_json, read_json_bytes
from mockserver.ids import new_id
from mockserver.jobs.downloads import Download, Downloads, origin, uri_of
from mockserver.jobs.import_progress import (
    after_poll,
    at_pace,
    completed_records,
    ends_at,
    failing,
    has_ended,
    stored_rows,
)
from mockserver.model import ContactList, ImportJob
from mockserver.state.contact_attributes import merge_json
from mockserver.state.org import Org
from mockserver.storage.store import ContactSnapshot

KEPT = 10  # jobs of a list. Source: SDK 269.0.0 outbound_api.py:4719, the 10 most recent


class BulkJob(msgspec.Struct, frozen=True, kw_only=True):
    progress: ImportJob
    type: Literal["BulkDelete", "BulkEdit"]
    has_backup: bool = False
    ended: bool = False  # as far as the store knows: else a restart has interrupted it

    @property
    def id(self) -> str:
        return self.progress.id


def after_restart(job: BulkJob) -> BulkJob:
    """The job as it is after a restart. Assumption: the code, and that the counters start from nothing."""
    if job.ended:
        return msgspec.structs.replace(job, has_backup=False)
    progress = msgspec.structs.replace(failing(job.progress, "bulk.job.interrupted", 0), started_at=0.0)
    return msgspec.structs.replace(job, progress=progress, has_backup=False, ended=True)


def backup_is_there(job: BulkJob, now: float, ttl_s: float) -> bool:
    return has_ended(job.progress, now) and now < ends_at(job.progress) + ttl_s


def job_json(job: BulkJob, now: float, origin: str) -> dict[str, Any]:
    """The JSON object of the job."""
    progress = job.progress
    total, completed, ended = progress.total_records, completed_records(progress, now), has_ended(progress, now)
    list_uri = wire.contact_list_uri(progress.contact_list_id)
    state: dict[str, Any] = {"state": "Complete" if ended else "InProgress"}
    if ended and progress.failure_reason is not None:
        reason = {"message": "The bulk operation did not complete.", "code": progress.failure_reason}
        state = {"state": "Failed", "failureReason": reason}
    elif ended and job.has_backup:
        state["downloadURI"] = uri_of(job.id, origin)
    return {
        "id": job.id,
        "type": job.type,
        "totalRecords": total,
        "completedRecords": completed,
        "percentComplete": 100 * completed // total if total else 100 * ended,
        **state,
        "selfUri": f"{list_uri}/contacts/bulk/jobs/{job.id}",
    }


T = TypeVar("T", bound=Selection)

_DOCUMENTS = "bulk_job"
_decode = msgspec.json.Decoder(BulkJob).decode


class _Removal(Selection, rename="camel", kw_only=True):
    generate_download_uri: bool | None = msgspec.field(default=None, name="generateDownloadURI")


class _Edit(_Removal, rename="camel", kw_only=True):
    contact: msgspec.Raw


@dataclass(slots=True)
class _Running:
    job: BulkJob
    ids: Sequence[str]
    patch: ParsedContact | None  # None: they are removed
    done: int = 0


class BulkJobs:
    """The jobs of an org. The latest of each list are kept, as documents; those that run are here."""

    def __init__(self, org: Org, downloads: Downloads) -> None:
        self._org, self._downloads = org, downloads
        self.reload()

    def reload(self) -> None:
        """As after a restart: the jobs that are kept, none of them running."""
        self._running: dict[str, _Running] = {}
        self._jobs = {id_: after_restart(_decode(raw)) for id_, raw in self._org.store.documents(_DOCUMENTS).items()}

    async def remove(self, request: web.Request) -> PendingOperation:
        """Start to remove contacts. Assumption: contacts cannot be named by id, which the SDK has for updates only."""
        list_id, wanted = request.match_info["contact_list_id"], _convert(await self._body(request), _Removal)
        check_named(wanted, ("contactListFilterId", "criteria"), required=True)
        return PendingOperation(lambda: self._start(list_id, wanted, None, origin(request)))

    async def update(self, request: web.Request) -> PendingOperation:
        """Start to change contacts: columns and attributes that are named are replaced, the others stay."""
        list_id, body = request.match_info["contact_list_id"], await self._body(request)
        wanted = _convert(body, _Edit)
        check_named(wanted, ("contactListFilterId", "criteria", "contactIds"), required=True)
        contact_list = self._org.store.contact_list(list_id)
        patch = ContactForm(contact_list, self._org.profile).patch(wanted.contact)
        return PendingOperation(lambda: self._start(list_id, wanted, patch, origin(request)))

    async def job(self, request: web.Request) -> PendingOperation:
        """How far a job is."""
        list_id, job_id = request.match_info["contact_list_id"], request.match_info["job_id"]
        return PendingOperation(lambda: self._get(list_id, job_id, origin(request)))

    async def jobs(self, request: web.Request) -> PendingOperation:
        """The latest jobs of a list, the newest first."""
        list_id = request.match_info["contact_list_id"]
        return PendingOperation(lambda: self._list(list_id, origin(request)))

    def advance_to_now(self) -> None:
        """Do to the contacts what is due. Costs next to nothing while no job is running."""
        for running in list(self._running.values()):
            try:
                self._advance(running, self._org.clock.now())
            except NotFound:  # the list is gone
                self._running.pop(running.job.id, None)

    async def _body(self, request: web.Request) -> bytes:
        raw = await read_json_bytes(request, self._org.profile.limits.request_body_bytes)
        parse_json(raw)  # for its refusals
        return raw

    def _start(self, list_id: str, wanted: _Removal, patch: ParsedContact | None, origin: str) -> Response:
        org, now = self._org, self._org.clock.now()
        contact_list = org.store.contact_list(list_id)
        ids = selected_ids(org.store, contact_list, wanted, now)
        job = BulkJob(
            progress=self._progress(list_id, len(ids), now),
            type="BulkEdit" if patch else "BulkDelete",
            has_backup=wanted.generate_download_uri is not False,
        )
        if job.has_backup:
            self._offer(job, contact_list, contact_selection.snapshot(org.store, list_id, ids))
        self._running[job.id] = _Running(job, ids, patch)
        self._keep(job)
        self.advance_to_now()
        return Response(status=org.profile.semantics.bulk_job_status, body=self._json(job, origin))

    def _progress(self, list_id: str, count: int, now: float) -> ImportJob:
        jobs = self._org.profile.jobs
        progress = ImportJob(
            id=new_id(self._org.rng_for("bulk jobs")),
            contact_list_id=list_id,
            total_records=count,
            accepted=count,
            started_at=now + jobs.bulk_start_delay_s,
            records_per_s=jobs.bulk_rows_per_s,
        )
        return at_pace(progress, jobs, now)

    def _offer(self, job: BulkJob, contact_list: ContactList, contacts: ContactSnapshot) -> None:
        """The backup: the contacts as they were."""
        semantics, ttl_s = self._org.profile.semantics, self._org.profile.jobs.export_uri_ttl_s

        def lines() -> Iterator[bytes]:
            yield export_header(contact_list)
            yield from export_lines(contact_list, contacts.ids, contacts.rows, semantics, contacts.attributes)

        self._downloads.offer(
            Download(job.id, lines, lambda now: backup_is_there(self._jobs.get(job.id, job), now, ttl_s))
        )

    def _get(self, list_id: str, job_id: str, origin: str) -> Response:
        self._org.store.contact_list(list_id)
        job = self._jobs.get(job_id)
        if job is None or job.progress.contact_list_id != list_id:
            raise NotFound("The resource could not be found.", "resource.not.found")
        self._poll(job)
        return Response(body=self._json(self._jobs[job_id], origin))

    def _poll(self, job: BulkJob) -> None:
        """Jobs whose progress follows the questions move on."""
        if job.progress.polls and job.id in self._running:
            moved = msgspec.structs.replace(job, progress=after_poll(job.progress))
            self._jobs[job.id] = self._running[job.id].job = moved
            self.advance_to_now()

    def _list(self, list_id: str, origin: str) -> Response:
        self._org.store.contact_list(list_id)
        entities = [msgspec.Raw(self._json(job, origin)) for job in reversed(self._of_list(list_id))]
        uri = f"{wire.contact_list_uri(list_id)}/contacts/bulk/jobs"
        return Response(body=msgspec.json.encode({"entities": entities, "total": len(entities), "selfUri": uri}))

    def _advance(self, running: _Running, now: float) -> None:
        due = stored_rows(running.job.progress, now)
        part = running.ids[running.done : due]
        if part:
            self._remove(running, part) if running.patch is None else self._patch(running, running.patch, part)
        running.done = due
        if has_ended(running.job.progress, now):
            del self._running[running.job.id]
            self._keep(msgspec.structs.replace(running.job, ended=True))

    def _remove(self, running: _Running, ids: Sequence[str]) -> None:
        self._org.store.delete_contacts(running.job.progress.contact_list_id, ids)

    def _patch(self, running: _Running, patch: ParsedContact, ids: Sequence[str]) -> None:
        """Change those that are still there."""
        store, list_id = self._org.store, running.job.progress.contact_list_id
        rows = {id_: merge_json(row, patch.row) for id_, row in store.existing(list_id, ids).items()}
        store.put_contacts(list_id, list(rows), list(rows.values()))
        if patch.attributes is not None:
            set_attributes(self._org, list_id, list(rows), dict.fromkeys(rows, patch.attributes))

    def _keep(self, job: BulkJob) -> None:
        """Remember the job, and no more of its list than are shown."""
        self._jobs[job.id] = job
        self._org.store.save_document(_DOCUMENTS, job.id, msgspec.json.encode(job))
        for old in self._of_list(job.progress.contact_list_id)[:-KEPT]:
            if old.id not in self._running:
                self._jobs.pop(old.id)
                self._org.store.delete_document(_DOCUMENTS, old.id)
                self._downloads.withdraw(old.id)

    def _of_list(self, list_id: str) -> list[BulkJob]:
        return [job for job in self._jobs.values() if job.progress.contact_list_id == list_id]

    def _json(self, job: BulkJob, origin: str) -> bytes:
        return msgspec.json.encode(job_json(job, self._org.clock.now(), origin))


def _convert(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise malformed_body() from error
