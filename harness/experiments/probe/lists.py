"""Contact lists: their names, columns and pages."""

from collections.abc import Callable
from dataclasses import replace
from itertools import repeat
from typing import Any

from ... import api
from ...flow import Flow, Reply, Save, Wait
from ...runs.created_resources import Created, CreatedResource, Creating
from ...strategies.flows import poll_until
from .checks import COLUMNS, LEAD_ID, NOBODY, Finding, Probe, bodies, largest, lead

LONGEST_NAME = 200
LONGEST_COLUMN = 512
MOST_COLUMNS = 200
LARGEST_PAGE = 1000


def page_past_the_end(probe: Probe) -> Flow[list[Finding]]:
    query = {"pageNumber": "9999"}
    reply = yield from probe.ask("lists.list", "GET", api.LISTS, query=query)
    told = "an empty page" if reply.ok else f"{reply.status} {api.Refusal(reply).code}"
    settings = {"semantics.page_past_the_end": "empty" if reply.ok else "not_found"}
    return [probe.finding("What is on a page past the end?", told, settings)]


def page_size(probe: Probe) -> Flow[list[Finding]]:
    question, kind = "How large may a page be?", "semantics.large_pages"
    reply = yield from _page(probe, LARGEST_PAGE)
    if not reply.ok:
        most = yield from largest(lambda size: _is_page(probe, size), 1, LARGEST_PAGE)
        told = f"{most}; more is {reply.status} {api.Refusal(reply).code}"
        return [probe.finding(question, told, {"limits.page_size": most, kind: "reject"})]
    most = api.decode_body(reply).get("pageSize", LARGEST_PAGE)
    if most >= LARGEST_PAGE:
        return [probe.finding(question, f"{LARGEST_PAGE} and perhaps more")]
    return [probe.finding(question, f"{most}, whatever is asked for", {"limits.page_size": most, kind: "clamp"})]


def _page(probe: Probe, size: int) -> Flow[Reply]:
    return probe.ask("lists.list", "GET", api.LISTS, query={"pageSize": str(size)})


def _is_page(probe: Probe, size: int) -> Flow[bool]:
    return (yield from _page(probe, size)).ok


def answers(probe: Probe) -> Flow[list[Finding]]:
    """Whether a list is answered with the kinds of columns that it has none of."""
    reply = yield from probe.ask("lists.get", "GET", f"{api.LISTS}/{(yield from probe.new_list())}")
    whole = "emailColumns" in api.decode_body(reply)
    told, value = ("all of them", "all") if whole else ("those that are set", "set")
    return [probe.finding("Which fields does a list's answer have?", told, {"semantics.list_answers": value})]


def unknown_division(probe: Probe) -> Flow[list[Finding]]:
    reply = yield from create_list(probe, probe.lab.name(""), COLUMNS.names, NOBODY)
    told = "it is made" if reply.ok else f"{reply.status} {api.Refusal(reply).code}"
    settings = {"semantics.unknown_divisions": "accept" if reply.ok else "reject"}
    return [probe.finding("What becomes of a list in a division that does not exist?", told, settings)]


def name_length(probe: Probe) -> Flow[list[Finding]]:
    def accepts(length: int) -> Flow[bool]:
        return _create(probe, probe.lab.name("").ljust(length, "x"), COLUMNS.names)

    least = len(probe.lab.name("")) + 3
    most = yield from largest(accepts, least, LONGEST_NAME)
    settings = {"limits.list_name_chars": most} if most < LONGEST_NAME else {}
    return [probe.finding("How long may a list's name be?", f"{most} characters", settings)]


def column_names(probe: Probe) -> Flow[list[Finding]]:
    def accepts(length: int) -> Flow[bool]:
        return _create(probe, probe.lab.name(""), (*COLUMNS.names[:2], "x" * length))

    most = yield from largest(accepts, 1, LONGEST_COLUMN)
    settings = {"limits.column_name_chars": most} if most < LONGEST_COLUMN else {}
    return [probe.finding("How long may a column's name be?", f"{most} characters", settings)]


def column_count(probe: Probe) -> Flow[list[Finding]]:
    def accepts(count: int) -> Flow[bool]:
        return _create(probe, probe.lab.name(""), (*COLUMNS.names[:2], *(f"column {n}" for n in range(count - 2))))

    most = yield from largest(accepts, 3, MOST_COLUMNS)
    settings = {"limits.columns_per_list": most} if most < MOST_COLUMNS else {}
    return [probe.finding("How many columns may a list have?", f"{most}", settings)]


def _create(probe: Probe, name: str, columns: tuple[str, ...]) -> Flow[bool]:
    """Whether the org makes such a list."""
    return (yield from create_list(probe, name, columns)).ok


def create_list(probe: Probe, name: str, columns: tuple[str, ...], division_id: str | None = None) -> Flow[Reply]:
    """The answer to a list that may be refused; if the org makes it, it goes away with the others."""
    thing = CreatedResource(kind="contact_list", name=name)
    yield Save(Creating(thing))
    call = api.create_list(name, replace(COLUMNS, names=columns), division_id)
    reply = yield from probe.send(call)
    if reply.ok:
        yield Save(Created(replace(thing, id=api.created_list_id(reply))))
    return reply


STEP_S = 0.2
LONGEST_S = 60.0


def by_id(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    contact_id = bodies((yield from probe.add(list_id, lead(1))))[0]["id"]
    path = f"{api.LISTS}/{list_id}/contacts/{contact_id}"
    return (yield from _lag(probe, "by its id", "get_lag_s", lambda: probe.ask("contacts.get", "GET", path), _is_there))


def by_search(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    yield from probe.add(list_id, lead(1))
    return (
        yield from _lag(
            probe,
            "by a search",
            "search_lag_s",
            lambda: probe.send(api.search_leads(list_id, LEAD_ID, ["probe-1"])),
            lambda reply: bool(api.decode_body(reply).get("entities")),
        )
    )


def by_size(probe: Probe) -> Flow[list[Finding]]:
    """The size of a list can be asked for only once the list can be read: then a second contact is added."""
    list_id = yield from probe.new_list()
    yield from probe.size(list_id)

    def look() -> Flow[Reply]:
        return probe.ask("lists.get", "GET", f"{api.LISTS}/{list_id}", query={"includeSize": "true"})

    yield from poll_until(look, lambda reply: reply.status != 404, repeat(STEP_S))
    yield from probe.add(list_id, lead(1))

    def is_counted(reply: Reply) -> bool:
        return bool(api.decode_body(reply).get("size") == 1)

    return (yield from _lag(probe, "in the size of its list", "size_lag_s", look, is_counted))


def _is_there(reply: Reply) -> bool:
    return reply.ok


def _lag(
    probe: Probe, where: str, setting: str, look: Callable[[], Flow[Reply]], is_seen: Callable[[Reply], bool]
) -> Flow[list[Finding]]:
    """Half-way between the last look that did not see it and the first that did."""
    question = f"When is a new contact seen {where}?"
    written_at = unseen_at = probe.lab.session.now()
    while not is_seen((yield from look())):
        unseen_at = probe.lab.session.now()
        if unseen_at - written_at > LONGEST_S:
            return [probe.finding(question, f"not within {LONGEST_S:.0f} s")]
        yield Wait(STEP_S, "poll")
    if unseen_at == written_at:
        return [probe.finding(question, "at once", {f"semantics.{setting}": 0.0})]
    lag = round((unseen_at + probe.lab.session.now()) / 2 - written_at, 1)
    settings: dict[str, Any] = {f"semantics.{setting}": lag}
    return [probe.finding(question, f"after about {lag} s", settings)]
