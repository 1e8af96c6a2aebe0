"""A program that runs an upload's hot paths one by one, timed or under callgrind.

It imports the tree that PYTHONPATH names, so that the same program runs both versions. Paths that a tree lacks are
reported as missing. Each path is prepared and warmed up before it is measured, with the garbage collector off.

    PYTHONPATH=TREE python -P hot_paths.py time [NAME...]    {"paths": {name: seconds of CPU}, "missing": {name: why}}
    PYTHONPATH=TREE python -P hot_paths.py count [NAME...]   the same, no figures: valgrind dumps one a path, in order
    PYTHONPATH=TREE python -P hot_paths.py upload LEADS STRATEGY...    {"paths": {strategy: seconds on the clock}, ...}

A NAME may be a part of a name.
"""

import ctypes
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

BATCH = 1000
ROWS = 2000
WARM_UPS = 2
TURNS = 20  # the fastest counts
Work = Callable[[], object]


@dataclass(frozen=True)
class _Sample:
    """Leads in memory, so that neither creating nor reading them is measured."""

    columns: Any
    leads: Sequence[Any]

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Any]:
        del size, start, stop  # the leads are already cut into batches
        yield from self.leads


def _sample(size: int, rows: int) -> _Sample:
    from harness.leads.synthetic import SyntheticLeads

    made = SyntheticLeads(rows, seed=1)
    return _Sample(made.columns, list(made.batches(size)))


def _record(leads: int) -> Any:
    from harness.domain import Shard
    from harness.journal.schema import ShardRecord

    shard = Shard(number=0, first=0, count=leads, list_name="hot 1/1")
    return ShardRecord(shard=shard, contact_list_id="list-1", state="listed", rows=None, file=None)


def _batch() -> tuple[Any, Any]:
    """A function that makes the first batch of an upload, and the columns of its leads."""
    from harness.strategies.batches import batches
    from harness.strategies.job import Job, Settings

    sample = _sample(BATCH, BATCH)
    job: Any = Job(leads=sample, progress=None, files=None, settings=Settings())  # type: ignore[arg-type]
    return lambda: next(batches(sample.leads[0], _record(BATCH), job, own_ids=False)), sample.columns


def encode_batch(folder: Path) -> Work:
    """Encode 1,000 leads as the body of a POST."""
    del folder
    batch, _ = _batch()
    return lambda: batch().body


def join_answer(folder: Path) -> Work:
    """Read and check the answer to a POST, and join it with the leads."""
    del folder
    from harness.api import added_contacts
    from harness.flow import Reply

    make, columns = _batch()
    batch = make()
    sent = json.loads(batch.body)
    body = json.dumps([{"id": f"contact-{n:029}", **one} for n, one in enumerate(sent)]).encode()
    reply = Reply(status=200, body=body)
    return lambda: added_contacts(reply, batch, columns.lead_id)


def journal_batch(folder: Path) -> Work:
    """Store a batch's intent and then its mapping durably in the journal."""
    from harness.domain import Shard
    from harness.events import BatchAcked, BatchSending, ListCreated
    from harness.journal.sqlite_journal import SqliteJournal

    journal = SqliteJournal(folder / "journal.sqlite")
    journal.plan({"strategy": "hot"}, [Shard(number=0, first=0, count=10**9, list_name="hot 1/1")], "hot")
    journal.save(ListCreated(0, "list-1"))
    positions = count(0, BATCH)

    def work() -> None:
        first = next(positions)
        ids: Any = [f"L-{n:09}" for n in range(first, first + BATCH)]
        journal.save(BatchSending(first=first, shard=0, attempt=1, sha256="0" * 64, lead_ids=ids))
        journal.save(BatchAcked(first=first, mapping={lead_id: f"contact-{lead_id}" for lead_id in ids}))  # type: ignore[misc]

    return work


def check_rows(folder: Path) -> Work:
    """Read 2,000 rows of a CSV file and find that they are leads."""
    from harness.leads.source import open_leads
    from harness.leads.synthetic import SyntheticLeads, write_csv

    made = SyntheticLeads(ROWS, seed=1)
    write_csv(made, folder / "leads.csv")
    source = open_leads(folder / "leads.csv", lead_id=made.columns.lead_id, phone=made.columns.phone)
    return lambda: sum(map(len, source.batches(BATCH)))


