"""Imports and exports: rows that do not fit, small jobs, trimming, flags, and how an export's file is reached."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from itertools import repeat
from pathlib import Path

from ... import api
from ...flow import Flow, Reply, Wait
from ...strategies.flows import poll_until
from .checks import COLUMNS, LEAD_ID, NOTE, PHONE, Finding, Probe, lead
from .contacts import FAR_TOO_LONG

SMALL = 64  # rows; what larger imports show is not asked
IMPORT_TIMEOUT_S = 60.0
IMPORT_POLL_S = 0.5


def invalid_rows(probe: Probe) -> Flow[list[Finding]]:
    """Five rows, one of which has a value that is far too long."""
    list_id = yield from probe.new_list()
    rows = [(f"probe-{n}", f"+155501000{n:02d}"[:12], FAR_TOO_LONG if n == 2 else "note") for n in range(5)]
    shown = yield from _import(probe, list_id, rows, expected=4)
    question, setting = "What does one bad row do to an import?", "semantics.invalid_rows"
    if shown.has_failed:
        return [probe.finding(question, f"the import fails: {shown.failure_reason}", {setting: "fail"})]
    size = yield from probe.size(list_id)
    return [probe.finding(question, f"{size} of 5 rows are imported", {setting: "skip"} if size == 4 else {})]


def small_imports(probe: Probe) -> Flow[list[Finding]]:
    """The smallest import that shows how far it is."""
    question, setting = "Which imports show a status?", "jobs.import_status_visible_rows"
    if (yield from _shows(probe, 1)):
        return [probe.finding(question, "also that of a single row", {setting: 0})]
    if not (yield from _shows(probe, SMALL)):
        return [probe.finding(question, f"none of up to {SMALL} rows")]
    hidden, shown = 1, SMALL
    while shown - hidden > 1:
        middle = (hidden + shown) // 2
        hidden, shown = (hidden, middle) if (yield from _shows(probe, middle)) else (middle, shown)
    return [probe.finding(question, f"those of {shown} rows and more", {setting: shown})]


def trimming(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    yield from _import(probe, list_id, [("probe-1", "+15550100001", "  a  ")], expected=1)
    yield from probe.size(list_id)
    reply = yield from probe.send(api.search_leads(list_id, LEAD_ID, ["probe-1"]))
    entities = api.decode_body(reply).get("entities") or [{}]
    note = entities[0].get("data", {}).get(NOTE)
    told = {"a": "yes", "  a  ": "no"}.get(str(note), f"neither: {note!r}")
    return [probe.finding("Are the ends of a value trimmed by an import?", told)]


def _shows(probe: Probe, count: int) -> Flow[bool]:
    list_id = yield from probe.new_list()
    rows = [tuple(lead(n)["data"][name] for name in COLUMNS.names) for n in range(count)]
    shown = yield from _import(probe, list_id, rows, expected=count)
    return shown.percent is not None


def _import(probe: Probe, list_id: str, rows: Iterable[tuple[str, ...]], expected: int) -> Flow[api.ImportProgress]:
    """The last status of the import: at its end, or once the list holds as many contacts as are to be expected."""
    path = write_csv(probe, list_id, rows)
    call = api.upload_csv(list_id, path, contact_id_column=None, rows=expected)
    reply = yield from probe.send(replace(call, idempotent=False))
    path.unlink()
    if not reply.ok:
        raise api.Refusal(reply)
    waited, silent_s = 0.0, 0.0
    while True:
        shown = api.import_progress((yield from probe.send(api.import_status(list_id))))
        if shown.has_failed or shown.has_finished or waited > IMPORT_TIMEOUT_S:
            return shown
        if shown.state is None:
            count = api.contacts_count((yield from probe.send(api.search_all(list_id, page_size=1))))
            silent_s += IMPORT_POLL_S if count == expected else 0.0
            if silent_s > 2 * IMPORT_POLL_S:
                return shown
        yield Wait(IMPORT_POLL_S, "poll")
        waited += IMPORT_POLL_S


def write_csv(probe: Probe, list_id: str, rows: Iterable[tuple[str, ...]]) -> Path:
    path = probe.lab.resources.path.with_name(f"{list_id}.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(LEAD_ID, PHONE, NOTE), *rows])
    return path


EXPORT_POLLS, EXPORT_POLL_S = 240, 0.5
REDIRECTS = (302, 303, 307)


def export(probe: Probe) -> Flow[list[Finding]]:
    """Two exports of one list, with a change between them."""
    list_id = yield from probe.new_list()
    yield from probe.add(list_id, lead(1))
    yield from probe.size(list_id)
    first = yield from _export(probe, list_id)
    if first is None:
        return [probe.finding("Is an export to be had?", f"not within {EXPORT_POLLS * EXPORT_POLL_S:.0f} s")]
    seen = yield from _file(probe, first, list_id)
    yield from probe.add(list_id, lead(2))
    yield from probe.send(api.start_export(list_id))
    at_once = api.export_of((yield from probe.send(api.get_export(list_id))))
    question, setting = "What is answered while a second export is made?", "jobs.export_keeps_previous"
    if at_once is None:
        return [*seen, probe.finding(question, "that there is none", {setting: False})]
    if at_once.timestamp == first.timestamp:
        return [*seen, probe.finding(question, "the first one, which is stale", {setting: True})]
    return [*seen, probe.finding(question, "it was there at once, so this cannot be told")]


def _export(probe: Probe, list_id: str) -> Flow[api.Export | None]:
    yield from probe.send(api.start_export(list_id))
    pauses = repeat(EXPORT_POLL_S, EXPORT_POLLS - 1)
    call, has_export = api.get_export(list_id), lambda reply: api.export_of(reply) is not None
    return api.export_of((yield from poll_until(lambda: probe.send(call), has_export, pauses)))


def _file(probe: Probe, found: api.Export, list_id: str) -> Flow[list[Finding]]:
    hop: Reply = yield from probe.send(api.download(found.uri, list_id))
    question = "How is the file of an export reached?"
    content, seen = hop.body, [probe.finding(question, f"{hop.status}, the file itself")]
    if 300 <= hop.status < 400:
        settings = {"semantics.redirect_status": hop.status} if hop.status in REDIRECTS else {}
        seen = [probe.finding(question, f"{hop.status}, to a signed address", settings)]
        to = probe.lab.resources.path.with_name("export.csv")
        yield from probe.send(api.download_file(hop.headers["location"], list_id, to))
        content = to.read_bytes()
        to.unlink()
    return [*seen, *_content(probe, content)]


def _content(probe: Probe, content: bytes) -> list[Finding]:
    marked, quoted = content.startswith(b"\xef\xbb\xbf"), b'"inin-outbound-id"' in content[:40]
    told = f"{'a' if marked else 'no'} byte order mark, names {'in' if quoted else 'without'} quotes"
    seen = [probe.finding("How does the file of an export begin?", told)]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    flag = rows[0].get(f"Callable-{PHONE}") if rows else None
    question = "How does an export write yes?"
    settings = {"semantics.callable_format": flag} if flag in ("1", "true") else {}
    return [*seen, probe.finding(question, repr(flag), settings)]
