"""Monthly uploads: what to load in a month, and where, by mode and by the months before; and the table of results.

A month's leads come into an org that holds those of the months before: four ways to do that, each month a run with its
own proof.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from .domain import GivenList
from .errors import UsageError
from .files.atomic import atomic_file, own_folder
from .files.duckdb_files import CSV, copy_to, csv_table, database, identifier, literal
from .mapping.files import KEPT, write_json
from .runs.prepare import PreparedUpload, UploadOrder, prepare
from .runs.run import DOCUMENT
from .strategies.job import Strategy

# What a month's leads are to the months before: joins of its file with their mappings.


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


MONTHS = 12
Mode = Literal["append", "upsert", "clear-then-load", "delta"]
MODES: tuple[Mode, ...] = get_args(Mode)
MEANING: dict[Mode, str] = {
    "append": "new lists each month, the old ones stay",
    "upsert": "all leads again under their own ids: known ones are updated, new ones come on top",
    "clear-then-load": "the lists are emptied, then all leads are loaded",
    "delta": "only leads that are new are loaded",
}


def folder_of(root: Path, number: int) -> Path:
    return root / f"month-{number:02d}"


def is_proved(root: Path, number: int) -> bool:
    """Whether the month is loaded and proved."""
    entries = _entries(folder_of(root, number))
    return bool(entries) and all(entry["verified"] for entry in entries)


def _entries(folder: Path) -> list[dict[str, Any]]:
    """What the document of the month's run says of its strategies; none before there is one."""
    path = folder / DOCUMENT
    return list(msgspec.json.decode(path.read_bytes())["strategies"]) if path.exists() else []


@dataclass(frozen=True, slots=True)
class PreparedMonth:
    """One month, ready to be loaded; `ready` is None where there is nothing to load."""

    number: int
    leads: int  # in its file
    new: int
    gone: list[str]  # Lead IDs of former months that are not in it
    ready: PreparedUpload | None


