"""`contactbench cleanup`: remove what a run has made in an org, and nothing else.

A list goes only if its id or name stands in the run's folder and the org's list of that id still has that very name,
which carries the run's id. An upload's list must also hold nothing but what the run sent, by an export of now, and no
campaign may use it. Whatever is gone already is done.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

from .. import api
from ..client.asyncio_driver import open_driver
from ..client.oauth import Session
from ..client.org_safety import OrgOptions
from ..client.request_context import EventSink, NullJournal
from ..client.retry import RetryPolicy
from ..errors import SafetyStop, StateError
from ..flow import Flow, Reply, Save, T, Work, adrive, reply_to
from ..journal.open_journal import has_journal, open_journal
from ..journal.schema import ShardRecord
from ..mapping.files import RunFiles
from ..mapping.verify import count_foreign
from ..status import status
from ..strategies.csv_import import IMPORTING
from ..strategies.export import export_list
from ..strategies.flows import answer_of, poll_until, stop
from ..strategies.job import Job
from ..strategies.lists import count_contacts
from ..wording import quantity
from . import canary
from .asyncio_runner import wrap_flow
from .created_resources import FILE, CreatedResource, Removed, ResourceLog, read
from .resolve_target import target_of_run
from .run import mapped_parts, stored_job

CALLS = {  # find by name, get, delete
    "contact_list": (api.find_list, api.get_list, api.delete_list),
    "dnc_list": (api.find_dnc_list, api.get_dnc_list, api.delete_dnc_list),
}
Fate = Literal["removed", "gone", "would be removed", "not ours", "kept"]
Fates = list[tuple[CreatedResource, Fate]]
Guard = Callable[[CreatedResource, str], Flow[None]]  # raises Kept for a list that may not go, given its id
GONE = 404
POLL_S = 5.0
IMPORT_POLLS = 60


def cleanup(
    folder: Path, aim: OrgOptions, *, really: bool, tell: Callable[[str], None], url: str = ""
) -> tuple[dict[str, Any], "Kept | None"]:
    """What became of each thing, or without `really` would; and why one was kept. Raises RunError."""
    places = [place for place in (folder, *canary.folders(folder)) if (place / FILE).exists() or has_journal(place)]
    if not places:
        raise StateError("NO_STATE", f"{folder} does not say what was made; name the folder of a run.")
    problems: list[Kept] = []
    fates = [
        each for place in places for each in _fates(place, aim, url if place == folder else "", problems, really=really)
    ]
    for thing, fate in fates:
        tell(f"{thing.kind} {thing.name!r} {thing.id or ''}: {fate}")
    for problem in problems[1:]:
        tell(str(problem))
    if not really and any(fate == "would be removed" for _, fate in fates):
        tell("nothing was removed; add --yes to remove it.")
    document = {
        "run": str(folder),
        "things": [{"kind": t.kind, "name": t.name, "id": t.id, "fate": fate} for t, fate in fates],
        "removed": sum(fate == "removed" for _, fate in fates),
        "kept": len(problems),
    }
    return document, next(iter(problems), None)


class Kept(SafetyStop):
    """A list that stays, since its removal would take more than the run has made."""


def _fates(folder: Path, aim: OrgOptions, url: str, problems: list[Kept], *, really: bool) -> Fates:
    """What becomes of the things of one folder; `problems` gets the reason for each one that is kept."""

    async def remove_all(things: list[CreatedResource], host: str, org: str, log: EventSink, guard: Guard) -> Fates:
        target, credentials = target_of_run(host, org, aim)
        async with open_driver(target, log, folder / "cleanup.csv", 1) as driver:
            session = Session(credentials, driver.context.now)
            fates: Fates = []
            status().begin("removing" if really else "looking", total=len(things), unit="list")
            for thing in things:
                flow = remove(thing, guard, really=really)
                try:
                    fate = await adrive(wrap_flow(flow, session, RetryPolicy(), random.Random(0)), driver)
                except Kept as problem:
                    problems.append(problem)
                    fate = "kept"
                fates.append((thing, fate))
                status().advance()
            return fates

    if (folder / FILE).exists():
        known = read(folder / FILE)
        resource_log = ResourceLog(folder, known.host, known.run_id, known.org)
        return asyncio.run(remove_all(known.left, known.host, known.org, resource_log, _no_guard))
    with open_journal(folder, url) as journal:
        facts = journal.facts()
        files, job = stored_job(folder, journal)
        records = {record.shard.list_name: record for record in journal.shards()}
        things = [
            CreatedResource(kind="contact_list", name=record.shard.list_name, id=record.contact_list_id)
            for record in records.values()
        ]
        parts = mapped_parts(files, journal)

        def guard(thing: CreatedResource, list_id: str) -> Flow[None]:
            return require_own_contacts(replace(records[thing.name], contact_list_id=list_id), files, job, parts)

        try:
            return asyncio.run(remove_all(things, facts["host"], facts.get("org", ""), NullJournal(), guard))
        finally:
            files.discard_rows()


def _no_guard(thing: CreatedResource, list_id: str) -> Flow[None]:
    """An experiment fills its lists with invented contacts, and does not note which."""
    yield from ()


def require_own_contacts(record: ShardRecord, files: RunFiles, job: Job, parts: list[Path]) -> Flow[None]:
    """Raises Kept where a campaign uses the list, or somebody else has added contacts to it."""
    where = f"list {record.shard.list_name!r} ({record.list_id})"
    for call in api.find_campaigns(record.list_id):
        if names := api.campaigns((yield call)):
            raise Kept("LIST_IN_CAMPAIGN", f"{where} is used by campaign {', '.join(map(repr, names))}; it is kept.")
    # What an import adds later is not in an export of now.
    status_call = api.import_status(record.list_id)
    yield from poll_until(
        lambda: answer_of(status_call, api.import_progress),
        lambda progress: progress.state != "IN_PROGRESS",
        repeat(POLL_S, IMPORT_POLLS - 1),
    )
    foreign = yield from count_contacts(record.list_id)
    if foreign and files.leads.exists():
        yield from export_list(record, job)
        foreign = yield Work(lambda: count_foreign(files, record, parts))
    if foreign:
        raise Kept(
            "FOREIGN_CONTACTS",
            f"{where} holds {quantity(foreign, 'contact')} that this run did not send; it is kept. Move them to another"
            " list, then run the same command again; or delete the list in the org's own pages if that is meant.",
        )


def remove(thing: CreatedResource, guard: Guard = _no_guard, *, really: bool = True) -> Flow[Fate]:
    """What became of it. Deleted only if it is what we made: the same kind, the same name, and what `guard` wants."""
    find, get, delete = CALLS[thing.kind]
    thing_id = thing.id
    if thing_id is None:
        thing_id = _read(api.list_id_by_name, (yield find(thing.name)), thing, thing.name)
    fate: Fate = "gone"
    if thing_id is not None and (reply := (yield get(thing_id))).status != GONE:
        if _read(api.entity_name, reply, thing) != thing.name:
            return "not ours"
        yield from guard(thing, thing_id)
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
