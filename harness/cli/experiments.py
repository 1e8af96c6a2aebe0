"""Commands that find out how an org behaves, and the one that removes what a run left there."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ..client.org_safety import PER_MINUTE, OrgOptions
from ..wording import quantity
from .options import Concurrency, Force, Journal, Json, Seed, Target, number, require_no_password
from .org_options import NO_ORG, confirm_org, with_org_options, with_rate
from .output import as_document, exit_with, progress, report_errors, show

RUNS = Path("runs")
LOCAL_PER_MINUTE = 300


@with_org_options()
def probe(
    target: Target = "mock",
    run: Annotated[
        Path | None, typer.Option(help="Folder for what it creates and finds. [runs/probe-<run id>]")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write the findings as a profile, a .toml file.")] = None,
    force: Force = False,
    max_contacts: Annotated[int, typer.Option(**number(1), help="Contacts to send at most.")] = 2_000,
    max_requests: Annotated[int, typer.Option(min=1, help="Requests to send at most.")] = 1_500,
    settle: Annotated[float, typer.Option(min=0, help="Seconds to wait before reading a list's size again.")] = 5.0,
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Find out what an org's documentation leaves open, with a few contacts in lists that are removed afterwards."""
    import asyncio
    from datetime import UTC, datetime

    from ..client.org_safety import RunCaps
    from ..experiments import probe as command
    from ..files.replacement import require_free
    from ..runs.prepare import new_run_id
    from ..runs.resolve_target import credentials_for, resolve_target

    with report_errors(as_json) as status:
        require_free(to, force=force)
        run_id, aim = new_run_id(), confirm_org(aim, target)
        where = resolve_target(target, aim)
        ordered = command.ProbeOrder(
            target=where,
            credentials=credentials_for(where, aim),
            folder=run or RUNS / f"probe-{run_id}",
            run_id=run_id,
            caps=RunCaps(contacts=max_contacts, requests=max_requests),
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            to=to,
            consistency_wait_s=settle,
        )
        document = asyncio.run(command.run_probe(ordered, progress))
        status.rest()
        show(document if as_json else {key: document[key] for key in ("run", "host")} | document["settings"], as_json)
        asked, found = quantity(len(ordered.questions), "question"), quantity(len(document["settings"]), "setting")
        progress(f"probed: {asked} asked, {found} known now; everything created in the org was removed")
        if to is None:
            progress("next: the same command with --to FILE.toml writes the findings as a profile")
        else:
            progress(f"next: contactbench compare --profile {shlex.quote(str(to))}")


@with_org_options()
def calibrate(
    target: Target = "mock",
    to: Annotated[Path, typer.Option(help="The profile to write, a .toml file.")] = Path("calibrated.toml"),
    force: Force = False,
    run: Annotated[
        Path | None,
        typer.Option(help="Folder for its records; give it again to resume. [runs/calibrate-<run id>]"),
    ] = None,
    max_contacts: Annotated[int, typer.Option(**number(1), help="Contacts to send at most.")] = 25_000,
    max_requests: Annotated[int, typer.Option(min=1, help="Requests to send at most.")] = 2_500,
    max_minutes: Annotated[float, typer.Option(min=0.1, help="Minutes to measure at most.")] = 15.0,
    rate: Annotated[
        int | None, typer.Option(min=1, help=f"Requests a minute at most. [300; {PER_MINUTE} to an org]")
    ] = None,
    concurrency: Concurrency = 8,
    seed: Seed = 1,
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Measure an org with some thousand contacts, remove them, and write a profile that behaves like it."""
    import asyncio
    from datetime import UTC, datetime

    from ..experiments import calibrate as command
    from ..experiments.calibrate.results import render_text
    from ..files.replacement import require_free
    from ..runs.prepare import new_run_id
    from ..runs.resolve_target import credentials_for, resolve_target

    with report_errors(as_json) as status:
        require_free(to, force=force)
        run_id, aim = new_run_id(), confirm_org(with_rate(aim, rate), target)
        where = resolve_target(target, aim)
        order = command.CalibrationOrder(
            target=where,
            credentials=credentials_for(where, aim),
            folder=run or RUNS / f"calibrate-{run_id}",
            run_id=run_id,
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            to=to,
            max_contacts=max_contacts,
            max_requests=max_requests,
            max_minutes=max_minutes,
            per_minute=rate or (LOCAL_PER_MINUTE if where.terms is None else PER_MINUTE),
            concurrency=concurrency,
            seed=seed,
        )
        document = asyncio.run(command.calibrate(order, progress))
        status.rest()
        if as_json:
            show(document, as_json)
        else:
            typer.echo(render_text(document))


@with_org_options()
def conform(
    target: Annotated[str, typer.Option(help="mock, the URL of a server on this machine, or org (a real one).")],
    against: Annotated[str, typer.Option(help="The org to compare it with.")],
    run: Annotated[Path | None, typer.Option(help="Folder for its records. [runs/conform-<run id>]")] = None,
    settle: Annotated[float, typer.Option(min=0, help="Seconds to wait before reading a list's size again.")] = 5.0,
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Make the same calls on two orgs and report where the answers differ; exit code 99 if they do."""
    import asyncio

    from ..experiments import conform as command
    from ..runs.prepare import new_run_id
    from ..runs.resolve_target import credentials_between, resolve_target

    with report_errors(as_json) as status:
        run_id, aim = new_run_id(), confirm_org(aim, target, against)
        folder = run or RUNS / f"conform-{run_id}"
        orgs = [resolve_target(name, aim) for name in (target, against)]
        ours, theirs = (
            command.Side(target=org, credentials=known, folder=folder / name, run_id=f"{run_id}-{name}")
            for name, org, known in zip(("target", "against"), orgs, credentials_between(orgs, aim), strict=True)
        )
        document = asyncio.run(command.compare_orgs(ours, theirs, progress, settle))
        status.rest()
        found = document["differences"]
        if as_json:
            show(document, as_json)
        else:
            for difference in found:
                typer.echo("{call}: {field}: {target!r} / {against!r}".format_map(difference))
        progress(f"{quantity(document['calls'], 'call')}, {quantity(len(found), 'difference')}")
        if found:
            raise typer.Exit(99)


@with_org_options()
def cleanup(
    run: Annotated[Path, typer.Argument(help="Folder of an upload, a probe or a calibration.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this, only list it.")] = False,
    journal: Journal = "",
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Remove what a run has created in the org: its own lists with all their contacts, and nothing else."""
    from ..runs import cleanup as command

    with report_errors(as_json) as status:
        url = require_no_password(journal, "--journal")
        document, problem = command.cleanup(run, aim, really=yes, tell=progress, url=url)
        status.rest()
        show(document | as_document(problem) if as_json else {k: document[k] for k in ("run", "removed")}, as_json)
        exit_with(problem)
        if yes:
            progress(
                f"removed: {document['removed']} of {quantity(len(document['things']), 'list')}; the others are gone"
            )
        else:
            progress(f"next: {shlex.join(['contactbench', 'cleanup', str(run), '--yes'])}")
