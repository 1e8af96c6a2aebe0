"""Contacts: their ids, columns and values, and POSTs of many: how many, how large, in which order, with a bad one."""

import re
from typing import Any

from ... import api
from ...flow import Flow, Reply
from .checks import LEAD_ID, NOTE, PHONE, Finding, Probe, bodies, largest, lead

LONGEST_ID = 512
MARKS = "._:@+/ #$é-"  # tried one by one; the hyphen last, where it makes no range of a class


def own_ids(probe: Probe) -> Flow[list[Finding]]:
    """Whether an id that is given is taken, in one list and in two, and what a second contact of that id is."""
    first, second = (yield from probe.new_list()), (yield from probe.new_list())
    taken = yield from _id_given_back(probe, first, "probe-own-1")
    question = "Is a contact's own id taken?"
    if not taken:
        return [probe.finding(question, "no: the org makes its own", {"semantics.own_ids": "ignore"})]
    twice = yield from _id_given_back(probe, second, "probe-own-1")
    told = "yes, and the same id may be in two lists" if twice else "yes, but in one list only"
    seen = [probe.finding(question, told, {"semantics.own_ids": "accept"})]
    yield from probe.add(first, lead(1, "changed", id="probe-own-1"))
    size = yield from probe.size(first)
    reply = yield from probe.get(first, "probe-own-1")
    note = "" if not reply.ok else api.decode_body(reply)["data"].get(NOTE)
    told = "an update" if (size, note) == (1, "changed") else f"not a plain update: {size} contacts, the note {note!r}"
    return [*seen, probe.finding("What is a second contact of the same id?", told)]


