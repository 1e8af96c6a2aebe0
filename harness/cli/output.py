"""What a command says: one document on stdout, its messages on stderr, and the exit code that fits."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import typer

from ..errors import LocalResource, RunError, out_of_descriptors
from ..redacted import redacted

NO_ROOM = "failed to map segment"  # in the dynamic linker's words: libraries are loaded when they are needed


@contextmanager
def told(as_json: bool) -> Iterator[None]:
    """A RunError as one message and its exit code; never a traceback for something a user can cause."""
    try:
        with _local_troubles():
            yield
    except RunError as error:
        if as_json:
            show(as_document(error), as_json=True)
        progress(str(error))
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        progress("STOPPED by SIGINT; the journal is whole, the same command goes on from there.")
        raise typer.Exit(130) from None


@contextmanager
def _local_troubles() -> Iterator[None]:
    """Files are written and memory is taken in many places; that it cannot be done is told in one."""
    try:
        yield
    except MemoryError:
        raise _out_of_memory() from None
    except ImportError as error:
        if NO_ROOM not in str(error):
            raise
        raise _out_of_memory() from None
    except OSError as error:
        from ..mapping.trouble import of_the_disk

        if (trouble := out_of_descriptors(error) or of_the_disk(error)) is None:
            raise
        raise trouble from None


def _out_of_memory() -> LocalResource:
    return LocalResource("OUT_OF_MEMORY", "this process may take no more; allow it more, then run again.")


class Held(Protocol):
    def problem(self, document: dict[str, Any], folder: Path) -> RunError | None: ...


def finish(document: dict[str, Any], folder: Path, as_json: bool, limits: Held | None = None) -> None:
    """The report, the document, and the exit code: for what is amiss with the run itself, else with its limits."""
    from ..results import complaint

    beyond = limits.problem(document, folder) if limits is not None else None
    written = write_report(folder)
    problem = complaint(document) or beyond
    if as_json:
        show(document | as_document(problem), as_json=True)
    progress(f"report: {written[0]}")
    exit_with(problem)


def as_document(problem: RunError | None) -> dict[str, Any]:
    if problem is None:
        return {}
    return {"error": {"code": problem.code, "message": str(problem), "exit_code": problem.exit_code}}


def exit_with(problem: RunError | None) -> None:
    """Say what is amiss with a document that is out already: stdout holds one, and no second one for the complaint."""
    if problem is not None:
        progress(str(problem))
        raise typer.Exit(problem.exit_code)


def write_report(folder: Path) -> list[Path]:
    from reports import ReportError, write

    from ..errors import UsageError

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
            _say(f"{key}: {value}", err=False)


def progress(line: str) -> None:
    _say(line, err=True)


def streams_open() -> None:
    """Whoever closed a standard stream gets a void in its place: the next file opened would become it otherwise."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _say(text: str | bytes, *, err: bool) -> None:
    """`text`, or nothing if nobody reads any more, or the log's disk is full: that is no failure of the work."""
    try:
        typer.echo(text, err=err)
    except OSError:
        stream = sys.stderr if err else sys.stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # also for what Python flushes at its end


def command_line() -> str:
    return redacted(shlex.join(["contactbench", *sys.argv[1:]]))
