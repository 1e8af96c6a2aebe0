"""Commands that load leads, prove which contact each became, and report on it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..client.org_safety import OrgOptions
from ..wording import quantity
from .options import (
    Concurrency,
    Force,
    Journal,
    Json,
    Junit,
    Keep,
    PaceName,
    Profile,
    RejectRows,
    Seed,
    Separator,
    Summary,
    Target,
    ThresholdFile,
    Thresholds,
    number,
    require_no_password,
    threshold_options,
)
from .org_options import CAPS, NO_ORG, confirm_org, with_org_options, without_phone_check
from .output import (
    as_document,
    command_line,
    conclude,
    exit_with,
    finish,
    progress,
    recorded_error,
    report_errors,
    show,
    write_report,
)

if TYPE_CHECKING:  # a command imports what it needs when it runs
    from ..runs.prepare import UploadOrder

MAPPING_TO = "FILE.csv, FILE.for-spreadsheets.csv (without formulas), FILE.parquet, or postgresql://.../DATABASE/TABLE."
QUIET = "Seconds after which a lost request can no longer take effect. [20 on this machine, 60 in an org]"


def compare(
    leads: Annotated[
        str, typer.Option(help="How many leads to invent (20k, 1.5M), or a .csv, .parquet or .xlsx file.")
    ] = "1500000",
    strategies: Annotated[str, typer.Option(help="Names, comma-separated; `main` means the four main ones.")] = "main",
    pace: Annotated[
        PaceName, typer.Option(help="virtual skips the waiting, real waits, none has no limits and no latencies.")
    ] = PaceName.VIRTUAL,
    profile: Profile = "default",
    seed: Seed = 1,
    out: Annotated[Path, typer.Option(help="Folder for the results; replaces an earlier comparison.")] = Path(
        "runs/compare"
    ),
    lead_id: Annotated[str, typer.Option(help="The Lead ID column of a file.")] = "Lead ID",
    phone: Annotated[str, typer.Option(help="The phone column of a file.")] = "Phone",
    dedupe: Annotated[Keep | None, typer.Option(help="Of rows with the same Lead ID, keep this one.")] = None,
    separator: Separator = ",",
    concurrency: Concurrency = 8,
    threshold: Thresholds = None,
    thresholds: ThresholdFile = None,
    junit: Junit = None,
    summary: Summary = None,
    as_json: Json = False,
) -> None:
    """Run strategies on the same leads, each against its own mock org, prove every mapping, write a report."""
    from ..commands import compare as command
    from ..errors import UsageError
    from ..strategies import MAIN
    from ..wording import leads_of

    with report_errors(as_json) as status:
        limits = threshold_options(threshold, thresholds, junit, summary)
        comparison = command.Comparison(
            leads=leads_of(leads),
            strategies=MAIN if strategies == "main" else [name.strip() for name in strategies.split(",")],
            pace=pace.value,
            profile=profile,
            seed=seed,
            out=out,
            lead_id=lead_id,
            phone=phone,
            separator=separator,
            concurrency=concurrency,
            dedupe=None if dedupe is None else dedupe.value,
            command=command_line(),
        )
        problems = []

        def complete(document: dict[str, Any], folder: Path) -> None:
            problems.append(recorded_error(document, folder, status, limits))
            if isinstance(problems[0], UsageError):  # a limit on a metric that the run lacks: keep the old comparison
                raise problems[0]

        document = command.compare(comparison, progress, complete)
        conclude(document, out, as_json, status, problems[0])


@with_org_options(CAPS)
def upload(
    strategy: Annotated[str, typer.Option(help="batch-api, batch-api-own-ids, csv-import-export, ...")],
    leads: Annotated[Path, typer.Option(help="A .csv, .parquet or .xlsx file.")],
    lead_id: Annotated[str, typer.Option(help="The Lead ID column.")],
    phone: Annotated[str, typer.Option(help="The phone column.")],
    separator: Separator = ",",
    target: Target = "mock",
    run: Annotated[Path | None, typer.Option(help="Run folder; give the same one to resume. [runs/...]")] = None,
    contacts_per_list: Annotated[int, typer.Option(**number(1), help="Contacts in one list at most.")] = 1_000_000,
    lists: Annotated[int | None, typer.Option(min=1, help="Number of lists. [as few as the cap allows]")] = None,
    batch_size: Annotated[int, typer.Option(min=1, max=1000, help="Contacts in one POST at most.")] = 1000,
    body_bytes: Annotated[int, typer.Option(min=1024, help="Bytes in one POST at most.")] = 3_000_000,
    quiet_period: Annotated[float | None, typer.Option(min=0, help=QUIET)] = None,
    dedupe: Annotated[Keep | None, typer.Option(help="Of rows with the same Lead ID, keep this one.")] = None,
    rejects: Annotated[RejectRows, typer.Option(help="What rejects.csv holds of a lead: its row, or its Lead ID.")] = (
        RejectRows.ROWS
    ),
    again: Annotated[bool, typer.Option("--again", help="Load leads even if an earlier run loaded them.")] = False,
    max_duration: Annotated[float, typer.Option(min=1, help="Seconds before giving up; resumable.")] = 86_400.0,
    journal: Journal = "",
    concurrency: Concurrency = 8,
    seed: Seed = 1,
    threshold: Thresholds = None,
    thresholds: ThresholdFile = None,
    junit: Junit = None,
    summary: Summary = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, estimate the time, list every reject; send nothing.")
    ] = False,
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Upload leads with one strategy, keep the mapping, prove it. The same command resumes where it stopped."""
    from ..runs import prepare as command
    from ..runs.resolve_target import credentials_for, reach, resolve_target
    from ..strategies.job import Settings

    with report_errors(as_json, resumes=True) as status:
        limits = threshold_options(threshold, thresholds, junit, summary)
        aim = aim if dry_run else confirm_org(aim, target)
        order = command.UploadOrder(
            strategy=strategy,
            leads=leads,
            lead_id=lead_id,
            phone=phone,
            separator=separator,
            target=target,
            credentials=credentials_for(resolve_target(target, aim), aim),
            run_id=command.new_run_id(),
            folder=run,
            contacts_per_list=contacts_per_list,
            lists=lists,
            concurrency=concurrency,
            seed=seed,
            dedupe=None if dedupe is None else dedupe.value,
            rejects=rejects.value,
            again=again,
            deadline_s=max_duration,
            settings=Settings.for_target(reach(target), quiet_period, batch_size=batch_size, body_bytes=body_bytes),
            command=command_line(),
            aim=aim,
            journal=require_no_password(journal, "--journal"),
        )
        if dry_run:
            _dry_run(order, as_json)
            return
        document = command.upload(order, progress)
        finish(document, order.run_folder(), as_json, status, limits)


