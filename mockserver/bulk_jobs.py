"""Bulk removals and updates of contacts: started, polled, and done bit by bit. Progress follows from the time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from aiohttp import web

from mockserver.contacts import selection as contact_selection
from mockserver.contacts.rows import ContactForm, ParsedContact
from mockserver.contacts.selection import check_named, selected_ids
from mockserver.contacts.writes import set_attributes
from mockserver.errors import NotFound
from mockserver.exports import export_header, export_lines
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.body import malformed_body, parse_as, parse_json, read_json_bytes
from mockserver.ids import new_id
from mockserver.jobs import JobQueues, QueuedJob
from mockserver.jobs.import_progress import at_pace, completed_records, ends_at, has_ended, stored_rows
from mockserver.jobs.signed_addresses import Download, Downloads, origin, uri_of
from mockserver.model import ContactList, ImportJob
from mockserver.operations.contacts import Selection
from mockserver.state import Org
from mockserver.state.contact_attributes import merge_json
from mockserver.storage import ContactSnapshot

KEPT = 10  # jobs of a list. Source: SDK 269.0.0 outbound_api.py:4719, the 10 most recent


class BulkJob(QueuedJob, kw_only=True):
    progress: ImportJob = msgspec.field(name="progress")
    type: Literal["BulkDelete", "BulkEdit"]

    @property
    def key(self) -> str:
        return self.progress.id


def job_json(job: BulkJob, now: float, origin: str, *, has_backup: bool) -> dict[str, Any]:
    """The JSON object of the job."""
    progress = job.progress
    total, completed, ended = progress.total_records, completed_records(progress, now), has_ended(progress, now)
    state: dict[str, Any] = {"state": "Complete" if ended else "InProgress"}
    if ended and progress.failure_reason is not None:
        reason = {"message": "The bulk operation did not complete.", "code": progress.failure_reason}
        state = {"state": "Failed", "failureReason": reason}
    elif ended and has_backup:
        state["downloadURI"] = uri_of(job.key, origin)
    return {
        "id": job.key,
        "type": job.type,
        "totalRecords": total,
        "completedRecords": completed,
        "percentComplete": 100 * completed // total if total else 100 * ended,
        **state,
        "selfUri": f"{wire.contact_list_uri(job.owner_id)}/contacts/bulk/jobs/{job.key}",
    }


class _Request(Selection, frozen=True, kw_only=True):
    """Of either kind of job: a removal that names contacts by their ids is told that it may not."""

    generate_download_uri: bool | None = msgspec.field(default=None, name="generateDownloadURI")


class _Edit(msgspec.Struct):
    contact: msgspec.Raw


@dataclass(slots=True)
class _Changing:
    ids: Sequence[str]
    patch: ParsedContact | None  # None: they are removed
    done: int = 0


class BulkJobs(JobQueues[BulkJob, _Changing]):
    """The jobs of an org. The latest of each list are remembered."""

    kind = "bulk_job"
    job_type = BulkJob
    one_at_a_time = False
    interrupted = "bulk.job.interrupted"  # Assumption

    def __init__(self, org: Org, downloads: Downloads) -> None:
        self._downloads = downloads
        super().__init__(org)

    async def remove(self, request: web.Request) -> PendingOperation:
        """Start to remove contacts. Assumption: contacts cannot be named by id, which the SDK has for updates only."""
        list_id, body = request.match_info["contact_list_id"], await self._body(request)
        wanted = parse_as(parse_json(body), _Request)
        check_named(wanted, ("contactListFilterId", "criteria"), required=True)
        return PendingOperation(lambda: self._start(list_id, wanted, None, origin(request)))

    async def update(self, request: web.Request) -> PendingOperation:
        """Start to change contacts: columns and attributes that are named are replaced, the others stay."""
        list_id, body = request.match_info["contact_list_id"], await self._body(request)
        wanted, contact = parse_as(parse_json(body), _Request), _contact_in(body)
        check_named(wanted, ("contactListFilterId", "criteria", "contactIds"), required=True)
        contact_list = self._org.store.contact_list(list_id)
        patch = ContactForm(contact_list, self._org.profile).patch(contact)
        return PendingOperation(lambda: self._start(list_id, wanted, patch, origin(request)))

    async def job(self, request: web.Request) -> PendingOperation:
        """How far a job is."""
        list_id, job_id = request.match_info["contact_list_id"], request.match_info["job_id"]
        return PendingOperation(lambda: self._get(list_id, job_id, origin(request)))

    async def jobs(self, request: web.Request) -> PendingOperation:
        """The latest jobs of a list, the newest first."""
        list_id = request.match_info["contact_list_id"]
        return PendingOperation(lambda: self._list(list_id, origin(request)))

    async def _body(self, request: web.Request) -> bytes:
        return await read_json_bytes(request, self._org.profile.limits.request_body_bytes)

    def _start(self, list_id: str, wanted: _Request, patch: ParsedContact | None, origin: str) -> Response:
        org, now = self._org, self._org.clock.now()
        contact_list = org.store.contact_list(list_id)
        ids = selected_ids(org.store, contact_list, wanted, now)
        job = BulkJob(progress=self._progress(list_id, len(ids), now), type="BulkEdit" if patch else "BulkDelete")
        if wanted.generate_download_uri is not False:
            self._offer(job, contact_list, contact_selection.snapshot(org.store, list_id, ids))
        self._begin(job, _Changing(ids, patch))
        self._forget(self._of_list(list_id)[:-KEPT])
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
        """The backup: the contacts as they were, once the job has ended."""
        semantics, ttl_s = self._org.profile.semantics, self._org.profile.jobs.export_uri_ttl_s

        def lines() -> Iterator[bytes]:
            yield export_header(contact_list)
            yield from export_lines(contact_list, contacts.ids, contacts.rows, semantics, contacts.attributes)

        def is_available(now: float) -> bool:
            return has_ended(job.progress, now) and now < ends_at(job.progress) + ttl_s

        self._downloads.offer(Download(job.key, lines, is_available))

    def _get(self, list_id: str, job_id: str, origin: str) -> Response:
        self._org.store.contact_list(list_id)
        job = self._remembered.get(job_id)
        if job is None or job.owner_id != list_id:
            raise NotFound("The resource could not be found.", "resource.not.found")
        self._poll([job])
        return Response(body=self._json(job, origin))

    def _list(self, list_id: str, origin: str) -> Response:
        self._org.store.contact_list(list_id)
        entities = [msgspec.Raw(self._json(job, origin)) for job in reversed(self._of_list(list_id))]
        uri = f"{wire.contact_list_uri(list_id)}/contacts/bulk/jobs"
        return json_response({"entities": entities, "total": len(entities), "selfUri": uri})

    def _work_until(self, now: float, job: BulkJob, work: _Changing) -> None:
        due = stored_rows(job.progress, now)
        if part := work.ids[work.done : due]:
            if work.patch is None:
                self._org.store.delete_contacts(job.owner_id, part)
            else:
                self._patch(job.owner_id, work.patch, part)
        work.done = due

    def _record_end(self, job: BulkJob, work: _Changing) -> None:
        """Older jobs need not be remembered any more."""
        self._forget(self._of_list(job.owner_id)[:-KEPT])

    def _patch(self, list_id: str, patch: ParsedContact, ids: Sequence[str]) -> None:
        """Change those that are still there."""
        store = self._org.store
        rows = {id_: merge_json(row, patch.row) for id_, row in store.existing(list_id, ids).items()}
        store.put_contacts(list_id, list(rows), list(rows.values()))
        if patch.attributes is not None:
            set_attributes(self._org, list_id, list(rows), dict.fromkeys(rows, patch.attributes))

    def forget(self, list_id: str) -> None:
        """As if there never had been a job of the list."""
        self.drop(list_id)
        self._forget(self._of_list(list_id))

    def _forget(self, jobs: Iterable[BulkJob]) -> None:
        """Those that are not on their way need not be remembered any more."""
        for job in jobs:
            if job.ended or job.owner_id not in self._queues:
                del self._remembered[job.key]
                self._org.store.delete_document(self.kind, job.key)
                self._downloads.withdraw(job.key)

    def _of_list(self, list_id: str) -> list[BulkJob]:
        return [job for job in self._remembered.values() if job.owner_id == list_id]

    def _json(self, job: BulkJob, origin: str) -> bytes:
        shown = job_json(job, self._org.clock.now(), origin, has_backup=job.key in self._downloads)
        return msgspec.json.encode(shown)


def _contact_in(body: bytes) -> msgspec.Raw:
    try:
        return msgspec.json.decode(body, type=_Edit).contact
    except msgspec.MsgspecError as error:
        raise malformed_body() from error
