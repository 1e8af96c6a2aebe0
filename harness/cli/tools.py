"""Commands around the runs: leads to try with, and a mock org."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from ..wording import counted
from .help import GroupedHelp
from .options import Force, Json, Seed, number
from .output import progress, show, told


def make_leads(
    count: Annotated[int, typer.Option(**number(0), help="How many.")],
    to: Annotated[Path, typer.Option(help="The .csv or .parquet file to write.")],
    seed: Seed = 1,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Invent leads: dense Lead IDs, fictional phone numbers, the same for the same seed."""
    from ..leads.made import write_leads
    from ..leads.synthetic import SyntheticLeads
    from ..user_files import require_free

    with told(as_json) as status:
        require_free(to, force=force)
        made = SyntheticLeads(count, seed)
        status.begin("writing leads", total=count, unit="lead")
        write_leads(made, to)
        status.rest()
        columns = made.columns
        show({"leads": count, "file": str(to), "lead_id": columns.lead_id, "phone": columns.phone}, as_json)
        progress(f"written: {counted(count, 'lead')} to {to}")
        about = ["--leads", str(to), "--lead-id", columns.lead_id, "--phone", columns.phone]
        progress(f"next: {shlex.join(['contactbench', 'upload', '--strategy', 'batch-api', *about])}")


def mock(context: typer.Context) -> None:
    """Serve a Genesys Cloud org on this machine, until told to stop."""
    from ..twin.mock_server import serve

    code = serve(context.args, GroupedHelp)
    if not code and not {"-h", "--help", "--version"} & set(context.args):
        progress("mock: stopped")
    raise typer.Exit(code)