def id_length(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    if not (yield from _id_given_back(probe, list_id, "p")):
        return []

    def accepts(length: int) -> Flow[bool]:
        return _id_given_back(probe, list_id, "p" * length)

    most = yield from largest(accepts, 1, LONGEST_ID)
    settings = {"limits.contact_id_chars": most} if most < LONGEST_ID else {}
    told = f"{most} characters" if settings else f"{LONGEST_ID} characters and perhaps more"
    return [probe.finding("How long may an own id be?", told, settings)]


def id_alphabet(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    if not (yield from _id_given_back(probe, list_id, "p")):
        return []
    allowed = ""
    for mark in MARKS:
        if (yield from _id_given_back(probe, list_id, f"p{mark}1")):
            allowed += mark
    pattern = "" if allowed == MARKS else f"[A-Za-z0-9{''.join(_in_a_class(mark) for mark in allowed)}]+"
    told = f"letters, digits and {' '.join(allowed) or 'nothing else'} (tried: {' '.join(MARKS)})"
    return [probe.finding("Which characters may an own id have?", told, {"limits.contact_id_pattern": pattern})]


def _id_given_back(probe: Probe, list_id: str, contact_id: str) -> Flow[bool]:
    reply = yield from probe.add(list_id, lead(1, id=contact_id))
    return reply.ok and [one.get("id") for one in bodies(reply)] == [contact_id]


def _in_a_class(mark: str) -> str:
    return mark if mark in "._-" else re.escape(mark)


def empty_id(probe: Probe) -> Flow[list[Finding]]:
    reply = yield from probe.add((yield from probe.new_list()), lead(1, id=""))
    told = "none: the org makes one" if reply.ok else f"{reply.status} {api.Refusal(reply).code}"
    settings = {"semantics.empty_ids": "none" if reply.ok else "reject"}
    return [probe.finding('What is "" as the id of a contact?', told, settings)]


LONGEST_VALUE = 4096


def unknown_columns(probe: Probe) -> Flow[list[Finding]]:
    list_id, contact = (yield from probe.new_list()), lead(1)
    contact["data"]["Nobody knows"] = "x"
    reply = yield from probe.add(list_id, contact)
    question, setting = "What becomes of a column the list does not have?", "semantics.unknown_columns"
    if not reply.ok:
        return [probe.finding(question, f"{reply.status} {api.Refusal(reply).code}", {setting: "reject"})]
    kept = "Nobody knows" in bodies(reply)[0]["data"]
    return [probe.finding(question, "it is stored" if kept else "it is dropped", {} if kept else {setting: "ignore"})]


def missing_columns(probe: Probe) -> Flow[list[Finding]]:
    list_id, contact = (yield from probe.new_list()), lead(1)
    del contact["data"][NOTE]
    reply = yield from probe.add(list_id, contact)
    told = "it may be" if reply.ok else f"{reply.status} {api.Refusal(reply).code}"
    settings = {"semantics.missing_columns": "allow" if reply.ok else "reject"}
    return [probe.finding("May a column of the list be missing?", told, settings)]


def update(probe: Probe) -> Flow[list[Finding]]:
    """A contact is updated without one of its columns."""
    list_id = yield from probe.new_list()
    contact_id = bodies((yield from probe.add(list_id, lead(1, "before"))))[0]["id"]
    body = {"data": {LEAD_ID: "probe-1", PHONE: "+15550100002"}}
    path = f"{api.LISTS}/{list_id}/contacts/{contact_id}"
    reply = yield from probe.ask("contacts.update", "PUT", path, body)
    question = "What does an update do to columns it does not name?"
    if not reply.ok:
        return [probe.finding(question, f"it has to name them all: {reply.status} {api.Refusal(reply).code}")]
    note = (yield from _data(probe, list_id, contact_id)).get(NOTE)
    told, value = ("they stay", "merge") if note == "before" else ("they are emptied", "replace")
    return [probe.finding(question, told, {"semantics.update": value})]


def trimming(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    contact_id = bodies((yield from probe.add(list_id, lead(1, "  a  "))))[0]["id"]
    note = (yield from _data(probe, list_id, contact_id)).get(NOTE)
    told = "yes" if note == "a" else "no" if note == "  a  " else f"neither: {note!r}"
    return [probe.finding("Are the ends of a value trimmed by a POST?", told)]


def value_length(probe: Probe) -> Flow[list[Finding]]:
    """The longest value of plain letters; then whether as many wider characters fit, and so what is counted."""
    list_id = yield from probe.new_list()

    def accepts(value: str) -> Flow[bool]:
        reply = yield from probe.add(list_id, lead(1, value))
        return reply.ok

    most = yield from largest(lambda length: accepts("x" * length), 1, LONGEST_VALUE)
    if most == LONGEST_VALUE:
        return [probe.finding("How long may a value be?", f"{LONGEST_VALUE} characters and perhaps more")]
    bytes_count = not (yield from accepts("é" * most))
    units_count = not (yield from accepts("\U0001f600" * most))
    unit = "bytes of UTF-8" if bytes_count else "UTF-16 units" if units_count else "characters (code points)"
    return [probe.finding("How long may a value be?", f"{most} {unit}", {"limits.cell_chars": most})]


def _data(probe: Probe, list_id: str, contact_id: str) -> Flow[dict[str, Any]]:
    reply: Reply = yield from probe.get(list_id, contact_id)
    data: dict[str, Any] = api.decode_body(reply).get("data", {})
    return data


FAR_TOO_LONG = "x" * 20_000  # for any cell
MANY = 1001
MOST_BYTES = 4_000_000


def answer_order(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    reply = yield from probe.add(list_id, *(lead(number) for number in range(20)))
    echoed = [one["data"][LEAD_ID] for one in bodies(reply)]
    same = echoed == [f"probe-{number}" for number in range(20)]
    told = "the order of the request" if same else "another order"
    return [
        probe.finding(
            "In which order are contacts answered?", told, {"semantics.answer_order": "request" if same else "shuffled"}
        )
    ]


def one_bad_contact(probe: Probe) -> Flow[list[Finding]]:
    """Two good ones, a bad one, two good ones."""
    list_id = yield from probe.new_list()
    contacts = [lead(number, FAR_TOO_LONG if number == 2 else "note") for number in range(5)]
    reply = yield from probe.add(list_id, *contacts)
    size = yield from probe.size(list_id)
    question = "What does one bad contact do to its batch?"
    if reply.ok:
        return [probe.finding(question, f"{size} of 5 are stored, and the answer is {reply.status}")]
    told = f"{reply.status}, and {size} of 5 are stored"
    return [probe.finding(question, told, {"semantics.bad_batch": "partial" if size else "reject"})]


def contacts_per_post(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    reply = yield from probe.add(list_id, *(lead(number) for number in range(MANY)))
    return [_limit(probe, reply, "How many contacts may a POST hold?", "limits.contacts_per_post", MANY)]


def contacts_per_bulk_get(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    ids = [f"probe-{number}" for number in range(MANY)]
    reply = yield from probe.ask("contacts.bulk", "POST", f"{api.LISTS}/{list_id}/contacts/bulk", ids)
    return [_limit(probe, reply, "How many contacts may a bulk get name?", "limits.contacts_per_bulk_get", MANY)]


def contacts_per_delete(probe: Probe) -> Flow[list[Finding]]:
    list_id, count = (yield from probe.new_list()), 500
    query = {"contactIds": ",".join(f"p{number}" for number in range(count))}
    reply = yield from probe.ask("contacts.delete_many", "DELETE", f"{api.LISTS}/{list_id}/contacts", query=query)
    return [_limit(probe, reply, "How many contacts may one DELETE name?", "limits.contacts_per_delete", count)]


def body_bytes(probe: Probe) -> Flow[list[Finding]]:
    """An empty batch with white space behind it: what is too large is refused before it is read."""
    list_id = yield from probe.new_list()
    reply = yield from _post_padded(probe, list_id, MOST_BYTES)
    question, setting = "How many bytes may a body have?", "limits.request_body_bytes"
    if reply.status != 413:
        return [probe.finding(question, f"{MOST_BYTES:,} and perhaps more")]
    if told := api.Refusal(reply).limit:
        return [probe.finding(question, f"{told:,}, says the refusal", {setting: told})]
    least, most = 100_000, MOST_BYTES
    while most - least > least // 100:
        middle = (least + most) // 2
        refused = (yield from _post_padded(probe, list_id, middle)).status == 413
        least, most = (least, middle) if refused else (middle, most)
    return [probe.finding(question, f"between {least:,} and {most:,}", {setting: least})]


def _post_padded(probe: Probe, list_id: str, size: int) -> Flow[Reply]:
    return probe.ask("contacts.add", "POST", f"{api.LISTS}/{list_id}/contacts", b"[]".ljust(size))


def _limit(probe: Probe, reply: Reply, question: str, setting: str, tried: int) -> Finding:
    if reply.ok:
        return probe.finding(question, f"{tried:,} and perhaps more")
    if told := api.Refusal(reply).limit:
        return probe.finding(question, f"{told:,}, says the refusal", {setting: told})
    return probe.finding(question, f"fewer than {tried:,}: {reply.status} {api.Refusal(reply).code}")
