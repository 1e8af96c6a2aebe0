"""The content of run.json and requests.parquet, and the known traits of each strategy.

Unknown fields are ignored; missing ones get a value that the documents omit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec

from harness.files.duckdb_files import parquet_table
from harness.files.regular_file import NO_JSON

SCHEMA = 1

_T = TypeVar("_T")


class ReportError(Exception):
    """The directory holds no run that this version can read; the message says why."""


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Tool(_Part, frozen=True, kw_only=True):
    name: str = "contactbench"
    version: str = ""


class RunTarget(_Part, frozen=True, kw_only=True):
    kind: str = "mock"
    host: str = ""
    org: str | None = None

    @property
    def is_mock(self) -> bool:
        """Whether the times are the mock's. Any target that is not marked as an org counts as a mock."""
        return self.kind != "org"


class Setting(_Part, frozen=True, kw_only=True):
    value: Any = None
    source: str | None = None


class ProfileUsed(_Part, frozen=True, kw_only=True):
    name: str = ""
    settings: dict[str, Setting] = {}


class Input(_Part, frozen=True, kw_only=True):
    name: str = ""
    leads: int = 0
    rows: int | None = None
    sha256: str | None = None
    columns: list[str] = []
    lead_id_column: str | None = None
    phone_column: str | None = None


class MachineFacts(_Part, frozen=True, kw_only=True):
    cpus: int | None = None
    wall_s: float | None = None
    peak_rss_mib: float | None = None


class OperationResult(_Part, frozen=True, kw_only=True):
    """Seconds of all requests of one operation: from the send, and (`latency_...`) from the planned send."""

    count: int = 0
    errors: int = 0
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    max_s: float | None = None
    latency_p50_s: float | None = None
    latency_p95_s: float | None = None


class ListResult(_Part, frozen=True, kw_only=True):
    id: str = ""
    name: str = ""
    size: int | None = None


class Mapping(_Part, frozen=True, kw_only=True):
    rows: int | None = None
    sha256: str | None = None
    file: str | None = None


class VerificationResult(_Part, frozen=True, kw_only=True):
    method: str | None = None
    lost: int | None = None
    doubled: int | None = None
    orphaned: int | None = None
    wrong: int | None = None
    unread: int | None = None


class FaultTotals(_Part, frozen=True, kw_only=True):
    """Requests without a clear answer: by the answer, by what it meant, and how they were resolved."""

    refused: int = 0
    expired: int = 0
    failed: int = 0
    cut: int = 0
    unsent: int = 0
    not_applied: int = 0
    repeatable: int = 0
    doubtful: int = 0
    batches_in_doubt: int = 0
    leads_found: int = 0
    leads_resent: int = 0
    lists_reloaded: int = 0
    waited_s: dict[str, float] = {}  # summed over requests, by what was waited for

    @property
    def requests(self) -> int:
        return self.refused + self.expired + self.failed + self.cut + self.unsent


class StrategyResult(_Part, frozen=True, kw_only=True):
    """One strategy's run. Its numbers may be published only if it is `verified`."""

    strategy: str
    directory: str = "."
    leads: int = 0
    mapped: int | None = None
    rejected: int | None = None
    duration_s: float | None = None
    upload_s: float | None = None
    mapping_s: float | None = None
    verification_s: float | None = None
    wall_s: float | None = None
    requests: int | None = None
    status_429: int | None = None
    retries: int | None = None
    in_doubt: int | None = None
    resolved: int | None = None
    throttled_s: float | None = None  # summed over requests
    outage_s: float | None = None  # summed over requests that waited for a server which failed everything
    suspended_s: float | None = None  # in which the process did not run; part of no other figure
    notices: list[str] = []
    trouble: FaultTotals | None = None
    faults_struck: dict[str, int] = {}  # by the mock's fault rates, by kind
    contacts_per_s: float | None = None
    first_mapping_s: float | None = None
    operations: dict[str, OperationResult] = {}
    main_op: str | None = None
    lists: list[ListResult] = []
    progress: list[tuple[float, int]] = []  # (s since the run began, contacts mapped)
    mapping: Mapping | None = None
    verified: bool = False
    verification: VerificationResult | None = None
    bottleneck: str | None = None


class ThresholdResult(_Part, frozen=True, kw_only=True):
    """A limit that the run was checked against, and what was found, as text."""

    strategy: str = ""
    threshold: str = ""
    told: str = ""
    passed: bool = False


class RunResult(_Part, frozen=True, kw_only=True):
    kind: str = "compare"
    tool: Tool = Tool()
    created: str = ""
    command: str = ""
    run_id: str = ""
    target: RunTarget = RunTarget()
    pace: str = ""
    seed: int | None = None
    profile: ProfileUsed | None = None
    input: Input = Input()
    versions: dict[str, str] = {}
    machine: MachineFacts | None = None
    strategies: list[StrategyResult] = []
    thresholds: list[ThresholdResult] = []

    def valid(self) -> list[StrategyResult]:
        """Strategies whose mapping was proved, the soonest complete one first."""
        proved = [entry for entry in self.strategies if entry.verified and entry.duration_s is not None]
        return sorted(proved, key=lambda entry: entry.duration_s or 0.0)

    def invalid(self) -> list[StrategyResult]:
        """Strategies whose numbers may not be published."""
        proved = self.valid()
        return [entry for entry in self.strategies if entry not in proved]


