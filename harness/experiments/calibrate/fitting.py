"""From what was seen to the settings of a profile: a fit each, and what else the samples would have allowed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ...errors import UsageError
from ...files.regular_file import NO_JSON
from . import job_fit, latency_fit, rate_fit
from .latency_fit import TERMS, LatencyFit, Observed, fit
from .observations import Observations, RequestObservation

SAME_MOMENT_S = 1e-3  # requests closer than this may have been served in either order
ENOUGH = 0.6  # of the samples have to stay if those are left out


@dataclass(frozen=True, slots=True)
class OpSamples:
    seen: Sequence[RequestObservation]
    observed: Observed

    def fit(self, terms: Sequence[str] = TERMS, *, tail: bool = True) -> LatencyFit:
        return fit(self.observed, terms, tail=tail)


def op_samples(observations: Observations, *ops: str, phases: Sequence[str] = ()) -> OpSamples:
    """What these operations took, where it was answered well."""
    tied = _simultaneous(observations.seen)
    chosen = [
        (one, number in tied)
        for number, one in enumerate(observations.seen)
        if one.op in ops and 200 <= one.status < 400 and one.done > one.sent and (not phases or one.phase in phases)
    ]
    clear = [one for one, is_tied in chosen if not is_tied]
    kept = clear if len(clear) >= ENOUGH * len(chosen) else [one for one, _ in chosen]
    columns = [[one.done - one.sent, one.contacts, one.kib, one.in_work] for one in kept]
    return OpSamples(kept, Observed(*np.array(columns, dtype=np.float64).reshape(-1, 4).T))


def _simultaneous(seen: Sequence[RequestObservation]) -> set[int]:
    """Requests that left together with another one."""
    order = sorted(range(len(seen)), key=lambda number: seen[number].sent)
    return {n for a, b in pairwise(order) if seen[b].sent - seen[a].sent < SAME_MOMENT_S for n in (a, b)}


REPLICATES = 40
NINETY = (5, 95)  # percentiles of an interval of 90 %
FOR_A_TAIL = 150  # samples: with fewer a tail cannot be told from jitter
OF_ITS_OWN = 10  # samples of an operation that gets an entry of its own; the others share one
NOTHING = 1e-9  # s; a parameter below is 0
REST = "*"
FULLY: Mapping[str, Sequence[str]] = {  # what is fitted, where it is more than a base and a crowd
    "contacts.add": TERMS,
    "contacts.search": ("base_s", "per_contact_s", "concurrency_penalty"),
    "import.upload": ("base_s", "per_kib_s"),
    "export.file": ("base_s",),
}
SIMPLE = ("base_s", "concurrency_penalty")


@dataclass(frozen=True, slots=True)
class FitResult:
    """Settings by dotted names; for each replicate the same names with other values; and how each came about."""

    settings: Mapping[str, Any]
    replicates: Sequence[Mapping[str, float]]
    samples: Mapping[str, int]  # how many each setting rests on
    notes: Mapping[str, str]  # what has to be said of a setting
    goodness: Mapping[str, Mapping[str, Any]]
    observed: Mapping[str, Observed]  # by operation
    fits: Mapping[str, LatencyFit]
    jobs: Mapping[str, tuple[job_fit.Moments, job_fit.JobFit]]

    def interval(self, name: str) -> tuple[float, float] | None:
        drawn = [one[name] for one in self.replicates if name in one]
        if not drawn:
            return None
        low, high = np.percentile(drawn, NINETY)
        return float(low), float(high)


def fit_all(book: Observations, seed: int) -> FitResult:
    """Everything that the observations determines."""
    rng = np.random.default_rng(seed)
    settings: dict[str, Any] = {}
    samples: dict[str, int] = {}
    notes: dict[str, str] = {}
    goodness: dict[str, dict[str, Any]] = {}
    replicates: list[dict[str, float]] = [{} for _ in range(REPLICATES)]
    by_op, fits, jobs = dict(_by_op(book)), {}, {}
    for op, seen in by_op.items():
        terms, has_tail = _model_terms(op, seen), len(seen) >= FOR_A_TAIL
        fits[op] = one = latency_fit.fit(seen, terms, tail=has_tail)
        prefix = f"latency.{op}."
        settings |= _settings(prefix, one)
        samples |= dict.fromkeys(_settings(prefix, one), len(seen))
        notes |= _unmeasured(prefix, terms, has_tail)
        goodness[op] = {"n": len(seen), "r2": round(latency_fit.r_squared(one, seen), 4)}
        for replicate in replicates:
            again = latency_fit.drawn_again(one, seen, rng)
            replicate |= _settings(prefix, latency_fit.fit(again, terms, tail=has_tail))
    for kind in ("import", "export"):
        moments = job_fit.moments(book.looks, kind)
        line = job_fit.fit(moments)
        if line is None:
            continue
        jobs[kind] = moments, line
        names = f"jobs.{kind}_start_delay_s", f"jobs.{kind}_rows_per_s"
        settings |= _job(names, line)
        samples |= dict.fromkeys(names, len(moments))
        off = np.abs(moments.at - line.at(moments.rows))
        goodness[kind] = {"n": len(moments), "off_s": round(float(np.median(off)), 4)}
        for replicate in replicates:
            again_line = job_fit.fit(job_fit.drawn_again(line, moments, rng))
            replicate |= _job(names, again_line or line)
    rate = rate_fit.fit(book.seen)
    settings |= _rate(rate)
    told = sum(one.allowed is not None for one in book.seen)
    samples |= dict.fromkeys(_rate(rate), told)
    if rate is not None:
        if rate.explains:
            notes[rate.explains] = "lower than the headers say: it explains refusals that came before their limit"
        goodness["rate"] = {
            "n": told,
            "unexplained": round(rate.off, 4),
            "window_s_between": list(rate.between),
            "refused": rate.refused,
            "lower_than_told": rate.hidden,
        }
    return FitResult(settings, replicates, samples, notes, goodness, by_op, fits, jobs)


def _by_op(book: Observations) -> Iterator[tuple[str, Observed]]:
    """The samples of each operation, and of those that have too few together."""
    counts = {op: len(op_samples(book, op).observed) for op in sorted({one.op for one in book.seen})}
    own = [op for op, count in counts.items() if count >= OF_ITS_OWN or (op in FULLY and count > len(FULLY[op]))]
    for op in own:
        yield op, op_samples(book, op).observed
    rest = op_samples(book, *(counts.keys() - set(own) - FULLY.keys())).observed
    if len(rest) >= OF_ITS_OWN:
        yield REST, rest


def _model_terms(op: str, seen: Observed) -> Sequence[str]:
    """Those that vary."""
    varying = {
        "base_s": True,
        "per_contact_s": bool(np.ptp(seen.contacts) > 0),
        "per_kib_s": bool(np.ptp(seen.kib) > 0),
        "concurrency_penalty": bool(np.ptp(seen.in_work) > 0),
    }
    return [term for term in FULLY.get(op, SIMPLE) if varying[term]]


def _settings(prefix: str, one: LatencyFit) -> dict[str, float]:
    return {f"{prefix}{name}": _round(getattr(one, name)) for name in one.__dataclass_fields__}


def _unmeasured(prefix: str, terms: Sequence[str], has_tail: bool) -> dict[str, str]:
    """Of each parameter that the samples do not determine."""
    said = {f"{prefix}{term}": "not measured, taken for 0" for term in TERMS if term not in terms}
    if not has_tail:
        few = f"not measured: fewer than {FOR_A_TAIL} samples, what tail there is counts as jitter"
        said |= {f"{prefix}tail_probability": few, f"{prefix}tail_factor": few}
    return said


def _job(names: tuple[str, str], line: job_fit.JobFit) -> dict[str, float]:
    return {names[0]: round(line.start_delay_s, 4), names[1]: _round(line.rows_per_s)}


def _rate(rate: rate_fit.RateFit | None) -> dict[str, Any]:
    if rate is None:
        return {"rate.requests_per_window": 0}
    own = {f"rate.per_op.{op}": limit for op, limit in rate.per_op.items()}
    return {
        "rate.requests_per_window": rate.requests_per_window,
        "rate.window_s": rate.window_s,
        "rate.window": rate.window,
        **own,
    }


def _round(value: float) -> float:
    return 0.0 if abs(value) < NOTHING else float(f"{value:.6g}")


# What else a calibration would have allowed, beside the profile it wrote: `estimate` makes its interval of it.


Replicate = Mapping[str, float]


class _Replicates(msgspec.Struct):
    names: list[str]
    values: list[list[float]]


class _Document(msgspec.Struct):
    settings: dict[str, Any]
    replicates: _Replicates


def beside(profile: Path) -> Path:
    """Where the calibration of a profile is kept: found.toml -> found.calibration.json."""
    return profile.with_suffix(".calibration.json")


def table(replicates: Sequence[Replicate]) -> dict[str, Any]:
    """The replicates as names and rows of values."""
    names = sorted({name for one in replicates for name in one})
    return {"names": names, "values": [[one[name] for name in names] for one in replicates]}


def of_profile(profile: str, in_force: Mapping[str, Any]) -> list[Replicate]:
    """The replicates of the profile in that file; none if it was not calibrated, or was altered since.

    Raises UsageError for a file that is none.
    """
    path = beside(Path(profile))
    if not profile.endswith(".toml") or not path.exists():
        return []
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except NO_JSON as error:
        raise UsageError("BAD_CALIBRATION", f"{path}: {error}; calibrate again, or remove it.") from None
    if any(in_force.get(name) != value for name, value in document.settings.items()):
        return []
    names = document.replicates.names
    return [dict(zip(names, values, strict=True)) for values in document.replicates.values]