@dataclass(frozen=True, slots=True)
class Months:
    """`order`: that of the first month; `file`: writes or names the leads of a month, given its number and folder."""

    order: UploadOrder
    root: Path
    mode: Mode
    strategy: Strategy
    file: Callable[[int, Path], Path]

    def __post_init__(self) -> None:
        if self.mode == "upsert" and not self.strategy.own_ids:
            raise UsageError("BAD_OPTION", f"--mode upsert needs own ids, which {self.strategy.name} does not give.")

    def folder(self, number: int) -> Path:
        return folder_of(self.root, number)

    def is_proved(self, number: int) -> bool:
        """Whether the month is loaded and proved: then it is left alone, later months have changed its lists."""
        return is_proved(self.root, number)

    def month(self, number: int, tell: Callable[[str], None]) -> PreparedMonth:
        folder = self.folder(number)
        own_folder(folder)
        joins = self._joins(number)
        leads, new = joins.count()
        sent = new if self.mode == "delta" else leads
        month = PreparedMonth(number, leads, new, joins.missing_leads(), None)
        if not sent:
            return month
        file, given = self._file(joins, number)
        order = replace(self.order, leads=file, folder=folder, again=self.order.again or number > 1)
        ready = prepare(order, tell)
        if self.mode == "upsert" and given:
            joins.write_kept(folder / KEPT, given)
        return replace(month, ready=replace(ready, plan=replace(ready.plan, given=tuple(given))))

    def contacts_in_org(self, number: int) -> int:
        """Contacts of these months that the org holds after this one."""
        if self.mode == "append":
            return sum(self._mapped_count(n) for n in range(1, number + 1))
        if self.mode == "clear-then-load":
            return self._mapped_count(number)
        return self._joins(number, after=True).count_known()

    # ------------------------------------------------------------------------------------------------------------------

    def _joins(self, number: int, *, after: bool = False) -> Joins:
        """The month's file with the mappings of the months before; `after` it: with its own, too."""
        before = [self.folder(n) / "mapping.csv" for n in range(1, number + after)]
        known = [path for path in before if path.exists()]
        return Joins(self.root, self.file(number, self.folder(number)), self.order.lead_id, known)

    def _file(self, joins: Joins, number: int) -> tuple[Path, list[GivenList]]:
        """The file to load, and the lists that are to take it: none, where new ones are made."""
        to = self.folder(number) / f"{self.mode}.csv"
        if self.mode == "delta" and number > 1:
            joins.write_new(to)
            return to, []
        if self.mode == "upsert" and number > 1:
            return to, joins.write_by_list(to, self._lists(number), self.order.contacts_per_list)
        if self.mode == "clear-then-load" and number > 1:
            return joins.leads, self._distribute_evenly(self._lists(number), joins.count()[0])
        return joins.leads, []

    def _distribute_evenly(self, lists: list[Former], leads: int) -> list[GivenList]:
        """The leads over the lists as even as can be; further ones where those do not hold them."""
        count = max(len(lists), -(-leads // self.order.contacts_per_list))
        bounds = [leads * n // count for n in range(count + 1)]
        places = [*lists, *([Former("", "")] * (count - len(lists)))]
        return [
            GivenList(list_id=one.list_id, name=one.name, leads=bounds[n + 1] - bounds[n], clear=bool(one.list_id))
            for n, one in enumerate(places)
        ]

    def _lists(self, number: int) -> list[Former]:
        """Every list of the months before, in the order in which they were made."""
        found: dict[str, Former] = {}
        for n in range(1, number):
            for entry in _entries(self.folder(n)):
                found |= {one["id"]: Former(one["id"], one["name"]) for one in entry["lists"] if one["id"] not in found}
        return list(found.values())

    def run_id(self, number: int) -> str:
        return str(msgspec.json.decode((self.folder(number) / DOCUMENT).read_bytes())["run_id"])

    def _mapped_count(self, number: int) -> int:
        return sum(entry["mapped"] for entry in _entries(self.folder(number)))


MONTHS_FILE = "months.json"
CONTACTS_PER_ORG = 5_000_000  # Source: help.mypurecloud.com/articles/create-new-contact-list


@dataclass(frozen=True, slots=True)
class MonthResult:
    """The words of `contactbench estimate --monthly`, and what was measured."""

    month: int
    leads: int
    leads_new: int
    leads_sent: int
    duration_s: float
    requests: int
    verified: bool
    contacts_in_org: int
    excluded: int  # Lead IDs in the DNC list
    fails: str = ""


def of_month(months: Months, month: PreparedMonth, fails: str, *, excludes: bool) -> MonthResult:
    """What the month's run has left, or why there is none."""
    entries = _entries(months.folder(month.number))
    return MonthResult(
        month=month.number,
        leads=month.leads,
        leads_new=month.new,
        leads_sent=sum(entry["leads"] for entry in entries),
        duration_s=round(sum(entry["duration_s"] for entry in entries), 3),
        requests=sum(entry["requests"] for entry in entries),
        verified=not fails and all(entry["verified"] for entry in entries),
        contacts_in_org=months.contacts_in_org(month.number),
        excluded=len(month.gone) if excludes else 0,
        fails=fails,
    )


def write_months(folder: Path, mode: Mode, strategy: str, rows: list[MonthResult]) -> Path:
    document = {"mode": mode, "meaning": MEANING[mode], "strategy": strategy, "months": [asdict(row) for row in rows]}
    write_json(folder / MONTHS_FILE, document)
    return folder / MONTHS_FILE


def table(mode: Mode, rows: list[MonthResult]) -> str:
    """For the last screen. What is left of the org's cap is that of an org with nothing else in it."""
    heads = ("month", "leads", "new", "sent", "seconds", "requests", "in the org", "of the cap", "excluded", "")
    lines = [f"{mode}: {MEANING[mode]}", _line(heads)]
    for row in rows:
        share = f"{row.contacts_in_org / CONTACTS_PER_ORG:.1%}"
        counts = (row.month, row.leads, row.leads_new, row.leads_sent, f"{row.duration_s:,.1f}", row.requests)
        lines.append(_line((*counts, row.contacts_in_org, share, row.excluded, row.fails or _verdict(row))))
    return "\n".join(lines)


def _verdict(row: MonthResult) -> str:
    return "proved" if row.verified else "not proved"


def _line(cells: tuple[Any, ...]) -> str:
    *figures, words = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)
    return "".join(f"{figure:>11}" for figure in figures) + f"  {words}"
