"""`contactbench mock`: the mock as a server of its own."""

from collections.abc import Sequence

from mockserver.__main__ import main


def serve(arguments: Sequence[str]) -> int:
    """Serve until told to stop; the exit code."""
    return main(arguments)
