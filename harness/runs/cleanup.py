"""`contactbench cleanup`: remove what a run has made in an org, and nothing else.

A list goes only if its id or name stands in the run's folder and the org's list of that id still has that very name,
which carries the run's id. Whatever is gone already is done.
"""

import asyncio
import random
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

from .. import api
from ..client.asyncio_driver import open_driver
from ..client.oauth import Session
from ..client.org_safety import OrgOptions
from ..client.request_context import EventSink, NullJournal
from ..client.retry import RetryPolicy
from ..errors import StateError
from ..flow import Flow, Reply, Save, T, adrive, reply_to
from ..journal.open_journal import has_journal, open_journal
from ..status import status
from ..strategies.csv_import import IMPORTING
from ..strategies.flows import poll_until, stop
from . import canary
from .asyncio_runner import wrap_flow
from .created_resources import FILE, CreatedResource, Removed, ResourceLog, read
from .resolve_target import target_of_run

CALLS = {  # find by name, get, delete
    "contact_list": (api.find_list, api.get_list, api.delete_list),
    "dnc_list": (api.find_dnc_list, api.get_dnc_list, api.delete_dnc_list),
}
Fate = Literal["removed", "gone", "would be removed", "not ours"]
GONE = 404
POLL_S = 5.0
IMPORT_POLLS = 60


def cleanup(
    folder: Path, aim: OrgOptions, *, really: bool, tell: Callable[[str], None], url: str = ""
) -> dict[str, Any]:
    """What became of each thing; without `really`, what would. Raises RunError."""
    places = [place for place in (folder, *canary.folders(folder)) if (place / FILE).exists() or has_journal(place)]
    if not places:
        raise StateError("NO_STATE", f"{folder} does not say what was made; name the folder of a run.")
    fates = [each for place in places for each in _fates(place, aim, url if place == folder else "", really=really)]
    for thing, fate in fates:
        tell(f"{thing.kind} {thing.name!r} {thing.id or ''}: {fate}")
    if not really and any(fate == "would be removed" for _, fate in fates):
        tell("nothing was removed; add --yes to remove it.")
    return {
        "run": str(folder),
        "things": [{"kind": t.kind, "name": t.name, "id": t.id, "fate": fate} for t, fate in fates],
        "removed": sum(fate == "removed" for _, fate in fates),
    }


def _fates(folder: Path, aim: OrgOptions, url: str, *, really: bool) -> list[tuple[CreatedResource, Fate]]:
    if (folder / FILE).exists():
        known = read(folder / FILE)
        resource_log = ResourceLog(folder, known.host, known.run_id, known.org)
        return asyncio.run(_remove_all(known.left, known.host, known.org, resource_log, folder, aim, really=really))
    with open_journal(folder, url) as journal:
        facts = journal.facts()
        things = [
            CreatedResource(kind="contact_list", name=record.shard.list_name, id=record.contact_list_id)
            for record in journal.shards()
        ]
        host, org = facts["host"], facts.get("org", "")
        return asyncio.run(_remove_all(things, host, org, NullJournal(), folder, aim, really=really))


async def _remove_all(
    things: list[CreatedResource],
    host: str,
    org: str,
    resource_log: EventSink,
    folder: Path,
    aim: OrgOptions,
    *,
    really: bool,
) -> list[tuple[CreatedResource, Fate]]:
    target, credentials = target_of_run(host, org, aim)
    async with open_driver(target, resource_log, folder / "cleanup.csv", 1) as driver:
        session = Session(credentials, driver.context.now)
        fates = []
        status().begin("removing" if really else "looking", total=len(things), unit="list")
        for thing in things:
            flow = remove(thing, really=really)
            fates.append((thing, await adrive(wrap_flow(flow, session, RetryPolicy(), random.Random(0)), driver)))
            status().advance()
        return fates


def remove(thing: CreatedResource, *, really: bool = True) -> Flow[Fate]:
    """What became of it. Deleted only if it is what we made: the same kind, the same name."""
    find, get, delete = CALLS[thing.kind]
    thing_id = thing.id
    if thing_id is None:
        thing_id = _read(api.list_id_by_name, (yield find(thing.name)), thing, thing.name)
    fate: Fate = "gone"
    if thing_id is not None and (reply := (yield get(thing_id))).status != GONE:
        if _read(api.entity_name, reply, thing) != thing.name:
            return "not ours"
        if not really:
            return "would be removed"
        call = delete(thing_id)
        # A list whose import still runs is not deleted, so its end is awaited.
        reply = yield from poll_until(lambda: reply_to(call), _has_no_import, repeat(POLL_S, IMPORT_POLLS - 1))
        if not reply.ok and reply.status != GONE:
            raise stop("cleanup", thing_id, reply)
        fate = "removed"
    if really:
        yield Save(Removed(thing))
    return fate


def _has_no_import(reply: Reply) -> bool:
    return reply.status != 400 or api.Refusal(reply).code != IMPORTING


def _read(reader: Callable[..., T], reply: Reply, thing: CreatedResource, *rest: Any) -> T:
    try:
        return reader(reply, *rest)
    except (api.Refusal, api.BadResponse):
        raise stop("cleanup", thing.id or thing.name, reply) from None
