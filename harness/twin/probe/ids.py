"""Contact ids: whose they are, how long, of which characters."""

import re

from ... import api
from ...flow import Flow
from .asking import NOTE, Asker, Observation, bodies, largest, lead

LONGEST = 512
MARKS = "._:@+/ #$é-"  # tried one by one; the hyphen last, where it makes no range of a class


def own_ids(asker: Asker) -> Flow[list[Observation]]:
    """Whether an id that is given is taken, in one list and in two, and what a second contact of that id is."""
    first, second = (yield from asker.new_list()), (yield from asker.new_list())
    taken = yield from _id_given_back(asker, first, "probe-own-1")
    question = "Is a contact's own id taken?"
    if not taken:
        return [asker.seen(question, "no: the org makes its own", {"semantics.own_ids": "ignore"})]
    twice = yield from _id_given_back(asker, second, "probe-own-1")
    told = "yes, and the same id may be in two lists" if twice else "yes, but in one list only"
    seen = [asker.seen(question, told, {"semantics.own_ids": "accept"})]
    yield from asker.add(first, lead(1, "changed", id="probe-own-1"))
    size = yield from asker.size(first)
    reply = yield from asker.get(first, "probe-own-1")
    note = "" if not reply.ok else api.decoded(reply)["data"].get(NOTE)
    told = "an update" if (size, note) == (1, "changed") else f"not a plain update: {size} contacts, the note {note!r}"
    return [*seen, asker.seen("What is a second contact of the same id?", told)]


def id_length(asker: Asker) -> Flow[list[Observation]]:
    list_id = yield from asker.new_list()
    if not (yield from _id_given_back(asker, list_id, "p")):
        return []

    def accepts(length: int) -> Flow[bool]:
        return _id_given_back(asker, list_id, "p" * length)

    most = yield from largest(accepts, 1, LONGEST)
    settings = {"limits.contact_id_chars": most} if most < LONGEST else {}
    told = f"{most} characters" if settings else f"{LONGEST} characters and perhaps more"
    return [asker.seen("How long may an own id be?", told, settings)]


def id_alphabet(asker: Asker) -> Flow[list[Observation]]:
    list_id = yield from asker.new_list()
    if not (yield from _id_given_back(asker, list_id, "p")):
        return []
    allowed = ""
    for mark in MARKS:
        if (yield from _id_given_back(asker, list_id, f"p{mark}1")):
            allowed += mark
    pattern = "" if allowed == MARKS else f"[A-Za-z0-9{''.join(_in_a_class(mark) for mark in allowed)}]+"
    told = f"letters, digits and {' '.join(allowed) or 'nothing else'} (tried: {' '.join(MARKS)})"
    return [asker.seen("Which characters may an own id have?", told, {"limits.contact_id_pattern": pattern})]


def _id_given_back(asker: Asker, list_id: str, contact_id: str) -> Flow[bool]:
    reply = yield from asker.add(list_id, lead(1, id=contact_id))
    return reply.ok and [one.get("id") for one in bodies(reply)] == [contact_id]


def _in_a_class(mark: str) -> str:
    return mark if mark in "._-" else re.escape(mark)
