"""`python -m mockserver`: an org on this machine."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mockserver.config import Config, ConfigError, Pace, clients_in, parse_client
from mockserver.platform.clients import Client

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def _env(name: str) -> str:
    return f"CONTACTBENCH_MOCK_{name}"


@cli.command()
def mock(
    host: Annotated[str, typer.Option(envvar=_env("HOST"), help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar=_env("PORT"), min=0, max=65535, help="0 picks a free one.")] = 8080,
    control_port: Annotated[
        int, typer.Option(envvar=_env("CONTROL_PORT"), min=0, max=65535, help="Of the control API; 0 picks a free one.")
    ] = 0,
    profile: Annotated[
        str, typer.Option(envvar=_env("PROFILE"), help="A shipped profile's name, or a TOML file.")
    ] = "default",
    store: Annotated[
        str, typer.Option(envvar=_env("STORE"), help="A file that survives a kill, or :memory:.")
    ] = ":memory:",
    seed: Annotated[int, typer.Option(envvar=_env("SEED"), help="Of ids, latencies and tokens.")] = 0,
    client: Annotated[
        list[str] | None,
        typer.Option(
            envvar=_env("CLIENT"),
            metavar="ID:SECRET[:GRANTS][@ORG]",
            help="May be repeated. GRANTS: permissions with commas, -NAME to go without. [mock-client:mock-secret]",
        ),
    ] = None,
    clients: Annotated[
        Path | None, typer.Option(envvar=_env("CLIENTS"), help="A TOML file of [[client]] id, secret, grants, org.")
    ] = None,
    pace: Annotated[
        Pace, typer.Option(envvar=_env("PACE"), help="real waits as an org does; none neither waits nor limits.")
    ] = "real",
    ready_file: Annotated[
        Path | None, typer.Option(envvar=_env("READY_FILE"), help="Written when the mock can serve.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(envvar=_env("ALLOW_HOST"), help="Another name in Host headers; may be repeated.")
    ] = None,
    max_connections: Annotated[
        int, typer.Option(envvar=_env("MAX_CONNECTIONS"), min=1, help="At once; one more is answered 503.")
    ] = 1_000,
    exposed: Annotated[
        bool,
        typer.Option(
            "--i-understand-this-is-a-mock",
            envvar=_env("EXPOSED"),
            help="Listen beyond this machine if --host says so.",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", envvar=_env("STRICT"), help="Refuse what /openapi.json does not have, and log such answers."
        ),
    ] = False,
) -> None:
    """Serve a Genesys Cloud org for outbound contact lists on this machine, until told to stop."""
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
            exposed=exposed,
            max_connections=max_connections,
            strictness="log" if strict else "off",
        )
        _serve(config)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error


def _clients(given: Sequence[str], file: Path | None) -> tuple[Client, ...]:
    """Those of the command line, then those of the file; without any, the one everybody knows."""
    named = [parse_client(text) for text in given] + (clients_in(file) if file else [])
    return tuple(named or [parse_client("mock-client:mock-secret")])


def _serve(config: Config) -> None:
    from mockserver.hints import hints  # the server is loaded only once the command line is understood
    from mockserver.serving import run

    asyncio.run(run(config, lambda ready: typer.echo(hints(ready))))


def main(args: Sequence[str] | None = None) -> int:
    """Run the command with `args`, else with those of the process; return its exit code."""
    try:
        cli(args=None if args is None else list(args))
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
