"""The output of a command: one document on stdout, messages on stderr, and the exit code."""

import logging
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import typer
from typer.core import TyperCommand

from ..errors import GaveUp, LocalResource, RunError, UsageError, disk_error, out_of_descriptors
from ..status import Status, set_status
from ..wording import printable, redact_passwords
from .progress_line import ProgressLine

LIBRARY_NOT_MAPPED = "failed to map segment"  # the dynamic linker's words when a library does not fit in memory
PROGRESS_INTERVAL = "CONTACTBENCH_PROGRESS_S"  # environment variable: seconds between plain progress lines
PROGRESS_INTERVAL_S = 10.0
_lines: list[ProgressLine] = []  # the line on the terminal now; other messages must not run into it


@contextmanager
def report_errors(as_json: bool, *, resumes: bool = False) -> Iterator[Status]:
    """The status that a command updates. A RunError becomes one message and its exit code, so a user's mistake never
    shows a traceback. `resumes`: the same command continues the run."""
    set_status(status := Status())
    try:
        with _translate_local_errors(), _progress_display(status):
            yield status
    except RunError as error:
        if as_json:
            show(as_document(error), as_json=True)
        progress(str(error))
        _close(status, again=resumes and isinstance(error, GaveUp))
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        what = "the journal is complete, the same command continues from there" if resumes else "it can be run again"
        progress(f"STOPPED by SIGINT; {what}.")
        _close(status, again=resumes)
        raise typer.Exit(130) from None


@contextmanager
def _progress_display(status: Status) -> Iterator[None]:
    log, handler = logging.getLogger("contactbench"), _NoticeHandler()
    log.addHandler(handler)
    try:
        with ProgressLine(status, lambda text: _write(text, err=True), _progress_interval_s()) as line:
            _lines.append(line)
            yield
    finally:
        _lines.clear()
        log.removeHandler(handler)


def _progress_interval_s() -> float:
    given = os.environ.get(PROGRESS_INTERVAL, str(PROGRESS_INTERVAL_S))
    try:
        return max(0.1, float(given))
    except ValueError:
        raise UsageError("BAD_SETTING", f"{PROGRESS_INTERVAL}={given!r} is not a number of seconds.") from None


class _NoticeHandler(logging.Handler):
    """Prints the log records of a run among the other messages."""

    def emit(self, record: logging.LogRecord) -> None:
        progress(record.getMessage())


def _close(status: Status, *, again: bool) -> None:
    """Print how far an unfinished run has got and, if it can be resumed, the command that does so."""
    from .closing import so_far

    if line := so_far(status):
        progress(line)
    if again:
        progress(f"next: {command_line()}")


@contextmanager
def _translate_local_errors() -> Iterator[None]:
    """Turn a full disk, a lack of memory or of file descriptors, wherever it occurs, into a RunError."""
    try:
        yield
    except MemoryError:
        raise _out_of_memory() from None
    except ImportError as error:
        if LIBRARY_NOT_MAPPED not in str(error):
            raise
        raise _out_of_memory() from None
    except OSError as error:
        if (translated := out_of_descriptors(error) or disk_error(error)) is None:
            raise
        raise translated from None


def _out_of_memory() -> LocalResource:
    return LocalResource("OUT_OF_MEMORY", "this process cannot get more memory; allow it more, then run again.")


class RunLimits(Protocol):
    def problem(self, document: dict[str, Any], folder: Path) -> RunError | None: ...


def finish(
    document: dict[str, Any], folder: Path, as_json: bool, status: Status, limits: RunLimits | None = None
) -> None:
    """Write the report, print the document, and exit with the right code."""
    conclude(document, folder, as_json, status, recorded_error(document, folder, status, limits))


