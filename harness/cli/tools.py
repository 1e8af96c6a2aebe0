"""Commands around the runs: leads to try with, a mock org, and the trial by torture."""

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from ..wording import counted
from .help import GroupedHelp
from .options import Json, Seed, number
from .output import progress, show, told


def make_leads(
    count: Annotated[int, typer.Option(**number(0), help="How many.")],
    to: Annotated[Path, typer.Option(help="The .csv file to write.")],
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Invent leads: dense Lead IDs, fictional phone numbers, the same for the same seed."""
    from ..leads.shard_csv import write_csv
    from ..leads.synthetic import SyntheticLeads

    with told(as_json) as status:
        made = SyntheticLeads(count, seed)
        status.begin("writing leads", total=count, unit="lead")
        write_csv(made, to)
        status.rest()
        columns = made.columns
        show({"leads": count, "file": str(to), "lead_id": columns.lead_id, "phone": columns.phone}, as_json)
        progress(f"written: {counted(count, 'lead')} to {to}")
        about = ["--leads", str(to), "--lead-id", columns.lead_id, "--phone", columns.phone]
        progress(f"next: {shlex.join(['contactbench', 'upload', '--strategy', 'batch-api', *about])}")


def torture(
    seeds: Annotated[int, typer.Option(min=1, help="How many, each of them a run of every strategy.")] = 20,
    first: Annotated[int, typer.Option(min=0, help="The first seed; each run is drawn from its own alone.")] = 1,
    strategy: Annotated[str | None, typer.Option(help="Only this one. [all five]")] = None,
    leads: Annotated[int | None, typer.Option(**number(1), help="Leads of each run. [100 to 1,000]")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes. [one a core]")] = None,
    as_json: Json = False,
) -> None:
    """Runs with random troubles and kills, in virtual time: none may call a wrong mapping verified."""
    from ..strategies import STRATEGIES
    from ..strategies import strategy as known
    from ..twin.torture import torture as command

    with told(as_json):
        names = list(STRATEGIES) if strategy is None else [known(strategy).name]
        document = command(range(first, first + seeds), names, leads, progress, jobs or os.cpu_count() or 1)
        show(document if as_json else {k: v for k, v in document.items() if k != "wrong"}, as_json)
        if document["violations"]:
            raise typer.Exit(99)


def mock(context: typer.Context) -> None:
    """Serve a Genesys Cloud org on this machine, until told to stop."""
    from ..twin.mock_server import serve

    code = serve(context.args, GroupedHelp)
    if not code:
        progress("mock: stopped")
    raise typer.Exit(code)
