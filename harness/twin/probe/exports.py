"""Exports: what the flags look like, how the file is reached, and what becomes of an earlier export."""

import csv
import io

from ... import api
from ...flow import Flow, Reply, Wait
from .asking import PHONE, Asker, Observation, lead

PATIENCE_S = 120.0
STEP_S = 0.5
REDIRECTS = (302, 303, 307)


def export(asker: Asker) -> Flow[list[Observation]]:
    """Two exports of one list, with a change between them."""
    list_id = yield from asker.new_list()
    yield from asker.add(list_id, lead(1))
    yield from asker.size(list_id)
    first = yield from _export(asker, list_id)
    if first is None:
        return [asker.seen("Is an export to be had?", f"not within {PATIENCE_S:.0f} s")]
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


def _export(asker: Asker, list_id: str) -> Flow[api.Export | None]:
    yield from asker.sent(api.start_export(list_id))
    waited = 0.0
    while waited < PATIENCE_S:
        found = api.export_of((yield from asker.sent(api.get_export(list_id))))
        if found is not None:
            return found
        yield Wait(STEP_S, "poll")
        waited += STEP_S
    return None


def _file(asker: Asker, found: api.Export, list_id: str) -> Flow[list[Observation]]:
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


def _content(asker: Asker, content: bytes) -> list[Observation]:
    marked, quoted = content.startswith(b"\xef\xbb\xbf"), b'"inin-outbound-id"' in content[:40]
    told = f"{'a' if marked else 'no'} byte order mark, names {'in' if quoted else 'without'} quotes"
    seen = [asker.seen("How does the file of an export begin?", told)]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    flag = rows[0].get(f"Callable-{PHONE}") if rows else None
    question = "How does an export write yes?"
    settings = {"semantics.callable_format": flag} if flag in ("1", "true") else {}
    return [*seen, asker.seen(question, repr(flag), settings)]
