"""`contactbench`: options in, one command's work, its document or its message out. Nothing else is decided here.

A command imports what it needs when it runs, so that `--help` is quick.
"""

import os

import typer

from . import estimates, runs, tools, twin
from .output import streams_open

app = typer.Typer(
    name="contactbench",
    help="Load leads into Genesys Cloud contact lists, prove which contact each became, say how long it takes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"auto_envvar_prefix": "CONTACTBENCH", "help_option_names": ["-h", "--help"]},
)

for command in (runs.compare, runs.upload, runs.reconcile, runs.verify, runs.mapping, runs.report):
    app.command()(command)
app.command()(estimates.estimate)
app.command()(twin.probe)
app.command()(twin.calibrate)
app.command()(twin.conform)
app.command()(twin.cleanup)
app.command(name="leads")(tools.make_leads)
app.command()(tools.torture)
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)(tools.mock)


def main() -> None:
    streams_open()
    os.umask(0o077)  # what a run writes holds personal data: readable by its owner alone, whoever writes it
    app()
