"""Imports: a row that does not fit, what small ones show, and what is trimmed."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ... import api
from ...flow import Flow, Reply, Wait
from .batches import FAR_TOO_LONG
from .checks import COLUMNS, LEAD_ID, NOTE, PHONE, Finding, Probe, lead

SMALL = 64  # rows; what larger imports show is not asked
IMPORT_TIMEOUT_S = 60.0
IMPORT_POLL_S = 0.5


def invalid_rows(asker: Probe) -> Flow[list[Finding]]:
    """Five rows, one of which has a value that is far too long."""
    list_id = yield from asker.new_list()
    rows = [(f"probe-{n}", f"+155501000{n:02d}"[:12], FAR_TOO_LONG if n == 2 else "note") for n in range(5)]
    shown = yield from _import(asker, list_id, rows, expected=4)
    question, setting = "What does one bad row do to an import?", "semantics.invalid_rows"
    if shown.failed:
        return [asker.seen(question, f"the import fails: {shown.failure_reason}", {setting: "fail"})]
    size = yield from asker.size(list_id)
    return [asker.seen(question, f"{size} of 5 rows are imported", {setting: "skip"} if size == 4 else {})]


def small_imports(asker: Probe) -> Flow[list[Finding]]:
    """The smallest import that shows how far it is."""
    question, setting = "Which imports show a status?", "jobs.import_status_visible_rows"
    if (yield from _shows(asker, 1)):
        return [asker.seen(question, "also that of a single row", {setting: 0})]
    if not (yield from _shows(asker, SMALL)):
        return [asker.seen(question, f"none of up to {SMALL} rows")]
    hidden, shown = 1, SMALL
    while shown - hidden > 1:
        middle = (hidden + shown) // 2
        hidden, shown = (hidden, middle) if (yield from _shows(asker, middle)) else (middle, shown)
    return [asker.seen(question, f"those of {shown} rows and more", {setting: shown})]


def trimming(asker: Probe) -> Flow[list[Finding]]:
    list_id = yield from asker.new_list()
    yield from _import(asker, list_id, [("probe-1", "+15550100001", "  a  ")], expected=1)
    yield from asker.size(list_id)
    reply = yield from asker.sent(api.search_leads(list_id, LEAD_ID, ["probe-1"]))
    entities = api.decoded(reply).get("entities") or [{}]
    note = entities[0].get("data", {}).get(NOTE)
    told = {"a": "yes", "  a  ": "no"}.get(str(note), f"neither: {note!r}")
    return [asker.seen("Are the ends of a value trimmed by an import?", told)]


def _shows(asker: Probe, count: int) -> Flow[bool]:
    list_id = yield from asker.new_list()
    rows = [tuple(lead(n)["data"][name] for name in COLUMNS.names) for n in range(count)]
    shown = yield from _import(asker, list_id, rows, expected=count)
    return shown.percent is not None


def _import(asker: Probe, list_id: str, rows: Iterable[tuple[str, ...]], expected: int) -> Flow[api.ImportProgress]:
    """The last status of the import: at its end, or once the list holds as many contacts as are to be expected."""
    path = write_csv(asker, list_id, rows)
    call = api.upload_csv(list_id, path, contact_id_column=None, rows=expected)
    reply = yield from asker.sent(replace(call, idempotent=False))
    path.unlink()
    if not reply.ok:
        raise api.Refusal(reply)
    waited, silent_s = 0.0, 0.0
    while True:
        shown = api.import_progress((yield from asker.sent(api.import_status(list_id))))
        if shown.failed or shown.finished or waited > IMPORT_TIMEOUT_S:
            return shown
        if shown.state is None:
            counted = api.decoded((yield from asker.sent(api.search_all(list_id, page_size=1)))).get("contactsCount")
            silent_s += IMPORT_POLL_S if counted == expected else 0.0
            if silent_s > 2 * IMPORT_POLL_S:
                return shown
        yield Wait(IMPORT_POLL_S, "poll")
        waited += IMPORT_POLL_S


def write_csv(asker: Probe, list_id: str, rows: Iterable[tuple[str, ...]]) -> Path:
    path = asker.lab.belongings.path.with_name(f"{list_id}.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(LEAD_ID, PHONE, NOTE), *rows])
    return path


# Exports: what the flags look like, how the file is reached, and what becomes of an earlier export.


EXPORT_TIMEOUT_S = 120.0
EXPORT_POLL_S = 0.5
REDIRECTS = (302, 303, 307)


def export(asker: Probe) -> Flow[list[Finding]]:
    """Two exports of one list, with a change between them."""
    list_id = yield from asker.new_list()
    yield from asker.add(list_id, lead(1))
    yield from asker.size(list_id)
    first = yield from _export(asker, list_id)
    if first is None:
        return [asker.seen("Is an export to be had?", f"not within {EXPORT_TIMEOUT_S:.0f} s")]
    seen = yield from _file(asker, first, list_id)
    yield from asker.add(list_id, lead(2))
    yield from asker.sent(api.start_export(list_id))
    at_once = api.export_of((yield from asker.sent(api.get_export(list_id))))
    question, setting = "What is answered while a second export is made?", "jobs.export_keeps_previous"
    if at_once is None:
        return [*seen, asker.seen(question, "that there is none", {setting: False})]
    if at_once.timestamp == first.timestamp:
        return [*seen, asker.seen(question, "the first one, which is stale", {setting: True})]
    return [*seen, asker.seen(question, "it was there at once, so this cannot be told")]


def _export(asker: Probe, list_id: str) -> Flow[api.Export | None]:
    yield from asker.sent(api.start_export(list_id))
    waited = 0.0
    while waited < EXPORT_TIMEOUT_S:
        found = api.export_of((yield from asker.sent(api.get_export(list_id))))
        if found is not None:
            return found
        yield Wait(EXPORT_POLL_S, "poll")
        waited += EXPORT_POLL_S
    return None


def _file(asker: Probe, found: api.Export, list_id: str) -> Flow[list[Finding]]:
    hop: Reply = yield from asker.sent(api.download(found.uri, list_id))
    question = "How is the file of an export reached?"
    content, seen = hop.body, [asker.seen(question, f"{hop.status}, the file itself")]
    if 300 <= hop.status < 400:
        settings = {"semantics.redirect_status": hop.status} if hop.status in REDIRECTS else {}
        seen = [asker.seen(question, f"{hop.status}, to a signed address", settings)]
        to = asker.lab.belongings.path.with_name("export.csv")
        yield from asker.sent(api.download_file(hop.headers["location"], list_id, to))
        content = to.read_bytes()
        to.unlink()
    return [*seen, *_content(asker, content)]


def _content(asker: Probe, content: bytes) -> list[Finding]:
    marked, quoted = content.startswith(b"\xef\xbb\xbf"), b'"inin-outbound-id"' in content[:40]
    told = f"{'a' if marked else 'no'} byte order mark, names {'in' if quoted else 'without'} quotes"
    seen = [asker.seen("How does the file of an export begin?", told)]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    flag = rows[0].get(f"Callable-{PHONE}") if rows else None
    question = "How does an export write yes?"
    settings = {"semantics.callable_format": flag} if flag in ("1", "true") else {}
    return [*seen, asker.seen(question, repr(flag), settings)]
