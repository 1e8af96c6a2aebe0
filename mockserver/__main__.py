"""`python -m mockserver`: an org on this machine."""

import asyncio
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from mockserver.config import DEFAULT_CLIENTS, Config, ConfigError, Pace, clients_in, parse_client
from mockserver.state.auth import OAuthClient

_option = partial(typer.Option, show_envvar=False)
EPILOG = "Each option can also be set in the environment: --port as CONTACTBENCH_MOCK_PORT."
AS_ROOT = "Warning: this mock runs as root, and so would whoever broke into it; start it as another user."
IN_COMMAND = "Warning: other users can read the secret in this command; --clients or CONTACTBENCH_MOCK_CLIENT hides it."
NAMES = {"auto_envvar_prefix": "CONTACTBENCH_MOCK", "help_option_names": ["-h", "--help"]}


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("contactbench")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"contactbench mock {_version()}")
        raise typer.Exit


def mock(
    host: Annotated[str, _option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, _option(min=0, max=65535, help="The port to listen on; 0 picks a free one.")] = 8080,
    control_port: Annotated[
        int, _option(min=0, max=65535, help="The port of the control API; 0 picks a free one.")
    ] = 0,
    profile: Annotated[str, _option(help="A shipped profile's name, or a TOML file.")] = "default",
    store: Annotated[str, _option(help="A file that survives a kill, or :memory:.")] = ":memory:",
    seed: Annotated[int, _option(help="The seed of ids and latencies; secrets have none.")] = 0,
    client: Annotated[
        list[str] | None,
        _option(
            metavar="ID:SECRET[:GRANTS][@ORG]",
            help="An OAuth client; repeatable. GRANTS: permissions with commas, -NAME to go without. A secret"
            " given here shows in the list of processes; --clients keeps one out of sight. [mock-client:mock-secret]",
        ),
    ] = None,
    clients: Annotated[
        Path | None,
        _option(help="A TOML file of [[client]] tables with id, secret, grants, org."),
    ] = None,
    pace: Annotated[Pace, _option(help="real waits as an org does; none has no delays and no limits.")] = "real",
    ready_file: Annotated[Path | None, _option(help="Written when the mock can serve.")] = None,
    allow_host: Annotated[
        list[str] | None, _option(help="One more name to accept in Host headers; repeatable.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        _option(
            metavar="ORIGIN",
            help="Let pages of this origin, such as http://localhost:3000, ask and log in; repeatable.",
        ),
    ] = None,
    max_connections: Annotated[
        int, _option(min=1, help="The most connections at once; one more takes an idle one's place, or gets a 503.")
    ] = 1_000,
    access_log: Annotated[
        Path | None,
        _option(help="A file to append a JSON line to for each answer; no word in it is a client's."),
    ] = None,
    exposed: Annotated[
        bool,
        _option(
            "--i-understand-this-is-a-mock",
            help="Listen beyond this machine if --host says so.",
        ),
    ] = False,
    strict: Annotated[
        bool,
        _option("--strict", help="Refuse requests that /openapi.json does not describe, and log such answers."),
    ] = False,
    tls: Annotated[
        bool,
        _option(
            "--tls", help="Serve over TLS, by an authority made for this run; the ready file names its certificate."
        ),
    ] = False,
    version: Annotated[
        bool,
        _option(
            "--version",
            is_eager=True,
            allow_from_autoenv=False,
            callback=_show_version,
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Serve a Genesys Cloud org for outbound contact lists on this machine until stopped."""
    try:
        config = Config(
            host=host,
            port=port,
            control_port=control_port,
            profile=profile,
            store=store,
            seed=seed,
            clients=_clients(client or [], clients),
            pace=pace,
            ready_file=ready_file,
            allowed_hosts=frozenset(name.lower() for name in allow_host or ()),
            allowed_origins=frozenset(origin.lower() for origin in allow_origin or ()),
            exposed=exposed,
            max_connections=max_connections,
            access_log=access_log,
            strictness="log" if strict else "off",
            tls=tls,
        )
        _serve(config)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error


def _clients(given: Sequence[str], file: Path | None) -> tuple[OAuthClient, ...]:
    """Those of the command line, then those of the file; without any, those that everybody knows."""
    named = [parse_client(text) for text in given] + (clients_in(file) if file else [])
    return tuple(named) or DEFAULT_CLIENTS


def _serve(config: Config) -> None:
    from mockserver.serving import (
        hints,  # the server is loaded only once the command line is understood
        run,
    )

    asyncio.run(run(config, lambda ready: _announce(hints(ready, config.clients), config.clients)))


def _announce(greeting: str, clients: Sequence[OAuthClient]) -> None:
    if os.geteuid() == 0:
        typer.echo(AS_ROOT, err=True)
    if any(f"{client.id}:{client.secret}" in word for client in clients for word in sys.argv):
        typer.echo(IN_COMMAND, err=True)
    typer.echo(greeting)


def main(
    args: Sequence[str] | None = None, name: str = "python -m mockserver", style: type[TyperCommand] = TyperCommand
) -> int:
    """Run the command with `args`, else with those of the process; return its exit code. `name`: in its help."""
    if os.name != "posix":
        typer.echo("The mock server runs on Linux and macOS; on Windows, run it in WSL.", err=True)
        return ConfigError.exit_code
    cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    cli.command(cls=style, context_settings=NAMES, epilog=EPILOG)(mock)
    try:
        cli(args=None if args is None else list(args), prog_name=name)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
