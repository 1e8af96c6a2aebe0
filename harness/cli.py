"""`contactbench`: options in, one command's work, its document or its message out. Nothing else is decided here."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import RunError

app = typer.Typer(
    name="contactbench",
    help="Load leads into Genesys Cloud contact lists, prove which contact each became, say how long it takes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"auto_envvar_prefix": "CONTACTBENCH", "help_option_names": ["-h", "--help"]},
)


LOCAL_QUIET_S = 5.0  # a server on this machine has ended what it was asked by then


class PaceName(StrEnum):
    VIRTUAL = "virtual"
    REAL = "real"
    NONE = "none"


class Keep(StrEnum):
    FIRST = "first"
    LAST = "last"


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
Seed = Annotated[int, typer.Option(help="Of everything drawn: leads, ids, latencies.")]
Profile = Annotated[str, typer.Option(help="A shipped profile's name, or a TOML file.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="Requests in flight at once.")]


@app.command()
def compare(
    leads: Annotated[str, typer.Option(help="How many leads to invent, or a .csv or .parquet file.")] = "1500000",
    strategies: Annotated[str, typer.Option(help="Names, comma-separated; `main` is the four main ones.")] = "main",
    pace: Annotated[
        PaceName, typer.Option(help="virtual replays the waiting at once, real waits, none knows no limits.")
    ] = PaceName.VIRTUAL,
    profile: Profile = "default",
    seed: Seed = 1,
    out: Annotated[Path, typer.Option(help="Folder for the results; a former comparison in it is replaced.")] = Path(
        "runs/compare"
    ),
    lead_id: Annotated[str, typer.Option(help="The Lead ID column of a file.")] = "Lead ID",
    phone: Annotated[str, typer.Option(help="The phone column of a file.")] = "Phone",
    concurrency: Concurrency = 8,
    as_json: Json = False,
) -> None:
    """Run strategies on the same leads against a mock org each, prove every mapping, write a report."""
    from . import compare as command
    from .strategies import MAIN

    with _told(as_json):
        comparison = command.Comparison(
            leads=int(leads) if leads.isdecimal() else Path(leads),
            strategies=MAIN if strategies == "main" else [name.strip() for name in strategies.split(",")],
            pace=pace.value,
            profile=profile,
            seed=seed,
            out=out,
            lead_id=lead_id,
            phone=phone,
            concurrency=concurrency,
            command=_command_line(),
        )
        document = command.compare(comparison, _progress)
        _finish(document, out, as_json)


@app.command()
def upload(
    strategy: Annotated[str, typer.Option(help="How: batch-api, batch-api-own-ids, csv-import-export, ...")],
    leads: Annotated[Path, typer.Option(help="A .csv or .parquet file.")],
    lead_id: Annotated[str, typer.Option(help="The Lead ID column.")],
    phone: Annotated[str, typer.Option(help="The phone column.")],
    target: Annotated[
        str, typer.Option(help="mock (127.0.0.1:8080), or the URL of a server on this machine.")
    ] = "mock",
    run: Annotated[Path | None, typer.Option(help="Run folder; the same one goes on. [runs/...]")] = None,
    contacts_per_list: Annotated[int, typer.Option(min=1, help="What one contact list may hold.")] = 1_000_000,
    lists: Annotated[
        int | None, typer.Option(min=1, help="Spread over so many lists. [as few as the cap allows]")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, max=1000, help="Contacts in one POST.")] = 1000,
    body_bytes: Annotated[int, typer.Option(min=1024, help="Bytes in one POST.")] = 3_000_000,
    quiet_period: Annotated[
        float | None, typer.Option(min=0, help="Seconds until a lost request has surely ended. [5 on this machine]")
    ] = None,
    dedupe: Annotated[Keep | None, typer.Option(help="Of rows with one Lead ID, keep this one.")] = None,
    max_duration: Annotated[float, typer.Option(min=1, help="Give up after so many seconds; resumable.")] = 86_400.0,
    concurrency: Concurrency = 8,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Upload leads by one strategy, keep the mapping, prove it. The same command again goes on where it stopped."""
    from . import upload as command
    from .credentials import credentials
    from .strategies.job import Settings

    with _told(as_json):
        order = command.Upload(
            strategy=strategy,
            leads=leads,
            lead_id=lead_id,
            phone=phone,
            target=target,
            credentials=credentials(),
            run_id=_new_run_id(),
            folder=run,
            contacts_per_list=contacts_per_list,
            lists=lists,
            concurrency=concurrency,
            seed=seed,
            dedupe=None if dedupe is None else dedupe.value,
            max_duration_s=max_duration,
            settings=Settings(
                batch_size=batch_size,
                body_bytes=body_bytes,
                quiet_s=LOCAL_QUIET_S if quiet_period is None else quiet_period,
                settle_s=LOCAL_QUIET_S if quiet_period is None else min(LOCAL_QUIET_S, quiet_period),
                poll_initial_s=0.2,
            ),
            command=_command_line(),
        )
        document = command.upload(order, _progress)
        _finish(document, order.run_folder(), as_json)


