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
    from ..thresholds.expression import Threshold


class PaceName(StrEnum):
    VIRTUAL = "virtual"
    REAL = "real"
    NONE = "none"


class Keep(StrEnum):
    FIRST = "first"
    LAST = "last"


def number(least: int) -> Any:
    """For an option that takes a number of leads or contacts, as people write one."""

    def parse(text: str) -> int:
        from ..wording import count_of

        try:
            if (count := count_of(text)) >= least:
                return count
        except ValueError as error:
            raise typer.BadParameter(f"{error}.") from None
        raise typer.BadParameter(f"{text} is less than {least}.")

    return {"parser": parse, "metavar": "<number>"}


def unseen(url: str, option: str) -> str:
    """`url`, unless it was typed with a password. Raises UsageError."""
    from ..errors import UsageError
    from ..wording import redact_passwords

    if redact_passwords(url) != url and any(url in argument for argument in sys.argv):
        raise UsageError(
            "PASSWORD_SHOWN",
            f"{option}: everybody on this machine can read a password in a command. Leave it out of the address, and"
            " give it as PGPASSWORD, in ~/.pgpass (PGPASSFILE), or in a service file (postgresql:///?service=NAME).",
        )
    return url


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]
Seed = Annotated[int, typer.Option(help="The seed of all random choices: leads, ids, latencies.")]
Profile = Annotated[str, typer.Option(help="A shipped profile's name, or a TOML file.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="Requests in flight at once.")]
Journal = Annotated[
    str,
    typer.Option(
        envvar="CONTACTBENCH_JOURNAL",
        help="postgresql://...: the run's state is kept there; the run is called like its folder. [in the folder]",
        show_default=False,
        show_envvar=True,
    ),
]
Separator = Annotated[
    str, typer.Option(help="Between the cells of a CSV file: a sign such as ';' or '|', or tab.", metavar="SIGN")
]
Target = Annotated[
    str, typer.Option(help="mock (127.0.0.1:8080), the URL of a server on this machine, or org: a real one.")
]


Thresholds = Annotated[
    list[str] | None, typer.Option("--threshold", help="A limit, as 'p95(contacts.add)<1500ms'; may be repeated.")
]
ThresholdFile = Annotated[
    Path | None, typer.Option("--thresholds", help="A file of limits: one a line, or .toml. See docs/gate.md.")
]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write what was held against limits as JUnit XML.")]
Summary = Annotated[Path | None, typer.Option("--summary", help="Write it as Markdown.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdOptions:
    """What a run is held against, and where that is told."""

    thresholds: "list[Threshold]"
    junit: Path | None
    summary: Path | None

    def problem(self, document: dict[str, Any], folder: Path) -> RunError | None:
        """What is to be said of the thresholds of a run that has ended; told line by line, and in files."""
        from ..checks import write
        from ..thresholds.evaluate import evaluate_run, threshold_error

        if not self.thresholds:
            return None
        try:
            judgements = evaluate_run(document, folder, self.thresholds)
        except UsageError as error:
            return error
        checks = [judgement.check() for judgement in judgements]
        for check in checks:
            progress(check.line())
        write(checks, "Thresholds", to_junit=self.junit, to_summary=self.summary, environ=os.environ)
        return threshold_error(judgements)


def limits(
    expressions: list[str] | None, file: Path | None, junit: Path | None, summary: Path | None
) -> ThresholdOptions:
    """Read before anything is sent. Raises UsageError."""
    from ..checks import require_ours
    from ..thresholds.expression import load_thresholds

    thresholds = load_thresholds(expressions or [], file, os.environ)
    if not thresholds and (junit or summary):
        raise UsageError("NO_THRESHOLDS", "--junit and --summary tell of thresholds; give one with --threshold.")
    require_ours(junit, summary)
    return ThresholdOptions(thresholds=thresholds, junit=junit, summary=summary)
