"""What a month's leads are to the months before: joins of its file with their mappings."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain import GivenList
from ..files.atomic import atomic_file
from ..files.duckdb_files import CSV, copy_to, csv_table, database, identifier, literal

GONE = "FROM known ANTI JOIN month ON known.lead_id = month.__lead_id"


@dataclass(frozen=True, slots=True)
class Former:
    """A contact list of an earlier month."""

    list_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Joins:
    """`leads`: the month's file. `mappings`: those of all months before, the newest last."""

    folder: Path
    leads: Path
    lead_id: str  # the column
    mappings: Sequence[Path]

    def count(self) -> tuple[int, int]:
        """Leads of the month, and how many of them no earlier month has mapped."""
        with self._tables() as db:
            return _one(db, "SELECT count(*) FROM month"), _one(
                db, "SELECT count(*) FROM month WHERE __list_id IS NULL"
            )

    def count_known(self) -> int:
        """Leads that earlier months have mapped, each once."""
        with self._tables() as db:
            return _one(db, "SELECT count(*) FROM known")

    def write_new(self, to: Path) -> None:
        """The leads that no earlier month has mapped, in their order."""
        with self._tables() as db:
            self._write(db, "SELECT * FROM month WHERE __list_id IS NULL ORDER BY __place", to)

    def write_by_list(self, to: Path, lists: Sequence[Former], most: int) -> list[GivenList]:
        """All leads: known ones where they are, new ones where there is room; what fits no list gets further ones.
        The lists, in the order of the leads in the file."""
        with self._tables() as db:
            rows = db.execute("SELECT contact_list_id, count(*) FROM known GROUP BY ALL").fetchall()
            room = [max(0, most - dict(rows).get(one.list_id, 0)) for one in lists]
            new = _one(db, "SELECT count(*) FROM month WHERE __list_id IS NULL")
            while sum(room) < new:
                room.append(most)
            db.execute("CREATE TEMP TABLE room (number INTEGER, list_id VARCHAR, first BIGINT, stop BIGINT)")
            first = 0
            for number, places in enumerate(room):
                list_id = lists[number].list_id if number < len(lists) else ""
                db.execute("INSERT INTO room VALUES (?, ?, ?, ?)", [number, list_id, first, first + places])
                first += places
            db.execute(
                "CREATE TEMP TABLE placed AS WITH ranked AS (SELECT __place, row_number() OVER () - 1 AS rank FROM"
                " (SELECT __place FROM month WHERE __list_id IS NULL ORDER BY __place))"
                " SELECT __place, number FROM ranked JOIN room ON rank >= first AND rank < stop UNION ALL"
                " SELECT month.__place, room.number FROM month JOIN room ON month.__list_id = room.list_id"
            )
            ordered = "SELECT month.* FROM month JOIN placed USING (__place) ORDER BY placed.number, __place"
            self._write(db, ordered, to)
            counts = db.execute("SELECT number, count(*) FROM placed GROUP BY number ORDER BY number").fetchall()
        names = dict(enumerate(lists))
        return [
            GivenList(
                list_id=names[number].list_id if number in names else "",
                name=names[number].name if number in names else "",
                leads=count,
            )
            for number, count in counts
        ]

    def write_kept(self, to: Path, lists: Sequence[GivenList]) -> None:
        """The contacts of these lists that are not among the month's leads, and stay as they are."""
        ids = ", ".join(literal(one.list_id) for one in lists) or "''"
        with self._tables() as db:
            query = f"SELECT known.* {GONE} WHERE contact_list_id IN ({ids}) ORDER BY ALL"
            db.execute(copy_to(to, query, CSV))

    def missing_leads(self) -> list[str]:
        """Lead IDs of earlier months that are not among this month's."""
        with self._tables() as db:
            rows = db.execute(f"SELECT known.lead_id {GONE} ORDER BY ALL").fetchall()
        return [lead_id for (lead_id,) in rows]

    # ------------------------------------------------------------------------------------------------------------------

    @contextmanager
    def _tables(self) -> Iterator[Any]:
        """`known`: one row a lead of the months before; `month`: the file's rows, with the list of those known."""
        with database(self.folder) as db:
            db.execute("CREATE TEMP TABLE known (lead_id VARCHAR, contact_id VARCHAR, contact_list_id VARCHAR)")
            for path in reversed(self.mappings):  # one by one: joins spill to the disk, a group's newest row does not
                db.execute(
                    "INSERT INTO known SELECT lead_id, contact_id, contact_list_id"
                    f" FROM {csv_table(path)} AS older ANTI JOIN known USING (lead_id)"
                )
            db.execute(
                f"CREATE TEMP TABLE input AS SELECT *, row_number() OVER () AS __place FROM {csv_table(self.leads)}"
            )
            db.execute(
                f"CREATE TEMP TABLE month AS SELECT input.*, input.{identifier(self.lead_id)} AS __lead_id,"
                " known.contact_list_id AS __list_id FROM input LEFT JOIN known"
                f" ON known.lead_id = input.{identifier(self.lead_id)}"
            )
            yield db

    def _write(self, db: Any, query: str, to: Path) -> None:
        with atomic_file(to) as temporary:
            rows = f"SELECT * EXCLUDE (__place, __lead_id, __list_id) FROM ({query})"
            db.execute(copy_to(temporary, rows, CSV))


def _one(db: Any, query: str) -> int:
    return int(db.execute(query).fetchone()[0])