def load(directory: Path) -> RunResult:
    """The run in `directory`. Raises ReportError."""
    run = read(directory / "run.json", RunResult)
    for entry in run.strategies:
        strategy_directory(directory, entry)
    return run


def read(path: Path, kind: type[_T]) -> _T:
    """The document at `path`, of this schema version. Raises ReportError."""
    content = _read(path)
    try:
        schema = msgspec.json.decode(content, type=_Versioned).schema
        if schema != SCHEMA:
            raise ReportError(f"{path.name} has schema version {schema!r}, and this version reads only {SCHEMA}")
        return msgspec.json.decode(content, type=kind)
    except NO_JSON as error:
        raise ReportError(f"{path.name} in {path.parent} cannot be read: {error}") from error


def strategy_directory(directory: Path, entry: StrategyResult) -> Path:
    """The folder of the files of `entry`. Raises ReportError if it is outside the run directory."""
    place = (directory / entry.directory).resolve()
    if not place.is_relative_to(directory.resolve()):
        raise ReportError(f"run.json names {entry.directory!r}, which is outside the run directory")
    return place


class _Versioned(_Part, frozen=True, kw_only=True):
    schema: Any = None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}") from error


LEAD_ID = "the Lead ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyTraits:
    contact_id: str
    mapping: str
    twice: bool
    lost_answer: str  # what happens when it is unknown whether a write was done

    @property
    def own_ids(self) -> bool:
        """Whether the org has to take Lead IDs as contact IDs."""
        return self.contact_id == LEAD_ID


# A contact sent with an existing id is updated, not added again: inferred from the parameters of the operation. Source:
# SDK docstrings of post_outbound_contactlist_contacts (clearSystemData, doNotQueue). Assumption: an import without
# contact-id-name adds its rows again each time.
TRAITS = {
    "batch-api": StrategyTraits(
        contact_id="made by Genesys",
        mapping="the answer to each batch, joined on the Lead ID it echoes",
        twice=False,
        lost_answer="the list is searched for the Lead IDs of the batch, and only what is missing is sent",
    ),
    "batch-api-own-ids": StrategyTraits(
        contact_id=LEAD_ID,
        mapping="contact ID = Lead ID, shown by each answer and proved by a later read",
        twice=True,
        lost_answer="the same batch is sent again to the same list: an update, not a second contact",
    ),
    "csv-import-export": StrategyTraits(
        contact_id="made by Genesys",
        mapping="an export of every list, joined on the Lead ID column",
        twice=False,
        lost_answer="the state of the import is read; a list in doubt is dropped and loaded anew",
    ),
    "csv-import-own-ids": StrategyTraits(
        contact_id=LEAD_ID,
        mapping="contact ID = Lead ID, proved by an export",
        twice=True,
        lost_answer="the same file is imported again into the same list: updates, not second contacts",
    ),
    "csv-import-search": StrategyTraits(
        contact_id="made by Genesys",
        mapping="searches, 100 contacts a page; here to show what that costs",
        twice=False,
        lost_answer="the state of the import is read; a list in doubt is dropped and loaded anew",
    ),
}


_TIMED = """
    SELECT seq, sent_at, greatest(done_at - sent_at, 0.0) AS service_s,
           coalesce(status, 0) BETWEEN 200 AND 399 AND coalesce(error, '') = '' AS ok
    FROM requests WHERE sent_at IS NOT NULL AND done_at IS NOT NULL
"""
_TOTALS = f"""
    SELECT count(*), count(*) FILTER (NOT ok), quantile_cont(service_s, 0.5), quantile_cont(service_s, 0.95),
           max(service_s)
    FROM ({_TIMED})
"""
_SOME = f"""
    WITH ranked AS (
        SELECT *, row_number() OVER (ORDER BY service_s DESC, seq) AS slowness,
               row_number() OVER (ORDER BY seq) AS position, count(*) OVER () AS total
        FROM ({_TIMED})
    )
    SELECT sent_at, service_s, ok FROM ranked
    WHERE slowness <= $slowest OR position % greatest(ceil(total / $spread), 1) = 0
    ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class RequestPoint:
    sent_at: float  # s since the run began
    service_s: float
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSamples:
    """All requests of one strategy in five numbers, and some of them as points."""

    total: int
    not_ok: int
    p50_s: float
    p95_s: float
    max_s: float
    points: tuple[RequestPoint, ...]


def read_samples(path: Path, most: int) -> RequestSamples | None:
    """Samples of the requests in `path`, with at most `most` points; None if there is no file or no request in it.

    A tenth of the points are the slowest requests, so that sampling never hides them; the rest are every n-th request.
    """
    if not path.is_file():
        return None
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW requests AS FROM {parquet_table(path)}")
        totals = database.execute(_TOTALS).fetchone()
        slowest = max(most // 10, 1)
        some = database.execute(_SOME, {"slowest": slowest, "spread": max(most - slowest, 1)}).fetchall()
    if totals is None or not totals[0]:
        return None
    total, not_ok, p50_s, p95_s, max_s = totals
    points = tuple(RequestPoint(*row) for row in some)
    return RequestSamples(total=total, not_ok=not_ok, p50_s=p50_s, p95_s=p95_s, max_s=max_s, points=points)
