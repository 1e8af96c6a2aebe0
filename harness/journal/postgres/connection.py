"""Connections to PostgreSQL on which commits are durable, and the database's errors as this project's."""

from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from ...errors import GaveUp, LocalResource, Refused, RunError, StateError, UsageError
from ..database_errors import RECONCILE

AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)  # rolled back; a retry may succeed
LOCAL = {  # by SQLSTATE or its class. Source: PostgreSQL 15, appendix A
    "53": "resources ran out",
    "57014": "the statement timed out",
    "25006": "it is a read-only standby",
    "42501": "the role may not do this",
}
# Temporary reasons for which a connection is refused; the client library does not reveal their SQLSTATE.
PASSING = (
    "starting up",
    "shutting down",
    "not yet accepting",
    "recovery mode",
    "too many",
    "reserved",
    "terminating",
)
RESUMES = "nothing is sent before it is stored there. Once it is back, the same command resumes."


def is_connection_lost(error: psycopg.Error) -> bool:
    """Whether the connection is lost, so that the outcome of its transaction is unknown."""
    state = error.sqlstate
    return isinstance(error, psycopg.OperationalError) and (state is None or state[:3] in ("08", "57P") or state == "")


def public_address(url: str) -> str:
    """The database's address without secrets. Raises UsageError for an invalid one."""
    parts = parse_address(url)
    if "service" in parts:
        return f"service {parts['service']}"
    place = f"{parts.get('host', 'local socket')}:{parts.get('port', 5432)}"
    return f"{place}/{parts.get('dbname', '')}"


def parse_address(url: str) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        raise UsageError(  # libpq's message would repeat a part of the address
            "BAD_JOURNAL", "the address of the journal is invalid; give postgresql://USER@HOST:PORT/DATABASE."
        ) from None


def run_error(error: psycopg.Error, url: str) -> RunError:
    """`error` as this project's: exit code 5 for what passes by itself, 8 for what has to be fixed."""
    said, state = _message(error, url), error.sqlstate or ""
    if not state and "FATAL" in said and not any(word in said for word in PASSING):
        return Refused(
            "JOURNAL_REFUSED", f"the database at {public_address(url)}: {said}; correct its address, role or password."
        )
    if is_connection_lost(error) or state == "53300":  # too many connections
        return GaveUp("JOURNAL_AWAY", f"the database at {public_address(url)}: {said}; {RESUMES}")
    if isinstance(error, AGAIN):
        return GaveUp("JOURNAL_BUSY", f"the database at {public_address(url)} keeps rolling back a commit; {RESUMES}")
    why = LOCAL.get(state) or LOCAL.get(state[:2])
    if why is not None:
        return LocalResource(
            "DISK_FULL" if state == "53100" else "NOT_WRITTEN",
            f"the database at {public_address(url)} did not accept a commit, SQLSTATE {state}, {why} ({said});"
            " fix that, then run the same command again.",
        )
    return StateError(
        "STATE_CORRUPT", f"the database at {public_address(url)}: SQLSTATE {state} ({said}); or {RECONCILE}."
    )


def _message(error: psycopg.Error, url: str) -> str:
    """The first line of the error, its password masked."""
    first = str(error).strip().partition("\n")[0]
    password = parse_address(url).get("password")
    return first.replace(str(password), "***") if password else first


CONNECT_S = 10
# Either side notices after a minute that the other's machine is gone; until then the run stays locked.
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
SESSION = ("SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3")
UNSAFE = ("fsync", "full_page_writes")  # if off, a crash of the server may lose what it confirmed

Connection = psycopg.Connection[Any]


def connect(url: str, name: str = "contactbench") -> Connection:
    """Raises RunError if the server does not answer, or if a crash of it could lose what it confirmed."""
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_S,
        **KEEPALIVE,
        **parse_address(url),
        "application_name": name,
    }
    try:
        db = psycopg.connect(**options, autocommit=True)
    except psycopg.Error as error:
        raise run_error(error, url) from None
    try:
        _require_durable(db, url)
    except BaseException:
        db.close()
        raise
    return db


def _require_durable(db: Connection, url: str) -> None:
    try:
        for statement in SESSION:
            db.execute(statement)
        settings = {name: _setting(db, name) for name in (*UNSAFE, "synchronous_commit")}
        if settings["synchronous_commit"] == "off":  # a session may override the server's default
            db.execute("SET synchronous_commit = on")
    except psycopg.Error as error:
        raise run_error(error, url) from None
    for name in UNSAFE:
        if settings[name] != "on":
            raise UsageError(
                "NOT_DURABLE",
                f"the database at {public_address(url)} has {name} = {settings[name]}: a crash could lose what it has"
                " confirmed, and leads would be sent twice. Nothing was sent; switch it on, or name another database.",
            )


def _setting(db: Connection, name: str) -> str:
    row = db.execute(f"SHOW {name}").fetchone()
    return "" if row is None else str(row[0])
