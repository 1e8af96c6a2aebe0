"""How a load test ended: what a shell and a person are told; and the documents of a run that came to its end."""

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import GaveUp, RunError, UsageError
from ..runs.prepare import PreparedUpload
from ..runs.run import Outcome
from ..runs.run_document import complaint
from ..thresholds import Threshold, load_thresholds
from ..thresholds.evaluate import ThresholdCrossed, evaluate_run, threshold_error
from ..wording import quantity
from .arrivals import Pacing

HEADINGS = {0: "Verified", 3: "Verified, some rows rejected", 99: "Verified, a threshold is crossed"}
WRITTEN = ("mapping.csv", "run.json", "requests.parquet")


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """`complete`: the run came to its end and has a report, whatever that says."""

    exit_code: int
    text: str
    complete: bool = False

    @classmethod
    def of(cls, error: Exception) -> "RunVerdict":
        return cls(getattr(error, "exit_code", 1), str(error) or type(error).__name__)

    @property
    def heading(self) -> str:
        """In two words or three."""
        if self.complete:
            return HEADINGS.get(self.exit_code, "Not verified")
        return "Stopped" if self.text.startswith("STOPPED ") else "Failed"

    def but(self, error: RunError) -> "RunVerdict":
        """The same with one thing more to complain of, which outweighs the rest."""
        return replace(self, exit_code=error.exit_code, text=f"{self.text}\n{error}")


def stopped_error() -> GaveUp:
    return GaveUp("STOPPED", "before the end; the journal is complete, the same command continues from there.")


STOPPED = RunVerdict.of(stopped_error())


def thresholds(options: Namespace) -> list[Threshold]:
    """What must hold, read before anything is sent. Raises UsageError."""
    return load_thresholds(options.threshold, Path(options.thresholds) if options.thresholds else None, os.environ)


def conclude(
    ready: PreparedUpload, outcome: Outcome, wall_s: float, pacing: Pacing | None, limits: Sequence[Threshold]
) -> RunVerdict:
    """The outcome written down, judged, and drawn."""
    document = ready.write_document(outcome, wall_s, **({} if pacing is None else {"arrivals": pacing.facts()}))
    lines = _lines(document["strategies"][0])
    if pacing is not None:
        lines += pacing.summary_lines()
    problem = complaint(document)
    if limits:
        told, missed = _evaluate_thresholds(document, ready.folder, limits)
        lines, problem = lines + told, problem or missed
    problem = problem or _not_found(pacing)
    lines += [f"wrote {path}" for path in [*(ready.folder / name for name in WRITTEN), *_report(ready)]]
    if problem is None:
        return RunVerdict(0, "\n".join(lines), complete=True)
    return RunVerdict(problem.exit_code, "\n".join([*lines, str(problem)]), complete=True)


def _evaluate_thresholds(
    document: dict[str, Any], folder: Path, limits: Sequence[Threshold]
) -> tuple[list[str], RunError | None]:
    """A line for each threshold, and what there is to complain of."""
    try:
        judgements = evaluate_run(document, folder, limits)
    except UsageError as error:
        return [], error
    return [judgement.check().line() for judgement in judgements], threshold_error(judgements)


def _not_found(pacing: Pacing | None) -> RunError | None:
    if pacing is None or pacing.rate.ended:
        return None
    return ThresholdCrossed(
        "RATE_NOT_FOUND", "the leads were all loaded before the limit was found; give more of them."
    )


def _report(ready: PreparedUpload) -> list[Any]:
    from reports import ReportError, write  # draws charts: a second that only a run at its end has to spend

    try:
        return write(ready.folder)
    except ReportError as error:
        raise UsageError("NO_REPORT", f"{error}.") from None


def _lines(entry: dict[str, Any]) -> list[str]:
    """What a person wants to know first."""
    verdict = "VERIFIED" if entry["verified"] else "NOT VERIFIED"
    rate = "" if entry["contacts_per_s"] is None else f" ({entry['contacts_per_s']:,.0f} contacts/s)"
    leads = f"{entry['mapped']:,} of {quantity(entry['leads'], 'lead')} mapped, {entry['rejected']:,} rejected"
    repeats = f"{entry['retries']:,} repeated, {entry['status_429']:,} with 429, {entry['in_doubt']:,} in doubt"
    found = quantity(entry["resolved"], "lead")
    return [
        f"{entry['strategy']}: {verdict}, {leads}",
        f"mapping complete after {entry['duration_s']:.1f} s{rate}, proved in {entry['verification_s']:.1f} s more",
        f"{quantity(entry['requests'], 'request')}, {repeats}, {found} found again by search",
    ]
