"""Ask an org who it is, before a run's folder says that the run belongs to it."""

import random
from pathlib import Path
from typing import Any

from ..flow import adrive
from ..hosts import Target
from ..oauth import Credentials, Session, login
from ..retry import RetryPolicy, retrying


async def ask(target: Target, credentials: Credentials, requests: Path) -> None:
    """Raises RunError unless the credentials are good, and those of the org that is meant. Writes nothing to it."""
    from ..shell import connected  # an HTTP client takes a while to load

    async with connected(target, _NoNotes(), requests, 1) as shell:
        session = Session(credentials, shell.books.now)
        await adrive(retrying(login(session), RetryPolicy(), random.Random(0)), shell)


class _NoNotes:
    def save(self, event: Any) -> None:
        raise TypeError(f"a login has nothing to keep: {event!r}")
