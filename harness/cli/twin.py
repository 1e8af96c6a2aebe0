"""Commands that ask an org how it behaves, and take away again what they left in it."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Json
from .output import progress, show, told


def cleanup(
    run: Annotated[Path, typer.Argument(help="Folder of an upload, a probe or a calibration.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Really remove it; without, only say what would be removed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove what a run has made in the org: its own lists with all their contacts, and nothing else."""
    from .. import cleanup as command
    from ..credentials import credentials

    with told(as_json):
        document = command.cleanup(run, credentials(), really=yes, tell=progress)
        show(document if as_json else {key: document[key] for key in ("run", "removed")}, as_json)
