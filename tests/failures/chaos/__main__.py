"""`python -m tests.failures.chaos`: tortured runs, one process a core; exit code 99 if one of them is wrong."""

import json
import os
from typing import Annotated

import typer

from harness.strategies import STRATEGIES

from .torture import torture


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many, each of them a run of every strategy.")] = 20,
    first: Annotated[int, typer.Option(min=0, help="The first seed; each run is drawn from its own alone.")] = 1,
    strategy: Annotated[str | None, typer.Option(help="Only this one. [all five]")] = None,
    leads: Annotated[int | None, typer.Option(min=1, help="Leads of each run. [100 to 1,000]")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes. [one a core]")] = None,
) -> None:
    """Runs with random faults and kills, in virtual time: none may call a wrong mapping verified."""
    names = [strategy] if strategy else list(STRATEGIES)
    runs = range(first, first + seeds)
    document = torture(runs, names, leads, lambda line: typer.echo(line, err=True), jobs or os.cpu_count() or 1)
    typer.echo(json.dumps(document, indent=2))
    raise typer.Exit(99 if document["violations"] else 0)


if __name__ == "__main__":  # the processes of the runs import it too
    typer.run(main)
