"""A connection on which a commit is durable, or none."""

from typing import Any

import psycopg

from ...errors import UsageError
from .trouble import parsed, shown, told

CONNECT_S = 10
# A peer whose machine is gone is noticed after a minute, on either side: until then its run stays locked.
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
SESSION = ("SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3")
UNSAFE = ("fsync", "full_page_writes")  # off: a crash of the server may take back what it had confirmed

Connection = psycopg.Connection[Any]


def connected(url: str, name: str = "contactbench") -> Connection:
    """Raises RunError where nobody answers, or where a crash of the server would lose what it has confirmed."""
    options: dict[str, Any] = {"connect_timeout": CONNECT_S, **KEEPALIVE, **parsed(url), "application_name": name}
    try:
        db = psycopg.connect(**options, autocommit=True)
    except psycopg.Error as error:
        raise told(error, url) from None
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
        if settings["synchronous_commit"] == "off":  # a session may ask for more than the server's default
            db.execute("SET synchronous_commit = on")
    except psycopg.Error as error:
        raise told(error, url) from None
    for name in UNSAFE:
        if settings[name] != "on":
            raise UsageError(
                "NOT_DURABLE",
                f"the database at {shown(url)} has {name} = {settings[name]}: a crash could take back what it has"
                " confirmed, and leads would be sent twice. Nothing was sent; switch it on, or name another one.",
            )


def _setting(db: Connection, name: str) -> str:
    row = db.execute(f"SHOW {name}").fetchone()
    return "" if row is None else str(row[0])