def write_import_file(folder: Path) -> Work:
    """Write 2,000 leads as the file of an import, with its digest."""
    from harness.leads.shard_csv import write_upload

    sample: Any = _sample(500, ROWS)
    return lambda: write_upload(sample, folder / "upload.csv", 0, ROWS)


def serve_post(folder: Path) -> Work:
    """Let the mock check a POST of 1,000 contacts, store them, and answer with their ids."""
    import asyncio

    from aiohttp import StreamReader
    from aiohttp.base_protocol import BaseProtocol
    from aiohttp.test_utils import make_mocked_request

    from mockserver.clock import ManualClock
    from mockserver.contacts import Contacts
    from mockserver.loaded_profile import load
    from mockserver.model import ContactColumn, ContactList
    from mockserver.services import create_services
    from mockserver.storage.memory_store import MemoryStore

    make, columns = _batch()
    body = make().body
    profile = load("default")
    org = create_services(store=MemoryStore(), clock=ManualClock(), profile=profile, spool=folder, clients=[]).org
    phones = (ContactColumn(column_name=columns.phone, type="cell"),)
    org.store.create_list(
        ContactList(
            id="list-1",
            name="Hot",
            date_created="",
            date_modified="",
            column_names=columns.names,
            phone_columns=phones,
        )
    )
    contacts, loop = Contacts(org), asyncio.new_event_loop()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}

    def work() -> object:
        payload = StreamReader(BaseProtocol(loop), 2**24, loop=loop)
        payload.feed_data(body)
        payload.feed_eof()
        request = make_mocked_request(
            "POST", "/", headers=headers, payload=payload, match_info={"contact_list_id": "list-1"}
        )
        return loop.run_until_complete(contacts.add(request)).commit().body

    return work


PATHS: dict[str, Callable[[Path], Work]] = {
    "encode a batch": encode_batch,
    "join an answer": join_answer,
    "journal a batch": journal_batch,
    "check rows": check_rows,
    "write an import file": write_import_file,
    "mock: serve a POST": serve_post,
}


def run_paths(measured: Callable[[Work], float], folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """A figure for each path, and for each path without one the reason."""
    paths, missing = {}, {}
    for name, prepare in PATHS.items():
        if names and not any(part in name for part in names):
            continue
        try:
            work = prepare(Path(tempfile.mkdtemp(dir=folder)))
            for _ in range(WARM_UPS):
                work()
        except Exception as error:  # another version may have another interface; the path cannot be compared then
            missing[name] = f"{type(error).__name__}: {error}"[:200]
            continue
        gc.collect()
        gc.disable()
        paths[name] = measured(work)
        gc.enable()
    return {"paths": paths, "missing": missing}


def fastest(work: Work) -> float:
    """Seconds of CPU of the fastest turn."""
    turns = []
    for _ in range(TURNS):
        began = time.process_time()
        work()
        turns.append(time.process_time() - began)
    return min(turns)


def inside_ffi_call(work: Work) -> float:
    """Do the work within a call through libffi, which marks for callgrind what to count."""
    errors: list[BaseException] = []

    def call() -> int:
        try:
            work()
        except BaseException as error:  # ctypes would swallow it
            errors.append(error)
        return 0

    ctypes.CFUNCTYPE(ctypes.c_int)(call)()
    if errors:
        raise errors[0]
    return 0.0


def uploads(leads: int, strategies: Sequence[str], folder: Path) -> dict[str, Any]:
    """Seconds that each strategy takes, proof included, against an org without limits and latencies."""
    from harness.commands.compare import Comparison, compare

    order = Comparison(
        leads=leads, strategies=strategies, pace="none", profile="default", seed=1, out=folder / "uploads"
    )
    entries = compare(order, lambda line: None)["strategies"]
    paths = {entry["strategy"]: entry["wall_s"] for entry in entries if entry["verified"]}
    missing = {entry["strategy"]: "not verified" for entry in entries if not entry["verified"]}
    return {"paths": paths, "missing": missing}


def main(arguments: Sequence[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="contactbench-hot-") as name:
        match arguments:
            case ["time", *names]:
                return run_paths(fastest, Path(name), names)
            case ["count", *names]:
                return run_paths(inside_ffi_call, Path(name), names)
            case ["upload", leads, *strategies]:
                return uploads(int(leads), strategies, Path(name))
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
