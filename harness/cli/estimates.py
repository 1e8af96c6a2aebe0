"""Commands that need no org: estimates, invented leads, and the mock itself."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ..wording import quantity
from .options import Concurrency, Force, Json, Seed, Separator, number
from .output import GroupedHelp, command_line, progress, report_errors, show, write_report

FILE = "estimate.json"  # the name under which a report looks for it
OURS = b'"kind": "estimate"'  # marks a document that an earlier estimate wrote


def estimate(
    leads: Annotated[
        str, typer.Option(help="How many leads (20k, 1.5M), or a .csv, .parquet or .xlsx file.")
    ] = "1500000",
    profile: Annotated[
        str | None, typer.Option(help="A shipped profile's name, or a TOML file. [all shipped ones, as a range]")
    ] = None,
    replicates: Annotated[int, typer.Option(min=1, help="How often each upload is simulated.")] = 1000,
    seed: Seed = 1,
    strategies: Annotated[str, typer.Option(help="Names, comma-separated; `main` means the four main ones.")] = "main",
    concurrency: Concurrency = 8,
    batch_size: Annotated[int, typer.Option(min=1, max=1000, help="Contacts in one POST at most.")] = 1000,
    contacts_per_list: Annotated[
        int | None, typer.Option(**number(1), help="Contacts in one list at most. [from the profile]")
    ] = None,
    monthly: Annotated[bool, typer.Option("--monthly", help="Twelve months: what fits the org, and for how long.")] = (
        False
    ),
    new_share: Annotated[float, typer.Option(help="With --monthly: share of a month's leads that is new.")] = 0.2,
    lead_id: Annotated[str, typer.Option(help="The Lead ID column of a file.")] = "Lead ID",
    phone: Annotated[str, typer.Option(help="The phone column of a file.")] = "Phone",
    separator: Separator = ",",
    to: Annotated[
        Path | None, typer.Option(help="A file for the JSON document, or a folder for estimate.json and a report.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Estimate how long each strategy would take under a profile, what that depends on, and what would change it."""
    from .. import estimate as command
    from ..estimate.summary import soonest, summary_text
    from ..files.replacement import require_free
    from ..strategies import MAIN
    from ..wording import leads_of

    with report_errors(as_json) as status:
        folder = _folder(to)
        require_free(to if folder is None else folder / FILE, force=force, ours=OURS)
        if folder is not None and not any((folder / name).exists() for name in (FILE, "run.json")):
            require_free(folder / "report.html", force=force)
            require_free(folder / "report.md", force=force)
        order = command.EstimateOrder(
            leads=leads_of(leads),
            strategies=MAIN if strategies == "main" else [name.strip() for name in strategies.split(",")],
            profile=profile,
            replicates=replicates,
            seed=seed,
            lead_id=lead_id,
            phone=phone,
            separator=separator,
            concurrency=concurrency,
            batch_size=batch_size,
            contacts_per_list=contacts_per_list,
            monthly=monthly,
            new_share=new_share,
            to=to if folder is None else folder / FILE,
            command=command_line(),
        )
        document = command.estimate(order, progress)
        status.rest()
        if folder is not None:
            progress(f"report: {write_report(folder)[0]}")
        if as_json:
            show(document, as_json)
            progress(soonest(document))
        else:
            typer.echo(summary_text(document))


def _folder(to: Path | None) -> Path | None:
    """`to`, created if missing, unless it is a file or has a file's suffix."""
    if to is None or to.is_file() or (to.suffix and not to.is_dir()):
        return None
    from ..files.atomic import own_folder

    return own_folder(to)


def make_leads(
    count: Annotated[int, typer.Option(**number(0), help="How many leads.")],
    to: Annotated[Path, typer.Option(help="The .csv or .parquet file to write.")],
    seed: Seed = 1,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Invent leads: consecutive Lead IDs, fictional phone numbers, the same for the same seed."""
    from ..files.replacement import require_free
    from ..leads.synthetic import SyntheticLeads, write_leads

    with report_errors(as_json) as status:
        require_free(to, force=force)
        made = SyntheticLeads(count, seed)
        status.begin("writing leads", total=count, unit="lead")
        write_leads(made, to)
        status.rest()
        columns = made.columns
        show({"leads": count, "file": str(to), "lead_id": columns.lead_id, "phone": columns.phone}, as_json)
        progress(f"written: {quantity(count, 'lead')} to {to}")
        about = ["--leads", str(to), "--lead-id", columns.lead_id, "--phone", columns.phone]
        progress(f"next: {shlex.join(['contactbench', 'upload', '--strategy', 'batch-api', *about])}")


def mock(context: typer.Context) -> None:
    """Serve a Genesys Cloud org on this machine until stopped."""
    from ..simulator import serve

    code = serve(context.args, GroupedHelp)
    if not code and not {"-h", "--help", "--version"} & set(context.args):
        progress("mock: stopped")
    raise typer.Exit(code)
