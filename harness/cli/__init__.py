"""`contactbench`: turns options into one command's work, and its result into a document or a message.

Commands import what they need when they run, so that `--help` is quick.
"""

from collections.abc import Callable
from inspect import getdoc
from typing import Annotated, Any

import typer

from .. import __version__
from ..client.secret_sources import protect_process
from . import estimates, experiments, gate, runs
from .output import GroupedHelp, streams_open

app = typer.Typer(
    name="contactbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # loading rich takes longer than the rest of --help
    context_settings={"auto_envvar_prefix": "CONTACTBENCH", "help_option_names": ["-h", "--help"]},
)

COMMANDS: tuple[Callable[..., None], ...] = (
    runs.compare,
    runs.upload,
    runs.reconcile,
    runs.verify,
    runs.mapping,
    runs.purge,
    runs.report,
    estimates.estimate,
    experiments.probe,
    experiments.calibrate,
    experiments.conform,
    experiments.cleanup,
    gate.gate,
)


def _add(command: Callable[..., None], **about: Any) -> None:
    """Add `command`, its first sentence shown in full: Typer would cut it after 45 characters in the command list."""
    app.command(cls=GroupedHelp, short_help=getdoc(command), **about)(command)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"contactbench {__version__}")
        raise typer.Exit


@app.callback()
def _before(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            allow_from_autoenv=False,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Load leads into Genesys Cloud contact lists, prove which contact each became, and report how long it takes."""


for command in COMMANDS:
    _add(command)
_add(estimates.make_leads, name="leads")
_add(
    estimates.mock,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)


def main() -> None:
    streams_open()
    protect_process()
    app()
