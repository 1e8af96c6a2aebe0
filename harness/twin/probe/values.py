"""Columns and values: which may be missing, which too many, how long a value may be and what counts as its length."""

from typing import Any

from ... import api
from ...flow import Flow, Reply
from .asking import LEAD_ID, NOTE, PHONE, Asker, Observation, bodies, largest, lead

LONGEST = 4096


def unknown_columns(asker: Asker) -> Flow[list[Observation]]:
    list_id, contact = (yield from asker.new_list()), lead(1)
    contact["data"]["Nobody knows"] = "x"
    reply = yield from asker.add(list_id, contact)
    question, setting = "What becomes of a column the list does not have?", "semantics.unknown_columns"
    if not reply.ok:
        return [asker.seen(question, f"{reply.status} {api.Refusal(reply).code}", {setting: "reject"})]
    kept = "Nobody knows" in bodies(reply)[0]["data"]
    return [asker.seen(question, "it is stored" if kept else "it is dropped", {} if kept else {setting: "ignore"})]


def missing_columns(asker: Asker) -> Flow[list[Observation]]:
    list_id, contact = (yield from asker.new_list()), lead(1)
    del contact["data"][NOTE]
    reply = yield from asker.add(list_id, contact)
    told = "it may be" if reply.ok else f"{reply.status} {api.Refusal(reply).code}"
    settings = {"semantics.missing_columns": "allow" if reply.ok else "reject"}
    return [asker.seen("May a column of the list be missing?", told, settings)]


def update(asker: Asker) -> Flow[list[Observation]]:
    """A contact is updated without one of its columns."""
    list_id = yield from asker.new_list()
    contact_id = bodies((yield from asker.add(list_id, lead(1, "before"))))[0]["id"]
    body = {"data": {LEAD_ID: "probe-1", PHONE: "+15550100002"}}
    path = f"{api.LISTS}/{list_id}/contacts/{contact_id}"
    reply = yield from asker.ask("contacts.update", "PUT", path, body)
    question = "What does an update do to columns it does not name?"
    if not reply.ok:
        return [asker.seen(question, f"it has to name them all: {reply.status} {api.Refusal(reply).code}")]
    note = (yield from _data(asker, list_id, contact_id)).get(NOTE)
    told, value = ("they stay", "merge") if note == "before" else ("they are emptied", "replace")
    return [asker.seen(question, told, {"semantics.update": value})]


def trimming(asker: Asker) -> Flow[list[Observation]]:
    list_id = yield from asker.new_list()
    contact_id = bodies((yield from asker.add(list_id, lead(1, "  a  "))))[0]["id"]
    note = (yield from _data(asker, list_id, contact_id)).get(NOTE)
    told = "yes" if note == "a" else "no" if note == "  a  " else f"neither: {note!r}"
    return [asker.seen("Are the ends of a value trimmed by a POST?", told)]


def value_length(asker: Asker) -> Flow[list[Observation]]:
    """The longest value of plain letters; then whether as many wider characters fit, and so what is counted."""
    list_id = yield from asker.new_list()

    def accepts(value: str) -> Flow[bool]:
        reply = yield from asker.add(list_id, lead(1, value))
        return reply.ok

    most = yield from largest(lambda length: accepts("x" * length), 1, LONGEST)
    if most == LONGEST:
        return [asker.seen("How long may a value be?", f"{LONGEST} characters and perhaps more")]
    bytes_count = not (yield from accepts("é" * most))
    units_count = not (yield from accepts("\U0001f600" * most))
    unit = "bytes of UTF-8" if bytes_count else "UTF-16 units" if units_count else "characters (code points)"
    return [asker.seen("How long may a value be?", f"{most} {unit}", {"limits.cell_chars": most})]


def _data(asker: Asker, list_id: str, contact_id: str) -> Flow[dict[str, Any]]:
    reply: Reply = yield from asker.get(list_id, contact_id)
    data: dict[str, Any] = api.decoded(reply).get("data", {})
    return data
