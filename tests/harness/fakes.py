"""What stands in for the driver, the input, the journal and the files when a flow is tested."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from harness.api import Batch
from harness.domain import LeadColumns, LeadId, Leads, Shard
from harness.flow import Call, Flow, Reply, Wait, drive
from harness.journal.schema import BatchRecord, MappingPart, ShardRecord
from harness.strategies.job import Job, Settings

COLUMNS = LeadColumns(names=("Lead ID", "Phone"), lead_id="Lead ID", phone="Phone")
LIST = "list-1"
LOST = Reply(status=0, error="ReadTimeout")
NEVER_LEFT = Reply(status=0, error="ConnectError", sent=False)

Answer = Reply | Callable[[Call], Reply]


def ok(body: Any, **headers: str) -> Reply:
    return Reply(status=200, headers=headers, body=msgspec.json.encode(body))


def no(status: int, code: str = "", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=msgspec.json.encode({"code": code, "message": "no"}))


def entity(lead_id: str, contact_id: str | None = None, list_id: str = LIST) -> dict[str, Any]:
    return {"id": contact_id or f"c-{lead_id}", "contactListId": list_id, "data": {"Lead ID": lead_id, "Phone": "1"}}


def added(*lead_ids: str) -> Reply:
    return ok([entity(lead_id) for lead_id in lead_ids])


def found(*lead_ids: str, total: int | None = None, size: int = 0) -> Reply:
    """A page of a search, of a list that holds `size` contacts."""
    entities = [entity(lead_id) for lead_id in lead_ids]
    return ok({"entities": entities, "total": len(entities) if total is None else total, "contactsCount": size})


def batch(*lead_ids: str, first: int = 0) -> Batch:
    contacts = [msgspec.json.encode({"data": {"Lead ID": lead_id}}) for lead_id in lead_ids]
    ids = [LeadId(lead_id) for lead_id in lead_ids]
    return Batch(
        positions=range(first, first + len(ids)), shard=0, contact_list_id=LIST, lead_ids=ids, contacts=contacts
    )


def shard(number: int = 0, first: int = 0, count: int = 3, **record: Any) -> ShardRecord:
    about = Shard(number=number, first=first, count=count, list_name=f"leads {number}")
    known = {"contact_list_id": f"list-{number + 1}", "state": "listed", "rows": None, "file": None, **record}
    return ShardRecord(shard=about, **known)


@dataclass
class Shell:
    """Answers calls from a list, runs work at once, and keeps every step in order."""

    answers: Iterator[Answer]
    steps: list[Any] = field(default_factory=list)

    def send(self, call: Call) -> Reply:
        self.steps.append(call)
        answer = next(self.answers)
        return answer if isinstance(answer, Reply) else answer(call)

    def sleep(self, wait: Wait) -> None:
        self.steps.append(wait)

    def save(self, event: Any) -> None:
        self.steps.append(event)

    def work(self, function: Callable[[], Any]) -> Any:
        self.steps.append("work")
        return function()

    def of(self, kind: type) -> list[Any]:
        return [step for step in self.steps if isinstance(step, kind)]

    @property
    def calls(self) -> list[Call]:
        return self.of(Call)

    @property
    def waits(self) -> list[float]:
        return [wait.seconds for wait in self.of(Wait)]

    @property
    def trail(self) -> list[str]:
        """Each step in a word or two: an operation, `quiet 60`, the name of an event, `work`."""
        return [_word(step) for step in self.steps]


def _word(step: Any) -> str:
    match step:
        case Call():
            return step.op
        case Wait():
            return f"{step.why} {step.seconds:g}"
        case str():
            return step
    return type(step).__name__


@dataclass
class Ran:
    """How a flow ended: with a result or an error; and what it did on the way."""

    driver: Shell
    result: Any = None
    error: Exception | None = None


def ran(flow: Flow[Any], *answers: Answer) -> Ran:
    """`flow` to its end, and every answer used."""
    driver = Shell(iter(answers))
    try:
        end = Ran(driver, result=drive(flow, driver))
    except StopIteration as unanswered:
        raise AssertionError(f"a call more than answers, after {driver.trail}") from unanswered
    except Exception as error:
        end = Ran(driver, error=error)
    assert next(driver.answers, None) is None, f"fewer calls than answers: {driver.trail}"
    return end


@dataclass
class ListedLeads:
    """Leads A0, A1, ... in memory."""

    count: int
    columns: LeadColumns = COLUMNS

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        end = self.count if stop is None else min(stop, self.count)
        for first in range(start, end, size):
            ids = [LeadId(f"A{n}") for n in range(first, min(first + size, end))]
            yield Leads(first=first, ids=ids, rows=[[lead_id, "+15550100"] for lead_id in ids])


@dataclass
class Known:
    """What a journal would tell."""

    records: Sequence[ShardRecord] = ()
    sent: Iterable[BatchRecord] = ()

    def shards(self) -> Sequence[ShardRecord]:
        return self.records

    def batches(self) -> dict[int, BatchRecord]:
        return {record.first: record for record in self.sent}

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], list[set[LeadId]]]:
        """As if the batches had held the leads of `ListedLeads`."""
        settled: set[LeadId] = set()
        doubtful: list[set[LeadId]] = []
        for record in self.sent:
            if first <= record.first < stop:
                leads = {LeadId(f"A{n}") for n in range(record.first, record.first + record.leads)}
                settled |= leads if record.is_settled else set()
                doubtful += [] if record.is_settled else [leads]
        return settled, doubtful


@dataclass
class Files:
    """Names of files where a run has files; one sample for every list."""

    folder: Path = Path("run")
    sampled: dict[str, str] = field(default_factory=dict)
    discarded: list[str] = field(default_factory=list)

    def write_upload(self, record: ShardRecord) -> tuple[Path, int, str]:
        return self.folder / f"upload-{record.shard.number}.csv", record.shard.count, "digest"

    def export_path(self, record: ShardRecord) -> Path:
        return self.folder / f"export-{record.shard.number}.csv"

    def map_export(self, record: ShardRecord, export: Path) -> MappingPart:
        return MappingPart(f"from-{export.name}", record.shard.count, "digest")

    def map_identity(self, record: ShardRecord) -> MappingPart:
        return MappingPart("from-identity", record.shard.count, "digest")

    def expected_contacts(self, record: ShardRecord) -> int:
        return record.shard.count

    def sample(self, record: ShardRecord, count: int) -> dict[str, str]:
        return dict(list(self.sampled.items())[:count])

    def discard(self, path: Path) -> None:
        self.discarded.append(path.name)


def job(*records: ShardRecord, leads: int = 0, sent: Iterable[BatchRecord] = (), files: Files | None = None, **tuned):
    """A job of these shards; settings by name, times short and distinct."""
    times = {
        "in_flight_grace_s": 60.0,
        "consistency_wait_s": 5.0,
        "poll_initial_s": 1.0,
        "poll_cap_s": 2.0,
        "stalled_s": 4.0,
    }
    return Job(
        leads=ListedLeads(leads),
        progress=Known(records, sent),
        files=files or Files(),
        settings=Settings(**{**times, **tuned}),
    )