@app.command()
def verify(
    run: Annotated[Path, typer.Argument(help="Run folder of an upload.")],
    as_json: Json = False,
) -> None:
    """Prove a finished upload again: its files against each other, and against what the org exports now."""
    from . import verify as command
    from .credentials import credentials

    with _told(as_json):
        document = command.verify(run, credentials(), _progress)
        problem = None if document["verified"] else command.complaint(document)
        _print(document | _as_document(problem) if as_json else document, as_json)
        _exit_with(problem)


@app.command()
def mapping(
    run: Annotated[Path, typer.Argument(help="Run folder, or a strategy's folder of a comparison.")],
    to: Annotated[Path, typer.Option(help="FILE.csv or FILE.parquet.")],
    as_json: Json = False,
) -> None:
    """Copy a run's mapping to a file, after a look at its manifest."""
    from . import mapping_copy as command

    with _told(as_json):
        _print(command.copy_mapping(run, to), as_json)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A folder with a run.json.")],
    as_json: Json = False,
) -> None:
    """Draw the report of a run again."""
    with _told(as_json):
        _print({"written": [str(path) for path in _write_report(run)]}, as_json)


@app.command(name="leads")
def make_leads(
    count: Annotated[int, typer.Option(min=0, help="How many.")],
    to: Annotated[Path, typer.Option(help="The .csv file to write.")],
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Invent leads: dense Lead IDs, fictional phone numbers, the same for the same seed."""
    from .leads.shard_csv import write_csv
    from .leads.synthetic import SyntheticLeads

    with _told(as_json):
        made = SyntheticLeads(count, seed)
        write_csv(made, to)
        _print({"leads": count, "file": str(to), "lead_id": made.columns.lead_id, "phone": made.columns.phone}, as_json)


@app.command()
def torture(
    seeds: Annotated[int, typer.Option(min=1, help="How many runs.")] = 100,
    first: Annotated[int, typer.Option(min=0, help="The first seed; each run is drawn from its own alone.")] = 1,
    strategy: Annotated[str | None, typer.Option(help="Only this one. [any]")] = None,
    leads: Annotated[int | None, typer.Option(min=1, help="Leads of each run. [200 to 3,000]")] = None,
    as_json: Json = False,
) -> None:
    """Runs with random troubles and kills, in virtual time: none may call a wrong mapping verified."""
    from .strategies import strategy as known
    from .twin.torture import torture as command

    with _told(as_json):
        name = None if strategy is None else known(strategy).name
        document = command(range(first, first + seeds), name, leads, _progress)
        _print(document if as_json else {k: v for k, v in document.items() if k != "runs"}, as_json)
        if document["violations"]:
            raise typer.Exit(99)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def mock(context: typer.Context) -> None:
    """Serve a Genesys Cloud org on this machine; the options are those of `python -m mockserver --help`."""
    from .twin.mock_server import serve

    raise typer.Exit(serve(context.args))


# ----------------------------------------------------------------------------------------------------------------------


def main() -> None:
    os.umask(0o077)  # what a run writes holds personal data: readable by its owner alone, whoever writes it
    app()


@contextmanager
def _told(as_json: bool) -> Iterator[None]:
    """A RunError as one message and its exit code; never a traceback for something a user can cause."""
    try:
        yield
    except RunError as error:
        if as_json:
            _print(_as_document(error), as_json=True)
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("STOPPED by SIGINT; the journal is whole, the same command goes on from there.", err=True)
        raise typer.Exit(130) from None


def _finish(document: dict[str, Any], folder: Path, as_json: bool) -> None:
    """The report, the document, and the exit code that goes with them."""
    from .results import complaint

    written = _write_report(folder)
    problem = complaint(document)
    if as_json:
        _print(document | _as_document(problem), as_json=True)
    _progress(f"report: {written[0]}")
    _exit_with(problem)


def _as_document(problem: RunError | None) -> dict[str, Any]:
    if problem is None:
        return {}
    return {"error": {"code": problem.code, "message": str(problem), "exit_code": problem.exit_code}}


def _exit_with(problem: RunError | None) -> None:
    """Say what is amiss with a document that is out already: stdout holds one, and no second one for the complaint."""
    if problem is not None:
        _progress(str(problem))
        raise typer.Exit(problem.exit_code)


def _write_report(folder: Path) -> list[Path]:
    from reports import ReportError, write

    from .errors import UsageError

    try:
        return write(folder)
    except ReportError as error:
        raise UsageError("NO_REPORT", str(error)) from None


def _print(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(document))
    else:
        for key, value in document.items():
            typer.echo(f"{key}: {value}")


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _command_line() -> str:
    return shlex.join(["contactbench", *sys.argv[1:]])


def _new_run_id() -> str:
    import secrets
    from datetime import UTC, datetime

    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
