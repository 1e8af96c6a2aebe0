"""How many leads there are and how large one is: all that an estimate has to know of them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from .. import api
from ..domain import LeadColumns, LeadId, Leads
from ..leads.source import LeadSource, open_leads
from ..leads.synthetic import SyntheticLeads
from ..strategies.batches import cut

LIST_ID = "0" * 36  # as long as the ids of lists are
BLOCK = 8192
FORM_BYTES = 600  # of a multipart upload, around the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Means of a sample of the leads, in bytes."""

    leads: int
    columns: LeadColumns
    contact: float  # one contact in a POST, as JSON
    own_id_contact: float
    row: float  # of a CSV file

    def upload(self, rows: int) -> float:
        """Bytes of the request that uploads so many rows."""
        return FORM_BYTES + rows * self.row

    def post(self, contacts: int, *, own_ids: bool) -> float:
        return 1 + contacts * (1 + (self.own_id_contact if own_ids else self.contact))


def of_invented(leads: int, seed: int) -> Sizes:
    made = SyntheticLeads(min(leads, BLOCK), seed)
    return _sizes_of(leads, made.columns, next(made.batches(BLOCK), None))


def of_file(path: Path, *, lead_id: str, phone: str, separator: str = ",") -> Sizes:
    """Every row is read, since only then is it known how many are leads. Raises InputBad."""
    source: LeadSource = open_leads(path, lead_id=lead_id, phone=phone, separator=separator)
    batches = source.batches(BLOCK)
    sample = next(batches, None)
    leads = len(sample) if sample else 0
    return _sizes_of(leads + sum(len(others) for others in batches), source.columns, sample)


def _sizes_of(leads: int, columns: LeadColumns, sample: Leads | None) -> Sizes:
    if not sample:
        return Sizes(leads=leads, columns=columns, contact=0.0, own_id_contact=0.0, row=0.0)

    def json(own_id: bool) -> float:
        pairs = zip(sample.ids, sample.rows, strict=True)
        return sum(len(api.contact(id_, row, columns, LIST_ID, own_id=own_id)) for id_, row in pairs) / len(sample)

    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(sample.rows)
    row = len(lines.getvalue().encode()) / len(sample)
    return Sizes(leads=leads, columns=columns, contact=json(False), own_id_contact=json(True), row=row)


@dataclass(slots=True)
class StandIns:
    """Leads that are counted, not read. In each batch one lead stands for all of them, unless all are wanted."""

    columns: LeadColumns
    contact_bytes: float
    body_bytes: int
    whole: bool = False
    stand_for: dict[int, int] = field(default_factory=dict)  # leads, by the position of the batch's first

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        if stop is None:
            raise ValueError("nobody knows how many leads there are")
        for first in range(start, stop, size):
            for begin, end in _cut(round(self.contact_bytes), min(size, stop - first), self.body_bytes):
                self.stand_for[first + begin] = end - begin
                yield self._leads(first + begin, end - begin)

    def _leads(self, first: int, count: int) -> Leads:
        numbers = range(first, first + (count if self.whole else 1))
        row = ("",) * len(self.columns.names)
        index = self.columns.lead_id_index
        ids = [LeadId(f"L{number:09d}") for number in numbers]
        return Leads(first=first, ids=ids, rows=[(*row[:index], lead_id, *row[index + 1 :]) for lead_id in ids])


@lru_cache(maxsize=64)
def _cut(size: int, count: int, body_bytes: int) -> tuple[tuple[int, int], ...]:
    return tuple(cut([size] * count, count, body_bytes))
