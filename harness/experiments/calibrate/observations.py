"""What was seen of each request, a line a request, written as it comes: a run that was killed goes on from there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ...files.atomic import private

FILE = "observed.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestObservation:
    """One request and what its answer told. Times in seconds since the run began."""

    phase: str
    op: str
    status: int
    sent: float
    done: float
    contacts: int = 0
    kib: float = 0.0
    in_work: int = 1  # requests of ours under way when it left, itself included
    allowed: int | None = None  # by the answer's headers
    used: int | None = None
    reset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobObservation:
    """A job at one look: an import or an export. `at` is when the look's answer was there."""

    kind: str  # "import", "export"
    job: str
    rows: int  # of all of the job
    asked_at: float  # when the request that began it was answered
    at: float
    state: str  # "waiting", "running", "over"
    completed: int = 0  # rows, where a counter tells


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """A part of the experiment that need not be repeated."""

    phase: str


Line = RequestObservation | JobObservation | PhaseEnded


@dataclass(slots=True)
class Observations:
    """The lines of one folder, in order. What was added is there when this process is killed."""

    path: Path
    seen: list[RequestObservation] = field(default_factory=list)
    looks: list[JobObservation] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, folder: Path) -> "Observations":
        book = cls(folder / FILE)
        for line in _read(book.path):
            book._keep(line)
        return book

    def add(self, line: Line) -> None:
        self._keep(line)
        text = msgspec.json.encode({"kind": _NAMES[type(line)], "line": line}) + b"\n"
        handle = private(str(self.path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(handle, text)
        finally:
            os.close(handle)

    @property
    def contacts(self) -> int:
        """Sent so far, by POST and by import."""
        return sum(one.contacts for one in self.seen if one.op in ("contacts.add", "import.upload"))

    def _keep(self, line: Line) -> None:
        match line:
            case RequestObservation():
                self.seen.append(line)
            case JobObservation():
                self.looks.append(line)
            case PhaseEnded():
                self.ended.add(line.phase)


# Under these names they stand in the file.
_KINDS: dict[str, type[RequestObservation] | type[JobObservation] | type[PhaseEnded]] = {
    "Seen": RequestObservation,
    "JobSeen": JobObservation,
    "Ended": PhaseEnded,
}
_NAMES: dict[type, str] = {kind: name for name, kind in _KINDS.items()}


def _read(path: Path) -> Iterator[Line]:
    """The lines that are whole; one that was cut by a kill is taken off, so that the next begins a line."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    os.truncate(path, len(whole))
    for text in whole.splitlines():
        line = msgspec.json.decode(text)
        yield msgspec.convert(line["line"], _KINDS[line["kind"]])