def recorded_error(
    document: dict[str, Any], folder: Path, status: Status, limits: RunLimits | None = None
) -> RunError | None:
    """The error of the run itself, else of its thresholds, recorded in run.json and the report."""
    from ..runs.run_document import complaint

    crossed = limits.problem(document, folder) if limits is not None else None
    status.begin("writing the report")
    write_report(folder)
    status.rest()
    return complaint(document) or crossed


def conclude(document: dict[str, Any], folder: Path, as_json: bool, status: Status, problem: RunError | None) -> None:
    from . import closing

    if as_json:
        show(document | as_document(problem), as_json=True)
    if problem is not None:
        progress(str(problem))
    for line in closing.lines(document, folder, status):
        progress(line)
    progress(f"report: {folder / 'report.html'}")
    progress(f"next: {closing.next_command(document, folder)}")
    if problem is not None:
        raise typer.Exit(problem.exit_code)


def as_document(problem: RunError | None) -> dict[str, Any]:
    if problem is None:
        return {}
    return {"error": {"code": problem.code, "message": str(problem), "exit_code": problem.exit_code}}


def exit_with(problem: RunError | None) -> None:
    """Report an error whose document was printed already: stdout gets no second one."""
    if problem is not None:
        progress(str(problem))
        raise typer.Exit(problem.exit_code)


def write_report(folder: Path) -> list[Path]:
    from reports import ReportError, write

    try:
        return write(folder)
    except ReportError as error:
        raise UsageError("NO_REPORT", str(error)) from None


def show(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        import msgspec

        _say(msgspec.json.encode(document), err=False)
    else:
        for key, value in document.items():
            _say(printable(f"{key}: {value}"), err=False)


def progress(line: str) -> None:
    _say(printable(line), err=True)


def streams_open() -> None:
    """Open closed standard streams on the null device; otherwise the next file opened would take their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _say(text: str | bytes, *, err: bool) -> None:
    with _lines[0].hide() if _lines else nullcontext():
        _write(text, err=err, end=True)


def _write(text: str | bytes, *, err: bool, end: bool = False) -> None:
    """Write `text`, or nothing if the reader is gone or the log's disk is full: the work itself has not failed."""
    try:
        typer.echo(text, err=err, nl=end)
    except OSError:
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # also for what Python flushes on exit


def command_line() -> str:
    return redact_passwords(shlex.join(["contactbench", *sys.argv[1:]]))


OTHER = "Options"
HEADINGS = {
    "Input": "leads lead_id phone separator sheet count dedupe again from_server",
    "How": "strategy strategies lists contacts_per_list batch_size body_bytes"
    " concurrency quiet_period max_duration seed",
    "Where": "target against host port control_port allow_host max_connections exposed",
    "Mock org": "profile pace store client clients strict",
    "Versions": "layers expected update base base_tree head_tree upload_leads only accept",
    "Limits": "threshold thresholds junit summary",
    "Output": "run out to rejects journal ready_file force as_json",
}
BY_NAME = {name: heading for heading, names in HEADINGS.items() for name in names.split()}


class GroupedHelp(TyperCommand):
    """A command whose options are grouped under headings: the option's own panel, or one chosen by its name."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in ("Arguments", *HEADINGS)}
        for param in self.get_params(ctx):
            param.show_envvar = False  # type: ignore[attr-defined]
            if (row := param.get_help_record(ctx)) is not None:
                rows.setdefault(_heading(param), []).append(row)
        for heading, options in rows.items():
            if options:
                with formatter.section(heading):
                    formatter.write_dl(options)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Name one environment variable as an example, in place of one beside each option."""
        example = next(param for param in self.params if param.param_type_name == "option")
        name = f"{ctx.auto_envvar_prefix}_{str(example.name).upper()}"
        formatter.write_paragraph()
        formatter.write_text(f"Each option can also be set in the environment: {example.opts[-1]} as {name}.")


def _heading(param: Any) -> str:
    if param.param_type_name == "argument":
        return "Arguments"
    return getattr(param, "rich_help_panel", None) or BY_NAME.get(param.name, OTHER)
