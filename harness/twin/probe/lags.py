"""How long after a write its contact is seen: by its id, by a search, in the size of the list."""

from collections.abc import Callable
from typing import Any

from ... import api
from ...flow import Flow, Reply, Wait
from .asking import LEAD_ID, Asker, Observation, bodies, lead

STEP_S = 0.2
LONGEST_S = 60.0


def by_id(asker: Asker) -> Flow[list[Observation]]:
    list_id = yield from asker.new_list()
    contact_id = bodies((yield from asker.add(list_id, lead(1))))[0]["id"]
    path = f"{api.LISTS}/{list_id}/contacts/{contact_id}"
    return (yield from _lag(asker, "by its id", "get_lag_s", lambda: asker.ask("contacts.get", "GET", path), _is_there))


def by_search(asker: Asker) -> Flow[list[Observation]]:
    list_id = yield from asker.new_list()
    yield from asker.add(list_id, lead(1))
    return (
        yield from _lag(
            asker,
            "by a search",
            "search_lag_s",
            lambda: asker.sent(api.search_leads(list_id, LEAD_ID, ["probe-1"])),
            lambda reply: bool(api.decoded(reply).get("entities")),
        )
    )


def by_size(asker: Asker) -> Flow[list[Observation]]:
    """The size of a list can be asked for only once the list can be read: then a second contact is added."""
    list_id = yield from asker.new_list()
    yield from asker.size(list_id)
    path, query = f"{api.LISTS}/{list_id}", {"includeSize": "true"}
    while (yield from asker.ask("lists.get", "GET", path, query=query)).status == 404:
        yield Wait(STEP_S, "poll")
    yield from asker.add(list_id, lead(1))
    return (
        yield from _lag(
            asker,
            "in the size of its list",
            "size_lag_s",
            lambda: asker.ask("lists.get", "GET", path, query=query),
            lambda reply: api.decoded(reply).get("size") == 1,
        )
    )


def _is_there(reply: Reply) -> bool:
    return reply.ok


def _lag(
    asker: Asker, where: str, setting: str, look: Callable[[], Flow[Reply]], is_seen: Callable[[Reply], bool]
) -> Flow[list[Observation]]:
    """Half-way between the last look that did not see it and the first that did."""
    question = f"When is a new contact seen {where}?"
    written_at = unseen_at = asker.lab.session.now()
    while not is_seen((yield from look())):
        unseen_at = asker.lab.session.now()
        if unseen_at - written_at > LONGEST_S:
            return [asker.seen(question, f"not within {LONGEST_S:.0f} s")]
        yield Wait(STEP_S, "poll")
    if unseen_at == written_at:
        return [asker.seen(question, "at once", {f"semantics.{setting}": 0.0})]
    lag = round((unseen_at + asker.lab.session.now()) / 2 - written_at, 1)
    settings: dict[str, Any] = {f"semantics.{setting}": lag}
    return [asker.seen(question, f"after about {lag} s", settings)]
