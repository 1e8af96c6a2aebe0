"""`contactbench mock`: the mock as a server of its own."""

from collections.abc import Sequence

from typer.core import TyperCommand

from mockserver.__main__ import main


def serve(arguments: Sequence[str], style: type[TyperCommand]) -> int:
    """Serve until told to stop; the exit code. `style`: of its help."""
    return main(arguments, "contactbench mock", style)
