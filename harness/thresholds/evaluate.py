"""Evaluates thresholds on the metrics of a run. A missing metric is an error, not a pass; so is an empty run."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import FAILED, Check, Verdict
from ..errors import RunError, UsageError
from ..mapping.files import write_json
from ..wording import quantity
from . import OF_TIMES, OPERATIONS, UNITS, Metric, Threshold, parse
from .run_metrics import RunMetrics, run_metrics

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# An empty run would keep every limit, so these are evaluated on each run too, and reported if they are crossed.
ALWAYS = (parse("leads>0"), parse("requests>0"))
SUMMARY: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "avg": np.mean,
    "min": np.min,
    "max": np.max,
    "med": np.median,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    strategy: str
    threshold: Threshold
    found: float | None  # in the unit of the threshold's value; None: the run is not proved and publishes no figure
    passed: bool

    def text(self) -> str:
        """The figure that was found, in the threshold's own unit."""
        if self.found is None:
            return "not proved: no figure"
        unit = self.threshold.unit
        scaled = self.found / UNITS[unit][1]
        return (
            f"{scaled:.10g}" if not unit else f"{scaled:.4g} {unit}" if unit[0] not in "%/" else f"{scaled:.4g}{unit}"
        )

    def entry(self) -> dict[str, Any]:
        """The evaluation as an entry of `run.json`."""
        return {
            "strategy": self.strategy,
            "threshold": self.threshold.text,
            "found": self.found,
            "told": self.text(),
            "passed": self.passed,
        }

    def check(self) -> Check:
        verdict: Verdict = "passed" if self.passed else "failed"
        return Check(suite=self.strategy, name=self.threshold.text, verdict=verdict, found=self.text())


class _NoSuchMetric(Exception):
    """The run has no such metric; the message names those it has."""


def evaluate(thresholds: Sequence[Threshold], runs: Sequence[RunMetrics]) -> list[Evaluation]:
    """Each threshold on each strategy that it applies to and that has its metric. Raises UsageError if none has."""
    results = [one for facts in runs for threshold in ALWAYS if not (one := _evaluate_one(threshold, facts)).passed]
    for threshold in thresholds:
        results += _everywhere(threshold, runs)
    return results


def _everywhere(threshold: Threshold, runs: Sequence[RunMetrics]) -> list[Evaluation]:
    runs_meant = [facts for facts in runs if threshold.strategy in ("", facts.strategy)]
    if not runs_meant:
        names = ", ".join(facts.strategy for facts in runs)
        raise UsageError("NO_SUCH_METRIC", f"{threshold.text!r}: the run has no such strategy; it has {names}.")
    results, why = [], ""
    for facts in runs_meant:
        try:
            results.append(_evaluate_one(threshold, facts))
        except _NoSuchMetric as error:
            why = str(error)
    if not results:
        raise UsageError("NO_SUCH_METRIC", f"{threshold.text!r}: {why}.")
    return results


def _evaluate_one(threshold: Threshold, facts: RunMetrics) -> Evaluation:
    found = _figure(threshold, facts)
    limit = facts.numbers.get(threshold.other) if threshold.other else threshold.value
    passed = found is not None and limit is not None and OPERATORS[threshold.operator](found, limit)
    return Evaluation(strategy=facts.strategy, threshold=threshold, found=found, passed=passed)


def _figure(threshold: Threshold, facts: RunMetrics) -> float | None:
    """The figure; None for one that only a proved run publishes. Raises _NoSuchMetric."""
    metric, share = threshold.metric, threshold.kind == "share"
    if not metric.of:
        return _of_run(metric.name, facts, share=share)
    if metric.name == "rejected":
        return _part(facts.rejected_by_code.get(metric.of, 0), facts.numbers["leads"], share=share)
    if metric.name in OF_TIMES or metric.name == "rate":
        return _of_times(metric, facts) if facts.proved else None
    chosen, among = _select(metric, facts, none_will_do=not share and metric.of in OPERATIONS)
    return _part(int(chosen.sum()), int(among.sum()), share=share)


def _of_run(name: str, facts: RunMetrics, *, share: bool) -> float | None:
    found = facts.numbers.get(name)
    whole = facts.numbers["requests" if name in ("requests", "retries") else "leads"]
    return found if found is None or not share else _part(found, whole, share=True)


def _part(count: float, whole: float | None, *, share: bool) -> float:
    if not share:
        return float(count)
    if not whole:
        raise _NoSuchMetric("a share of nothing: the run has none of what it would be a share of")
    return count / whole


def _of_times(metric: Metric, facts: RunMetrics) -> float:
    requests = facts.requests
    chosen = _of_operation(metric.of, facts)
    if metric.name == "rate":
        duration_s = facts.numbers.get("duration")
        if not duration_s:
            raise _NoSuchMetric("the run took no time, so it has no rate")
        return float(chosen.sum() / duration_s)
    seconds = (requests.service_s if metric.service else requests.planned_s)[chosen]
    if metric.percentile is not None:
        return float(np.percentile(seconds, metric.percentile))
    return float(SUMMARY[metric.name](seconds))


def _select(metric: Metric, facts: RunMetrics, *, none_will_do: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The requests that are counted, and those that a share is taken of."""
    requests = facts.requests
    every = np.ones(len(requests), dtype=np.bool_)
    if metric.name in ("count", "errors"):
        chosen = _of_operation(metric.of, facts, none_will_do=none_will_do)
        return (chosen if metric.name == "count" else chosen & requests.failed), chosen
    if metric.name == "error":
        return requests.error == metric.of, every
    return _with_status(metric.of, requests.status), every


def _of_operation(op: str, facts: RunMetrics, *, none_will_do: bool = False) -> NDArray[np.bool_]:
    chosen = np.ones(len(facts.requests), dtype=np.bool_) if op == "*" else facts.requests.op == op
    if not chosen.any() and not none_will_do:
        names = " ".join(sorted(set(facts.requests.op.tolist())))
        raise _NoSuchMetric(f"{facts.strategy} sent no {op}; it sent {names or 'nothing'}")
    return np.asarray(chosen, dtype=np.bool_)


def _with_status(name: str, status: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The requests with the status `name`: a number, or `5xx` and the like; 0: no answer."""
    if name.isdecimal():
        return np.asarray(status == int(name), dtype=np.bool_)
    if len(name) == 3 and name[0].isdecimal() and name.endswith("xx"):
        return np.asarray(status // 100 == int(name[0]), dtype=np.bool_)
    raise _NoSuchMetric(f"{name} is not a status; give a number, 4xx or 5xx")


class ThresholdCrossed(RunError):
    exit_code = FAILED


def evaluate_run(document: dict[str, Any], folder: Path, thresholds: Sequence[Threshold]) -> list[Evaluation]:
    """The evaluations, which are also written to `document` and the folder's run.json. Raises UsageError for a metric
    that the run does not have."""
    evaluations = evaluate(thresholds, run_metrics(folder))
    document["thresholds"] = [one.entry() for one in evaluations]
    write_json(folder / "run.json", document)
    return evaluations


def threshold_error(evaluations: Sequence[Evaluation]) -> ThresholdCrossed | None:
    """The error that lists the crossed thresholds; None if none is crossed."""
    missed = [f"{one.strategy}: {one.threshold.text} ({one.text()})" for one in evaluations if not one.passed]
    if not missed:
        return None
    return ThresholdCrossed(
        "THRESHOLD",
        f"{len(missed)} of {quantity(len(evaluations), 'threshold')} {'is' if len(missed) == 1 else 'are'} crossed:"
        f" {'; '.join(missed)}.",
    )
