"""`contactbench`: options in, one command's work, its document or its message out. Nothing else is decided here.

A command imports what it needs when it runs, so that `--help` is quick.
"""

import os
from collections.abc import Callable
from inspect import getdoc
from typing import Annotated, Any

import typer

from .. import __version__
from . import estimates, experiments, gate, runs
from .output import GroupedHelp, streams_open

app = typer.Typer(
    name="contactbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # to load rich takes longer than all the rest of --help
    context_settings={"auto_envvar_prefix": "CONTACTBENCH", "help_option_names": ["-h", "--help"]},
)

COMMANDS: tuple[Callable[..., None], ...] = (
    runs.compare,
    runs.upload,
    runs.reconcile,
    runs.verify,
    runs.mapping,
    runs.report,
    estimates.estimate,
    experiments.probe,
    experiments.calibrate,
    experiments.conform,
    experiments.cleanup,
    gate.gate,
)


def _add(command: Callable[..., None], **about: Any) -> None:
    """`command` with all of its first sentence in the list of commands, where it would be cut after 45 letters."""
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
            help="Say which version this is.",
        ),
    ] = False,
) -> None:
    """Load leads into Genesys Cloud contact lists, prove which contact each became, say how long it takes."""


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
    os.umask(0o077)  # what a run writes holds personal data: readable by its owner alone
    app()
