"""Finds leads that share a Lead ID, with DuckDB in bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from harness.files.duckdb_files import LONGEST_LINE, READ_BYTES, copy_to, database, plain
from harness.leads.oddities import LOST_DIGITS

Keep = Literal["first", "last"]

LOAD = f"""
    CREATE TEMP TABLE leads AS SELECT * FROM read_csv($path, header = false, auto_detect = false, delim = ',',
        quote = '"', escape = '"', new_line = '\\n', max_line_size = {LONGEST_LINE}, buffer_size = {READ_BYTES},
        hive_partitioning = false,
        columns = {{'line': 'BIGINT', 'lead_id': 'VARCHAR', 'folded': 'VARCHAR'}})
"""
FIND = """
    CREATE TEMP TABLE doubled AS
    SELECT lead_id, min(line) AS first, max(line) AS last, count(*) - 1 AS surplus
    FROM leads GROUP BY lead_id HAVING count(*) > 1
"""
COUNT = "SELECT coalesce(sum(surplus), 0)::BIGINT FROM doubled"
FIRST_PAIR = """
    SELECT line FROM leads WHERE lead_id = (SELECT lead_id FROM doubled ORDER BY first LIMIT 1) ORDER BY line LIMIT 2
"""
SHARING = """
    CREATE TEMP TABLE sharing AS SELECT line, lead_id, CASE WHEN $keep = 'first' THEN first ELSE last END AS kept
    FROM leads JOIN doubled USING (lead_id)
"""
DROPPED = "SELECT line, lead_id, kept FROM sharing WHERE line <> kept ORDER BY line"
REMOVE = "DELETE FROM leads WHERE line IN (SELECT line FROM sharing WHERE line <> kept)"
# Counting distinct values does not spill to disk; grouping does.
ALIKE = "SELECT (SELECT count(*) FROM leads) - (SELECT count(*) FROM (SELECT 1 FROM leads GROUP BY folded))"
FIRST_ALIKE = """
    SELECT min(line) AS first, max(line) FROM leads GROUP BY folded HAVING count(*) > 1 ORDER BY first LIMIT 1
"""
ROUNDED = "SELECT count(*) FROM doubled WHERE regexp_full_match(lead_id, $pattern)"
# Tabs, no-break and wide spaces too. Assumption: a platform that trims may take any of them for white space.
BLANK = r"[\x00-\x20\x7f-\xa0\p{Z}]"
SPACED = f"SELECT count(*), min(line) FROM leads WHERE regexp_matches(lead_id, '^{BLANK}|{BLANK}$')"
# Assumption: the characters an org accepts in a contact's id, from samples; the mock's default profile refuses others.
UNFIT = "SELECT count(*) FROM leads WHERE NOT regexp_full_match(lead_id, '[A-Za-z0-9._-]+')"
POSITIONS = "SELECT row_number() OVER () - 1 AS position, * FROM (SELECT line, lead_id FROM leads ORDER BY line)"


class LeadTable:
    """A table of (line, Lead ID, folded Lead ID) of every lead, in a database that spills to disk."""

    def __init__(self, connection: Any, scanned: Path) -> None:
        self._connection = connection
        connection.execute(LOAD, {"path": plain(scanned)})
        connection.execute(FIND)

    def repeated_ids(self) -> tuple[int, list[int]]:
        """The number of rows that repeat an earlier Lead ID, and the first two lines that share one."""
        return self._number(COUNT), [line for (line,) in self._rows(FIRST_PAIR)]

    def drop_duplicates(self, keep: Keep) -> list[tuple[int, str, int]]:
        """Keep one row of each Lead ID. Returns (line, Lead ID, line that was kept) of the others."""
        self._connection.execute(SHARING, {"keep": keep})
        dropped = self._rows(DROPPED)
        self._connection.execute(REMOVE)
        return dropped

    def similar_ids(self) -> tuple[int, list[int]]:
        """The number of Lead IDs that differ from another one only in what folding removes, and two such lines."""
        count = self._number(ALIKE)
        return count, list(self._rows(FIRST_ALIKE)[0]) if count else []

    def rounded_ids(self) -> int:
        """How many of the shared Lead IDs look like a long number in a spreadsheet."""
        return int(self._connection.execute(ROUNDED, {"pattern": LOST_DIGITS}).fetchone()[0])

    def spaced_ids(self) -> tuple[int, int]:
        """The number of Lead IDs that begin or end with white space, and the first such line."""
        count, line = self._rows(SPACED)[0]
        return int(count), int(line or 0)

    def unfit_as_contact_ids(self) -> int:
        return self._number(UNFIT)

    def write(self, path: Path) -> int:
        """Write position, line and Lead ID of every lead to `path` as Parquet. Returns the number of leads."""
        self._connection.execute(copy_to(path, POSITIONS, "FORMAT parquet, USE_TMP_FILE false"))
        return self._number("SELECT count(*) FROM leads")

    def _number(self, query: str) -> int:
        return int(self._rows(query)[0][0])

    def _rows(self, query: str) -> list[Any]:
        rows: list[Any] = self._connection.execute(query).fetchall()
        return rows


@contextmanager
def lead_table(scanned: Path, folder: Path) -> Iterator[LeadTable]:
    """The rows of `scanned`, a CSV file without a header. Spills to `folder`."""
    with database(folder) as connection:
        yield LeadTable(connection, scanned)
