"""The mock is killed while it works. What it acknowledged is there; what it did not is there whole, or not at all."""

import itertools
import json
import random
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from harness.strategies import MAIN

from .case import Case
from .moments import at_random
from .processes import Child, Ended, MortalMock
from .sizes import LEADS, MOCK_KILLS, MOCKS, PAIRS

SPAN_S = 1.5  # about as long as an upload takes, its jobs included
CLIENTS, POSTED, POSTING_S = 3, 50, 0.5
STARTS = 3  # of a command, until it has come to its end
GAVE_UP, REFUSED = 5, 6
STALLED_S = 3.0  # an export that was being built is forgotten, and the upload waits for it as long as it is told to
# Slow enough that a kill meets a job on its way.
JOBS = {
    "jobs__import_start_delay_s": 0.1,
    "jobs__import_rows_per_s": 10_000,
    "jobs__export_start_delay_s": 0.1,
    "jobs__export_rows_per_s": 20_000,
}
each_strategy_in_turn = [(MAIN[n % len(MAIN)], n) for n in range(max(MOCK_KILLS, PAIRS))]


@pytest.fixture
def durable(mortal_mock, case_of):
    """A function: an upload into a mock whose store is on the disk and whose jobs take their time."""

    def case(strategy: str) -> Case:
        mortal_mock.settings(**JOBS)
        return case_of(strategy, mock=mortal_mock, tuned={"stalled_s": STALLED_S})

    return case


def restart(mock: MortalMock) -> None:
    mock.start()
    mock.settings(**JOBS)


def acknowledged(run: Path) -> set[str]:
    """Contacts that the journal of an upload under way has the org's word for."""
    if not (run / "journal.sqlite").exists():
        return set()
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(run / "journal.sqlite")) as journal:
        rows = journal.execute("SELECT mapping FROM batch WHERE state = 'acked'").fetchall()
        return {contact_id for (mapping,) in rows for contact_id in json.loads(mapping).values()}
    return set()  # it was being made


def lost(mock: MortalMock, contact_ids: set[str]) -> set[str]:
    return contact_ids - {contact_id for contact_id, _, _ in mock.contacts()}


def done_and_short(case: Case) -> list[str]:
    """Lists whose import is said to be complete, and which hold less than the upload."""
    with case.mock.api() as client:
        found = []
        for item in case.mock.get("/state")["lists"]:
            status = client.get(f"/api/v2/outbound/contactlists/{item['id']}/importstatus").json()
            if status.get("percentComplete") == 100 and item["size"] not in (0, LEADS):
                found.append(f"{status} and {item['size']} contacts")
        return found


def brought_to_its_end(case: Case, child: Child) -> Ended:
    """The upload, started again for as long as it gives up or is refused what a kill has spoiled."""
    ended = child.ended()
    for _ in range(STARTS):
        if ended.code not in (GAVE_UP, REFUSED):
            break
        ended = case.finished()
    return ended


@pytest.mark.hardening("mock-32", "mock-33")
@pytest.mark.sized
@pytest.mark.parametrize(("strategy", "seed"), each_strategy_in_turn[:MOCK_KILLS])
def test_the_mock_is_killed_under_an_upload(durable, tally, strategy, seed):
    """Started again on its store: nothing acknowledged is lost, no job is complete and short, the upload ends well."""
    case, rng = durable(strategy), random.Random(seed)
    child = at_random(case, rng, SPAN_S)
    case.mock.kill()
    case.kills += 1
    known = acknowledged(case.run)
    restart(case.mock)
    assert (lost(case.mock, known), done_and_short(case)) == (set(), [])
    tally.add("mock killed under an upload")
    tally.add("contacts acknowledged when the mock was killed", len(known))
    ended = brought_to_its_end(case, child)
    assert (ended.code, case.amiss()) == (0, []), ended.err


@pytest.mark.sized
@pytest.mark.parametrize(("strategy", "seed"), each_strategy_in_turn[:PAIRS])
def test_both_are_killed(durable, tally, strategy, seed):
    """Killed together and started again, the org on its store and the upload in its folder: all ends well."""
    case, rng = durable(strategy), random.Random(f"both {seed}")
    child = at_random(case, rng, SPAN_S)
    case.mock.kill()
    ended = child.kill()
    tally.add("both killed")
    tally.add("both killed, the upload still under way", ended.killed)
    case.kills += 1
    known = acknowledged(case.run)
    restart(case.mock)
    assert lost(case.mock, known) == set()
    ended = brought_to_its_end(case, case.start())
    assert (ended.code, case.amiss()) == (0, []), ended.err


@dataclass
class Posting:
    """Clients of nobody's that post batches and note which were answered, until the mock is gone."""

    mock: MortalMock
    list_id: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    sent: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)

    def until_killed(self, after_s: float) -> None:
        ready = threading.Barrier(CLIENTS + 1)
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self._post, ready) for _ in range(CLIENTS)]
            ready.wait()
            self.mock.child.ends_within(after_s)
            self.mock.kill()
        for client in clients:
            client.result()

    def _post(self, ready: threading.Barrier) -> None:
        with self.mock.api() as client:
            ready.wait()
            while True:
                number = next(self.numbers)
                self.sent.add(number)
                rows = [{"data": {"Lead ID": f"{number}-{n}", "Phone": "+15550100"}} for n in range(POSTED)]
                try:
                    reply = client.post(f"/api/v2/outbound/contactlists/{self.list_id}/contacts", json=rows)
                except httpx.TransportError:
                    return
                assert reply.status_code == 200
                self.answered.add(number)

    def stored(self) -> dict[int, int]:
        """How many contacts of each batch there are."""
        found: dict[int, int] = {}
        for _, _, data in self.mock.contacts():
            number = int(data["Lead ID"].partition("-")[0])
            found[number] = found.get(number, 0) + 1
        return found


@pytest.mark.hardening("mock-32")
@pytest.mark.sized
@pytest.mark.parametrize("seed", range(MOCKS))
def test_every_answer_of_a_killed_mock_holds(mortal_mock, tally, seed):
    """Five kills of one mock: each batch that was answered is there, each that was not is whole or absent."""
    columns = {"columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
    with mortal_mock.api() as client:
        reply = client.post("/api/v2/outbound/contactlists", json={"name": "Leads", **columns})
    posting, rng = Posting(mortal_mock, reply.json()["id"]), random.Random(seed)
    for _ in range(5):
        posting.until_killed(rng.uniform(0, POSTING_S))
        mortal_mock.start()
        stored = posting.stored()
        assert (posting.answered - stored.keys(), set(stored.values()) - {POSTED}) == (set(), set())
    assert stored.keys() <= posting.sent
    tally.add("mock killed under raw clients", 5)
    tally.add("batches of raw clients answered", len(posting.answered))
    tally.add("batches of raw clients unanswered, stored whole", len(stored.keys() - posting.answered))
    tally.add("batches of raw clients unanswered, absent", len(posting.sent - stored.keys()))
