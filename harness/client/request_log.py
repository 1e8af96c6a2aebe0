"""One line a request, as it went: written while the run goes on, so that a killed run keeps what it measured."""

import csv
import os
from array import array
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO

from ..files.atomic import private_opener

FILE = "requests.csv"  # of an upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Times are seconds since the run began. A request is planned when its flow asks for it; the rate budget may make
    it wait before it is sent."""

    seq: int
    op: str
    contact_list_id: str
    batch: int
    attempt: int
    planned_at: float
    sent_at: float
    done_at: float
    status: int
    error: str  # why no answer came, or the platform's code of a refusal
    sent_bytes: int
    received_bytes: int
    contacts: int
    correlation_id: str


FIELDS = tuple(field.name for field in fields(Sample))
ROW = attrgetter(*FIELDS)
TYPES: tuple[Any, ...] = tuple(field.type for field in fields(Sample))


class RequestLog:
    """Appends to a CSV file and keeps the times of each operation, exactly, for percentiles.

    Goes on where an earlier run of the same folder stopped: its requests count, and its time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._dropped = False  # lines that the disk did not take
        self.ended_at = 0.0  # s, of the last request
        self.throttled_s = 0.0
        self.contacts = 0
        self.status_429 = 0
        self.retries = 0
        self._errors: dict[str, int] = defaultdict(int)
        self._service: dict[str, array[float]] = defaultdict(lambda: array("d"))
        self._latency: dict[str, array[float]] = defaultdict(lambda: array("d"))
        earlier = list(samples_of(path)) if path.exists() else []
        draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        self._file: TextIO = open(draft, "w", newline="", encoding="utf-8", opener=private_opener)  # noqa: SIM115
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(FIELDS)
        for sample in earlier:
            self.add(sample)
        self._put_in_place(draft)

    def add(self, sample: Sample) -> None:
        self.count += 1
        self.ended_at = max(self.ended_at, sample.done_at)
        self.throttled_s += sample.sent_at - sample.planned_at
        self.contacts += sample.contacts
        self.status_429 += sample.status == 429
        self.retries += sample.attempt > 1
        self._errors[sample.op] += not 200 <= sample.status < 400
        self._service[sample.op].append(sample.done_at - sample.sent_at)
        self._latency[sample.op].append(sample.done_at - sample.planned_at)
        self._write(sample)

    def _put_in_place(self, draft: Path) -> None:
        """From now on every line is in the file at once: whoever is killed has told of all it sent."""
        try:
            self._file.reconfigure(line_buffering=True)  # type: ignore[attr-defined]
        except OSError:
            self._dropped = self.path.exists()
        if self._dropped:  # a full disk: what was known before stays
            draft.unlink(missing_ok=True)
        else:
            draft.replace(self.path)  # without its header, if need be: that follows with the next line

    def _write(self, sample: Sample) -> None:
        """A line of the file, for as long as the disk takes it: a run does not end for want of its log."""
        if self._dropped:
            return
        try:
            self._writer.writerow(ROW(sample))
        except OSError:
            self._dropped = True

    def operations(self) -> dict[str, dict[str, Any]]:
        """Count, errors and percentiles of each operation; service time from the sending, latency from the plan."""
        return {
            op: {
                "count": len(service),
                "errors": self._errors[op],
                **_percentiles("", service),
                "max_s": round(max(service), 6),
                **_percentiles("latency_", self._latency[op]),
            }
            for op, service in sorted(self._service.items())
        }

    def service_s(self, op: str) -> float:
        """Seconds of work of all requests of one operation."""
        return float(sum(self._service.get(op, ())))

    def close(self) -> None:
        try:
            self._file.close()
        except OSError:
            self._dropped = True
        if self._dropped:
            _cut_after_last_line(self.path)


def _cut_after_last_line(path: Path) -> None:
    """Leave no half line behind: whoever reads the file would stumble over it."""
    with suppress(OSError), path.open("rb+") as file:
        file.truncate(file.read().rfind(b"\n") + 1)


def samples_of(path: Path) -> list[Sample]:
    """The samples of a file whose last line may have been cut off by a kill."""
    samples = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if None in row or None in row.values():
                break
            try:
                cells = {name: type_(row[name]) for name, type_ in zip(FIELDS, TYPES, strict=True)}
            except (KeyError, ValueError):
                break
            samples.append(Sample(**cells))
    return samples


def _percentiles(prefix: str, seconds: "array[float]") -> dict[str, float]:
    import numpy as np  # when a run has ended: to load it takes longer than many a run does to refuse its input

    values = np.percentile(np.frombuffer(seconds), (50, 95, 99))
    return {f"{prefix}p{p}_s": round(float(v), 6) for p, v in zip((50, 95, 99), values, strict=True)}
