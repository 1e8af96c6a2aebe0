"""Contact lists: their names, columns and pages."""

from dataclasses import replace
from typing import Any

from ... import api
from ...belongings import Belonging, Made, Making
from ...flow import Flow, Save
from .asking import COLUMNS, Asker, Observation, largest

LONGEST_NAME = 200
LONGEST_COLUMN = 512
MOST_COLUMNS = 200


def page_past_the_end(asker: Asker) -> Flow[list[Observation]]:
    query = {"pageNumber": "9999"}
    reply = yield from asker.ask("lists.list", "GET", api.LISTS, query=query)
    told = "an empty page" if reply.ok else f"{reply.status} {api.Refusal(reply).code}"
    settings = {"semantics.page_past_the_end": "empty" if reply.ok else "not_found"}
    return [asker.seen("What is on a page past the end?", told, settings)]


def page_size(asker: Asker) -> Flow[list[Observation]]:
    reply = yield from asker.ask("lists.list", "GET", api.LISTS, query={"pageSize": "1000"})
    question, most = "How large may a page be?", api.decoded(reply).get("pageSize") if reply.ok else None
    if most is None or most >= 1000:
        return [asker.seen(question, f"asked for 1000: {reply.status}")]
    return [asker.seen(question, f"{most}, whatever is asked for", {"limits.page_size": most})]


def name_length(asker: Asker) -> Flow[list[Observation]]:
    def accepts(length: int) -> Flow[bool]:
        return _made(asker, asker.lab.name("").ljust(length, "x"), COLUMNS.names)

    least = len(asker.lab.name("")) + 3
    most = yield from largest(accepts, least, LONGEST_NAME)
    settings = {"limits.list_name_chars": most} if most < LONGEST_NAME else {}
    return [asker.seen("How long may a list's name be?", f"{most} characters", settings)]


def column_names(asker: Asker) -> Flow[list[Observation]]:
    def accepts(length: int) -> Flow[bool]:
        return _made(asker, asker.lab.name(""), (*COLUMNS.names[:2], "x" * length))

    most = yield from largest(accepts, 1, LONGEST_COLUMN)
    settings = {"limits.column_name_chars": most} if most < LONGEST_COLUMN else {}
    return [asker.seen("How long may a column's name be?", f"{most} characters", settings)]


def column_count(asker: Asker) -> Flow[list[Observation]]:
    def accepts(count: int) -> Flow[bool]:
        return _made(asker, asker.lab.name(""), (*COLUMNS.names[:2], *(f"column {n}" for n in range(count - 2))))

    most = yield from largest(accepts, 3, MOST_COLUMNS)
    settings = {"limits.columns_per_list": most} if most < MOST_COLUMNS else {}
    return [asker.seen("How many columns may a list have?", f"{most}", settings)]


def _made(asker: Asker, name: str, columns: tuple[str, ...]) -> Flow[bool]:
    """Whether the org makes such a list."""
    thing = Belonging(kind="contact_list", name=name)
    yield Save(Making(thing))
    reply: Any = yield from asker.sent(api.create_list(name, replace(COLUMNS, names=columns)))
    if reply.ok:
        yield Save(Made(replace(thing, id=api.created_list_id(reply))))
    return bool(reply.ok)
