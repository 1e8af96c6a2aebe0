"""Thresholds as options of a command, and what is told of them when it has ended."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import RunError, UsageError
from .output import progress

if TYPE_CHECKING:
    from ..thresholds.language import Threshold

Thresholds = Annotated[
    list[str] | None, typer.Option("--threshold", help="A limit, as 'p95(contacts.add)<1500ms'; may be repeated.")
]
ThresholdFile = Annotated[
    Path | None, typer.Option("--thresholds", help="A file of limits: one a line, or .toml. See docs/gate.md.")
]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write what was held against limits as JUnit XML.")]
Summary = Annotated[Path | None, typer.Option("--summary", help="Write it as Markdown.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a run is held against, and where that is told."""

    thresholds: "list[Threshold]"
    junit: Path | None
    summary: Path | None

    def problem(self, document: dict[str, Any], folder: Path) -> RunError | None:
        """What is to be said of the thresholds of a run that has ended; told line by line, and in files."""
        from ..checks.files import write
        from ..thresholds.held import crossed, held

        if not self.thresholds:
            return None
        try:
            judgements = held(document, folder, self.thresholds)
        except UsageError as error:
            return error
        checks = [judgement.check() for judgement in judgements]
        for check in checks:
            progress(check.line())
        write(checks, "Thresholds", to_junit=self.junit, to_summary=self.summary, environ=os.environ)
        return crossed(judgements)


def limits(expressions: list[str] | None, file: Path | None, junit: Path | None, summary: Path | None) -> Limits:
    """Read before anything is sent. Raises UsageError."""
    from ..checks.files import require_ours
    from ..thresholds.gathering import gathered

    thresholds = gathered(expressions or [], file, os.environ)
    if not thresholds and (junit or summary):
        raise UsageError("NO_THRESHOLDS", "--junit and --summary tell of thresholds; give one with --threshold.")
    require_ours(junit, summary)
    return Limits(thresholds=thresholds, junit=junit, summary=summary)
