"""Options that several commands share."""

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import RunError, UsageError
from .output import progress

if TYPE_CHECKING:
    from ..thresholds import Threshold


class PaceName(StrEnum):
    VIRTUAL = "virtual"
    REAL = "real"
    NONE = "none"


class Keep(StrEnum):
    FIRST = "first"
    LAST = "last"


class RejectRows(StrEnum):
    ROWS = "rows"
    IDS_ONLY = "ids-only"


def number(least: int) -> Any:
    """For an option that takes a number of leads or contacts in any usual notation."""

    def parse(text: str) -> int:
        from ..wording import count_of

        try:
            if (count := count_of(text)) >= least:
                return count
        except ValueError as error:
            raise typer.BadParameter(f"{error}.") from None
        raise typer.BadParameter(f"{text} is less than {least}.")

    return {"parser": parse, "metavar": "<number>"}


def require_no_password(url: str, option: str) -> str:
    """`url`. Raises UsageError if it was typed with a password in it."""
    from ..wording import redact_passwords

    if redact_passwords(url) != url and any(url in argument for argument in sys.argv):
        raise UsageError(
            "PASSWORD_SHOWN",
            f"{option}: every user of this machine can read a password in a command. Leave it out of the address and"
            " give it as PGPASSWORD, in ~/.pgpass (PGPASSFILE), or in a service file (postgresql:///?service=NAME).",
        )
    return url


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
Seed = Annotated[int, typer.Option(help="The seed of all random choices: leads, ids, latencies.")]
Profile = Annotated[str, typer.Option(help="A shipped profile's name, or a TOML file.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="Requests in flight at once.")]
Journal = Annotated[
    str,
    typer.Option(
        envvar="CONTACTBENCH_JOURNAL",
        help="postgresql://...: keep the run's state there, under the name of its folder. [in the folder]",
        show_default=False,
        show_envvar=True,
    ),
]
Separator = Annotated[
    str, typer.Option(help="What separates the cells of a CSV file: a sign such as ';' or '|', or tab.", metavar="SIGN")
]
Target = Annotated[
    str, typer.Option(help="mock (127.0.0.1:8080), the URL of a server on this machine, or org (a real one).")
]


Thresholds = Annotated[
    list[str] | None, typer.Option("--threshold", help="A limit, such as 'p95(contacts.add)<1500ms'; repeatable.")
]
ThresholdFile = Annotated[
    Path | None, typer.Option("--thresholds", help="A file of limits, one a line or as .toml; see docs/gate.md.")
]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write the outcome of the checks as JUnit XML.")]
Summary = Annotated[Path | None, typer.Option("--summary", help="Write the outcome of the checks as Markdown.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdOptions:
    """The thresholds of a run, and the files their outcome is written to."""

    thresholds: "list[Threshold]"
    junit: Path | None
    summary: Path | None

    def problem(self, document: dict[str, Any], folder: Path) -> RunError | None:
        """The error of the thresholds that a finished run crosses, if any; the outcome is printed and written."""
        from ..checks import write
        from ..thresholds.evaluate import evaluate_run, threshold_error

        if not self.thresholds:
            return None
        try:
            evaluations = evaluate_run(document, folder, self.thresholds)
        except UsageError as error:
            return error
        checks = [evaluation.check() for evaluation in evaluations]
        for check in checks:
            progress(check.line())
        write(checks, "Thresholds", to_junit=self.junit, to_summary=self.summary, environ=os.environ)
        return threshold_error(evaluations)


def threshold_options(
    expressions: list[str] | None, file: Path | None, junit: Path | None, summary: Path | None
) -> ThresholdOptions:
    """The thresholds of a command, read before anything is sent. Raises UsageError."""
    from ..checks import require_ours
    from ..thresholds import load_thresholds

    thresholds = load_thresholds(expressions or [], file, os.environ)
    if not thresholds and (junit or summary):
        raise UsageError("NO_THRESHOLDS", "--junit and --summary report thresholds; give one with --threshold.")
    require_ours(junit, summary)
    return ThresholdOptions(thresholds=thresholds, junit=junit, summary=summary)
