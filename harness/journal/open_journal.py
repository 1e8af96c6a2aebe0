"""Opens the journal of a run folder: in the folder itself, or in a PostgreSQL database that the folder names.

A run keeps the journal it began with: another one would not know what was sent.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

import msgspec

from ..errors import StateError, UsageError
from ..files.atomic import atomic_file, require_own
from ..files.regular_file import NO_JSON
from . import Journal
from .database_errors import RECONCILE
from .sqlite_journal import SqliteJournal, run_lock

SQLITE, ELSEWHERE = "journal.sqlite", "journal.postgres"


def has_journal(folder: Path) -> bool:
    """Whether the folder has a journal, in itself or in a database."""
    return (folder / SQLITE).exists() or (folder / ELSEWHERE).exists()


def has_begun(folder: Path) -> bool:
    """Whether a run began in the folder, even if its journal is lost."""
    return has_journal(folder) or _has_sent(folder)


@contextmanager
def open_journal(folder: Path, url: str = "") -> Iterator[Journal]:
    """The folder's journal, locked while the block lasts. `url`: of a PostgreSQL database.

    Raises StateError if the journal is elsewhere, or if it is lost although a run has sent something: starting again
    would load those leads twice.
    """
    require_own(folder)
    if url:
        with _in_database(folder, url) as journal:
            yield journal
        return
    if (folder / ELSEWHERE).exists():
        raise StateError(
            "JOURNAL_ELSEWHERE",
            f"the journal of {folder} is in the database at {_place(folder)}; give its address with --journal, or as"
            " CONTACTBENCH_JOURNAL.",
        )
    path = folder / SQLITE
    if _has_sent(folder) and not (path.exists() and path.stat().st_size):
        raise StateError(
            "STATE_LOST", f"{folder} holds the requests of a run, but no {SQLITE}: restore it, or {RECONCILE}."
        )
    with closing(SqliteJournal(path)) as journal:
        yield journal


@contextmanager
def _in_database(folder: Path, url: str) -> Iterator[Journal]:
    """The run has the name of its folder, and the folder records the database before anything is sent."""
    require_client(url)
    from .postgres import PostgresJournal
    from .postgres.connection import public_address

    if (folder / SQLITE).exists():
        raise StateError(
            "STATE_MISMATCH", f"the journal of {folder} is its {SQLITE}; omit --journal, or name another folder."
        )
    name, place = folder.resolve().name, public_address(url)
    owner = f"{socket.gethostname()} {os.getpid()} {token_hex(8)}"
    with (
        run_lock(folder / "journal.lock"),
        closing(PostgresJournal(url, name, owner, new=not _has_sent(folder))) as journal,
    ):
        if not (folder / ELSEWHERE).exists():
            with atomic_file(folder / ELSEWHERE) as temporary:
                temporary.write_bytes(msgspec.json.encode({"run": name, "database": place}) + b"\n")
        yield journal


def require_client(url: str) -> None:
    """Raises UsageError for an address that is not PostgreSQL's, or if its client is not installed."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise UsageError("BAD_JOURNAL", "a database is named as postgresql://USER@HOST:PORT/DATABASE.")
    if find_spec("psycopg") is None:
        raise UsageError(
            "NO_CLIENT", "psycopg is not installed; `pip install 'contactbench[postgres]'`, then run again."
        )


def leave_database(folder: Path) -> None:
    """From now on the journal is in the folder; the database is left unchanged."""
    if (folder / ELSEWHERE).exists():
        (folder / ELSEWHERE).replace(folder / f"{ELSEWHERE}.former")


def _has_sent(folder: Path) -> bool:
    return (folder / "requests.csv").exists()


def _place(folder: Path) -> str:
    try:
        return str(msgspec.json.decode((folder / ELSEWHERE).read_bytes())["database"])
    except (OSError, *NO_JSON, KeyError, TypeError):
        return "an unknown place"
