"""The tables of all journals in one database: those of `mapping.schema`, and a run's name before every key."""

from ..schema import COLUMNS
from ..sealed import NotAsStored
from .server import Connection

SCHEMA = "contactbench"
NUMBERS = {"number", "first", "count", "rows", "shard", "attempt", "adopted", "line"}
MAKING = 0x636F6E7461637462  # "contactb": whose lock is held while the tables are made
# Whose run it is now, and how many commits it has seen: who finds another owner has lost it.
RUN = "(name text PRIMARY KEY, version integer NOT NULL, owner text NOT NULL, commits bigint NOT NULL)"
SEAL = (
    "(run text NOT NULL, name text NOT NULL, rows bigint NOT NULL, digest bit(128) NOT NULL, PRIMARY KEY (run, name))"
)
VIEW = f"""
    SELECT batch.run, entry.key AS lead_id, entry.value AS contact_id, shard.contact_list_id
    FROM {SCHEMA}.batch JOIN {SCHEMA}.shard ON shard.run = batch.run AND shard.number = batch.shard,
        json_each_text(batch.mapping::json) AS entry"""


def create(db: Connection) -> None:
    """The tables, where they are not there yet; of several that come at once, one makes them."""
    if db.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.mapping",)).fetchone() != (None,):
        return
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING,))
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for name, definition in definitions().items():
            db.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} {definition}")
        db.execute(f"CREATE OR REPLACE VIEW {SCHEMA}.mapping AS {VIEW}")


def definitions() -> dict[str, str]:
    return {"run": RUN, "seal": SEAL, **{table: _definition(table) for table in COLUMNS}}


def _definition(table: str) -> str:
    columns = ", ".join(f"{_quoted(name)} {_type(table, name)}" for name in COLUMNS[table])
    return f"(run text NOT NULL, {columns}, digest text NOT NULL, PRIMARY KEY (run, {_quoted(COLUMNS[table][0])}))"


def require_as_created(db: Connection) -> None:
    """Raises NotAsStored where a table has other columns than it was made with."""
    found = db.execute(
        "SELECT table_name, string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_schema = %s GROUP BY table_name",
        (SCHEMA,),
    ).fetchall()
    known = dict(found)
    for table, columns in COLUMNS.items():
        if known.get(table) != " ".join(("run", *columns, "digest")):
            raise NotAsStored(f"table {SCHEMA}.{table}")


def _type(table: str, column: str) -> str:
    return "bigint" if column in NUMBERS or (table, column) == ("learned", "value") else "text"


def _quoted(name: str) -> str:
    return f'"{name}"'
