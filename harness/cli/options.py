"""Options that several commands share."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer


class PaceName(StrEnum):
    VIRTUAL = "virtual"
    REAL = "real"
    NONE = "none"


class Keep(StrEnum):
    FIRST = "first"
    LAST = "last"


def number(least: int) -> Any:
    """For an option that takes a number of leads or contacts, as people write one."""

    def parsed(text: str) -> int:
        from ..leads.count import count_of

        try:
            if (count := count_of(text)) >= least:
                return count
        except ValueError as error:
            raise typer.BadParameter(f"{error}.") from None
        raise typer.BadParameter(f"{text} is less than {least}.")

    return {"parser": parsed, "metavar": "<number>"}


def unseen(url: str, option: str) -> str:
    """`url`, unless it was typed with a password. Raises UsageError."""
    from ..errors import UsageError
    from ..redacted import redacted

    if redacted(url) != url and any(url in argument for argument in sys.argv):
        raise UsageError(
            "PASSWORD_SHOWN",
            f"{option}: everybody on this machine can read a password in a command. Leave it out of the address, and"
            " give it as PGPASSWORD, in ~/.pgpass (PGPASSFILE), or in a service file (postgresql:///?service=NAME).",
        )
    return url


Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]
Seed = Annotated[int, typer.Option(help="The seed of all random choices: leads, ids, latencies.")]
Profile = Annotated[str, typer.Option(help="A shipped profile's name, or a TOML file.")]
Concurrency = Annotated[int, typer.Option(min=1, max=64, help="Requests in flight at once.")]
Journal = Annotated[
    str,
    typer.Option(
        envvar="CONTACTBENCH_JOURNAL",
        help="postgresql://...: the run's state is kept there; the run is called like its folder. [in the folder]",
        show_default=False,
        show_envvar=True,
    ),
]
Separator = Annotated[
    str, typer.Option(help="Between the cells of a CSV file: a sign such as ';' or '|', or tab.", metavar="SIGN")
]
Target = Annotated[
    str, typer.Option(help="mock (127.0.0.1:8080), the URL of a server on this machine, or org: a real one.")
]