def _dry_run(order: "UploadOrder", as_json: bool) -> None:
    from ..commands import dry_run

    found = dry_run.dry_run(order, progress)
    if as_json:
        show(found.document | as_document(found.problem), as_json)
    else:
        for line in found.lines():
            typer.echo(line)
    progress(f"next: {order.command.replace(' --dry-run', '')}")
    exit_with(found.problem)


@with_org_options()
def reconcile(
    leads: Annotated[Path, typer.Option(help="The file that was uploaded.")],
    lead_id: Annotated[str, typer.Option(help="The Lead ID column.")],
    phone: Annotated[str, typer.Option(help="The phone column.")],
    run: Annotated[Path, typer.Option(help="The run folder whose state is lost or damaged.")],
    from_server: Annotated[bool, typer.Option("--from-server", help="Rebuild from what the org holds now.")] = False,
    separator: Separator = ",",
    target: Target = "mock",
    strategy: Annotated[str, typer.Option(help="Strategy of the upload. [from the folder]")] = "",
    lists: Annotated[str, typer.Option(help="Ids of the run's contact lists. [found in the folder and by name]")] = "",
    contacts_per_list: Annotated[int | None, typer.Option(**number(1), help="As in the upload.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, max=1000, help="As in the upload.")] = None,
    body_bytes: Annotated[int | None, typer.Option(min=1024, help="As in the upload.")] = None,
    quiet_period: Annotated[float | None, typer.Option(min=0, help=QUIET)] = None,
    dedupe: Annotated[Keep | None, typer.Option(help="As in the upload.")] = None,
    concurrency: Concurrency = 8,
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Rebuild the lost or damaged state of an upload from what the org holds. Writes nothing to the org."""
    from ..commands import reconcile as command
    from ..errors import UsageError
    from ..runs.prepare import UploadOrder, new_run_id
    from ..runs.resolve_target import credentials_for, reach, resolve_target
    from ..strategies.job import Settings

    with report_errors(as_json) as status:
        if not from_server:
            raise UsageError("NO_SOURCE", "say what to rebuild from: --from-server, the org as it is now.")
        aim = confirm_org(without_phone_check(aim), target)
        plan = {"contacts_per_list": contacts_per_list, "batch_size": batch_size, "body_bytes": body_bytes}
        given = {name: value for name, value in plan.items() if value is not None}
        settings = {name: value for name, value in given.items() if name in Settings.__dataclass_fields__}
        order = UploadOrder(
            strategy=strategy,
            leads=leads,
            lead_id=lead_id,
            phone=phone,
            separator=separator,
            target=target,
            credentials=credentials_for(resolve_target(target, aim), aim),
            run_id=new_run_id(),
            folder=run,
            contacts_per_list=contacts_per_list or 1_000_000,
            concurrency=concurrency,
            dedupe=None if dedupe is None else dedupe.value,
            settings=Settings.for_target(reach(target), quiet_period, **settings),
            command=command_line(),
            aim=aim,
        )
        known = command.with_what_is_known(order, run, given=given.keys())
        named = [each.strip() for each in lists.split(",") if each.strip()]
        finish(command.reconcile(known, named, progress), run, as_json, status)


@with_org_options()
def verify(
    run: Annotated[Path, typer.Argument(help="Run folder of an upload.")],
    journal: Journal = "",
    as_json: Json = False,
    aim: OrgOptions = NO_ORG,
) -> None:
    """Prove a finished upload again: its files against each other and against what the org exports now."""
    from ..commands import verify as command

    with report_errors(as_json) as status:
        document = command.verify(run, aim, progress, require_no_password(journal, "--journal"))
        status.rest()
        problem = None if document["verified"] else command.complaint(document)
        show(document | as_document(problem) if as_json else document, as_json)
        exit_with(problem)
        progress(f"verified: the org holds {quantity(document['rows'], 'lead')} as {run / 'mapping.csv'} says")
        progress(f"next: {shlex.join(['contactbench', 'mapping', str(run), '--to', 'mapping.parquet'])}")


def mapping(
    run: Annotated[Path, typer.Argument(help="Run folder, or a strategy's folder of a comparison.")],
    to: Annotated[str, typer.Option(help=MAPPING_TO)],
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Copy a run's mapping to a file or a table, after checking it against its manifest."""
    from ..mapping import copy_mapping as command

    with report_errors(as_json) as status:
        status.begin("copying the mapping")
        document = command.copy_mapping(run, require_no_password(to, "--to"), force=force)
        status.rest()
        show(document, as_json)
        proof = "verified" if document["verified"] else "NOT VERIFIED"
        progress(f"copied: {quantity(document['rows'], 'row')} to {document['file']}, {proof}")


def purge(
    run: Annotated[Path, typer.Argument(help="Folder of an upload or a comparison.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this, only list it.")] = False,
    keep_mapping: Annotated[bool, typer.Option("--keep-mapping", help="Leave mapping.csv where it is.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Even if the org still has lists of the run.")] = False,
    journal: Journal = "",
    as_json: Json = False,
) -> None:
    """Remove people's data from a run's folder: leads, ids, rejects and state. Its figures and reports stay."""
    from ..runs import purge as command

    with report_errors(as_json) as status:
        url = require_no_password(journal, "--journal")
        document = command.purge(run, really=yes, force=force, keep_mapping=keep_mapping, tell=progress, url=url)
        if yes and (run / "run.json").exists():
            write_report(run)
        status.rest()
        counts = {name: len(document[name]) for name in ("removed", "left")}
        show(document if as_json else document | counts, as_json)
        left = ", ".join(sorted({name.rpartition("/")[2] for name in document["left"]}))
        progress(f"{'removed' if yes else 'would be removed'}: {quantity(counts['removed'], 'file')}; left: {left}")
        progress("not touched: the input, copies that were made elsewhere, and contacts in the org")
        if not yes:
            progress(f"next: {shlex.join(['contactbench', 'purge', str(run), '--yes'])}")


def report(
    run: Annotated[Path, typer.Argument(help="A folder with a run.json.")],
    as_json: Json = False,
) -> None:
    """Write the report of a run again."""
    with report_errors(as_json) as status:
        status.begin("writing the report")
        written = write_report(run)
        status.rest()
        show({"written": [str(path) for path in written]}, as_json)
        progress(f"report: {written[0]}")
