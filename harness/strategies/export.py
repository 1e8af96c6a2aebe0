"""Ask for an export, wait until it is there, download it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from .. import api
from ..api import Refusal
from ..errors import GaveUp, SafetyStop
from ..flow import Flow, Reply, Wait, Work
from ..mapping.records import ShardRecord
from .job import Job, Verification
from .polling import intervals
from .refusals import ADVICE, stop
from .sizes import settled_size

REDIRECTS = (301, 302, 303, 307, 308)
EXPIRED = (403, 404, 410)  # what storage answers to a signed address whose time is over
DOWNLOADS = 2
READS = 5  # of an answer that holds nothing


def export_verification(job: Job) -> Verification:
    """Every list exported and compared with the mapping, lead by lead."""
    return Verification("export of every list joined with the mapping", _exports(job), by_export=True)


def _exports(job: Job) -> Iterator[Flow[None]]:
    return (_proving_export(record, job) for record in job.progress.shards())


def _proving_export(record: ShardRecord, job: Job) -> Flow[None]:
    """An export of now. One that somebody asked for earlier may become ready after the look at the former one, and
    show what is gone by now; so where the list says another size than the mapping, a second one is made, which can
    only be younger than that size."""
    mapped = yield Work(lambda: job.files.mapped(record))
    size = yield from settled_size(record, job, mapped)
    for _ in range(1 if size == mapped else 2):
        yield from export_list(record, job)


def export_list(record: ShardRecord, job: Job) -> Flow[None]:
    """The list's contacts, as they are now, in the run folder. An address that has expired is asked for anew."""
    list_id, to = record.list_id, job.files.export_path(record)
    for _ in range(DOWNLOADS):
        export = yield from _fresh_export(list_id, job)
        reply = yield from _downloaded(export, list_id, to)
        if reply.ok:
            return
        if reply.status not in EXPIRED or Refusal(reply).code in ADVICE:
            raise stop("export.download", list_id, reply)
    raise GaveUp(
        "EXPORT_EXPIRED",
        f"op=export.download list={list_id} {Refusal(reply)}: {DOWNLOADS} exports, none could be fetched;"
        " run the same command again.",
    )


def _downloaded(export: api.Export, list_id: str, to: Path) -> Flow[Reply]:
    reply: Reply = yield api.download(export.uri, list_id)
    if reply.status in REDIRECTS:
        location = _location(reply, export.uri, list_id)
        reply = yield api.download_file(location, list_id, to)
    elif reply.ok:
        body = reply.body
        yield Work(lambda: to.write_bytes(body))
    return reply


def _fresh_export(list_id: str, job: Job) -> Flow[api.Export]:
    """An export that was not there before it was asked for: the platform may go on serving the former one."""
    former = yield from _current(list_id, job)
    reply = yield api.start_export(list_id)
    if not reply.ok:
        raise stop("export.create", list_id, reply)
    waited = 0.0
    for pause in intervals(job.settings):
        export = yield from _current(list_id, job)
        if export is not None and (former is None or export.timestamp != former.timestamp):
            return export
        if waited > job.settings.stalled_s:
            break
        waited += pause
        yield Wait(pause, "poll")
    raise GaveUp(
        "EXPORT_STALLED",
        f"op=export.get list={list_id}: no new export after {waited:.0f} s; run the same command again.",
    )


def _current(list_id: str, job: Job) -> Flow[api.Export | None]:
    """What is on offer. An answer that says nothing of it is asked for again: it is not the same as none."""
    for pause in islice(intervals(job.settings), READS):
        reply = yield api.get_export(list_id)
        try:
            return api.export_of(reply)
        except api.Refusal:
            break
        except api.BadResponse:
            yield Wait(pause, "poll")
    raise stop("export.get", list_id, reply)


def _location(reply: Reply, uri: str, list_id: str) -> str:
    """Where the file is. Anything but https is unsafe, unless it is the place the redirect came from (the mock)."""
    try:
        location = urljoin(uri, reply.headers.get("location", ""))
        target, origin = urlsplit(location), urlsplit(uri)
    except ValueError:
        raise SafetyStop("REDIRECT_REFUSED", f"op=export.download list={list_id}: to no address at all.") from None
    if target.scheme == "https" or (target.scheme, target.netloc) == (origin.scheme, origin.netloc):
        return location
    raise SafetyStop(
        "REDIRECT_REFUSED",
        f"op=export.download list={list_id}: redirect to {target.scheme}://{target.hostname}, which is not https.",
    )
