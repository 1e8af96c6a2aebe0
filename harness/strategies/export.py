"""Ask for an export, wait until it is there, download it."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from .. import api
from ..api import Refusal
from ..errors import GaveUp, SafetyStop
from ..flow import Flow, Reply, Wait, Work
from ..journal.schema import ShardRecord
from ..wording import server_text
from .flows import ADVICE, intervals, poll_until, stop, within
from .job import Job, Settings, Verification
from .lists import settled_size

REDIRECTS = (301, 302, 303, 307, 308)
EXPIRED = (403, 404, 410)  # what storage answers to a signed address whose time is over
DOWNLOADS = 2
READS = 5  # of an answer that holds nothing
MARK = b"\xef\xbb\xbf"  # of UTF-8


def export_verification(job: Job) -> Verification:
    """Every list exported and compared with the mapping, lead by lead."""
    flows = (_proving_export(record, job) for record in job.progress.shards())
    return Verification("export of every list joined with the mapping", flows, by_export=True)


def _proving_export(record: ShardRecord, job: Job) -> Flow[None]:
    """An export of now. One that somebody asked for earlier may become ready after the look at the former one, and
    show what is gone by now; so where the list says another size than the mapping, a second one is made, which can
    only be younger than that size."""
    mapped = yield Work(lambda: job.files.expected_contacts(record))
    size = yield from settled_size(record, job, mapped)
    for _ in range(1 if size == mapped else 2):
        yield from export_list(record, job)


def export_list(record: ShardRecord, job: Job) -> Flow[None]:
    """The list's contacts, as they are now, in the run folder. An address that has expired, or leads to a page of
    whoever stands between, is asked for anew."""
    list_id, to = record.list_id, job.files.export_path(record)
    for _ in range(DOWNLOADS):
        export = yield from _fresh_export(list_id, job)
        reply = yield from download_export(export, list_id, to)
        if reply.ok:
            if not (yield Work(lambda: _is_page(to))):
                return
        elif reply.status not in EXPIRED or Refusal(reply).code in ADVICE:
            raise stop("export.download", list_id, reply)
    if reply.ok:
        raise GaveUp(
            "EXPORT_NO_FILE",
            f"op=export.file list={list_id}: a page in place of the file, {DOWNLOADS} times; does a proxy want somebody"
            " to sign in? Then run the same command again.",
        )
    raise GaveUp(
        "EXPORT_EXPIRED",
        f"op=export.download list={list_id} {Refusal(reply)}: {DOWNLOADS} exports, none could be fetched;"
        " run the same command again.",
    )


def _is_page(path: Path) -> bool:
    """Whether the file is HTML or XML: an export begins with the name of a column."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.read(256).removeprefix(MARK).lstrip().startswith(b"<")


def download_export(export: api.Export, list_id: str, to: Path) -> Flow[Reply]:
    """Of redirects only this one is followed, once, and without the token. The driver allows no address but a place
    where the platform keeps files."""
    reply: Reply = yield api.download(export.uri, list_id, to)
    if reply.status in REDIRECTS:
        location = _location(reply, export.uri, list_id)
        reply = yield api.download_file(location, list_id, to)
    return reply


def _fresh_export(list_id: str, job: Job) -> Flow[api.Export]:
    """An export that was not there before it was asked for: the platform may go on serving the former one.

    One that does not come may have been forgotten by a platform that was restarted, and is asked for once more. The
    second one has all the time that a job may stand still, in case asking has ended the first.
    """
    former, stalled_s = (yield from _current(list_id, job)), job.settings.stalled_s
    for patience_s in (stalled_s / 2, stalled_s):
        reply = yield api.start_export(list_id)
        if not reply.ok:
            raise stop("export.create", list_id, reply)
        export = yield from newer_export(lambda: _current(list_id, job), former, patience_s, job.settings)
        if export is not None:
            return export
    raise GaveUp(
        "EXPORT_STALLED",
        f"op=export.get list={list_id}: asked for twice, no new export after {1.5 * stalled_s:.0f} s;"
        " run the same command again.",
    )


def newer_export(
    look: Callable[[], Flow[api.Export | None]], former: api.Export | None, patience_s: float, settings: Settings
) -> Flow[api.Export | None]:
    """Poll with `look` for an export other than `former`; None if there is none within `patience_s`."""

    def is_new(export: api.Export | None) -> bool:
        return export is not None and (former is None or export.timestamp != former.timestamp)

    export = yield from poll_until(look, is_new, within(intervals(settings), patience_s))
    return export if is_new(export) else None


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
        f"op=export.download list={list_id}: redirect to {server_text(f'{target.scheme}://{target.hostname}')},"
        " which is not https.",
    )
