"""Stand-ins for leads, org, journal and files, in memory, for recording the flows of a strategy.

Of the leads only their number and mean size are known. The org answers at once and stores nothing.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from .. import api
from ..domain import LeadColumns, LeadId, Leads, Shard
from ..events import ListCreated, ShardAbandoned, ShardImported, ShardMapped, UploadAccepted, UploadSending
from ..flow import Call, Reply
from ..journal.schema import BatchRecord, MappingPart, ShardRecord
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
            raise ValueError("the number of leads is not known")
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


POLLS = 8  # questions after a job that is not done: more than it takes until their distance stays the same
JobState = Literal["", "waiting", "running"]  # a job has not begun to show, or is on its way
LOST = Reply(status=503)  # its effect is not known to who gets it
NO_EXPORT = {"code": "no.available.list.export.uri"}

encode, decode = msgspec.json.encode, msgspec.json.decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Which trouble to play: jobs that are not done when they are asked for, or one call without a clear answer."""

    busy: JobState = ""
    lost: tuple[int, int] | None = None  # number of the flow, number of the call in it
    applied: bool = False  # the lost call had its effect


@dataclass(slots=True)
class StubOrg:
    lead_id: str  # the column
    planned: Mapping[str, int]  # rows of a list by its name: it shows them at once, unless an import is under way
    script: Script = field(default_factory=Script)
    lists: dict[str, str] = field(default_factory=dict)  # name -> id
    made: int = 0  # lists, the deleted ones too: no id comes twice
    rows: dict[str, int] = field(default_factory=dict)  # by list
    contacts: dict[str, str] = field(default_factory=dict)  # Lead ID -> contact id
    asked: dict[str, int] = field(default_factory=dict)  # how often, since a job of the list began
    said: JobState = ""  # of a job, by the last answer

    def answer(self, call: Call, *, lost: bool) -> Reply:
        """The answer; of a lost call none is clear, whether or not it has its effect."""
        self.said = ""
        if lost and not self.script.applied:
            return LOST
        reply = _ANSWERS[call.op](self, call)
        return LOST if lost else reply

    def _busy(self, call: Call) -> JobState:
        """What the list's job is said to be; counts the question."""
        self.asked[call.contact_list_id] += 1
        self.said = self.script.busy if self.asked[call.contact_list_id] <= POLLS else ""
        return self.said

    # --- operations ---------------------------------------------------------------------------------------------------

    def _token(self, call: Call) -> Reply:
        return _json({"access_token": "t", "expires_in": 86_400})

    def _create(self, call: Call) -> Reply:
        name = decode(call.body or b"")["name"]
        self.made += 1
        list_id = self.lists[name] = f"{self.made:036d}"
        self.rows[list_id] = self.planned[name]
        return _json({"id": list_id})

    def _listing(self, call: Call) -> Reply:
        name = dict(call.query)["name"]
        return _json({"entities": [{"id": self.lists[name], "name": name}] if name in self.lists else []})

    def _delete(self, call: Call) -> Reply:
        self.lists = {name: list_id for name, list_id in self.lists.items() if list_id != call.contact_list_id}
        self.rows.pop(call.contact_list_id, None)
        self.asked.pop(call.contact_list_id, None)
        return _json({})

    def _add(self, call: Call) -> Reply:
        added = decode(call.body or b"")
        for contact in added:
            lead_id = contact["data"][self.lead_id]
            self.contacts[lead_id] = contact.get("id", f"c-{lead_id}")
        return _json([self._contact(contact["data"][self.lead_id]) for contact in added])

    def _search(self, call: Call) -> Reply:
        body = decode(call.body or b"")
        if "criteria" in body:
            wanted = body["criteria"]["clauses"][0]["predicates"][0]["range"]["inSet"]
            found = [self._contact(lead_id) for lead_id in wanted if lead_id in self.contacts]
            return _json({"entities": found, "total": len(found), "contactsCount": len(self.contacts)})
        size, page = self._size(call.contact_list_id), body["pageNumber"]
        first = (page - 1) * body["pageSize"]
        names = map(str, range(first, min(first + body["pageSize"], size)))
        entities = [{"id": name, "data": {self.lead_id: name}} for name in names]
        return _json({"entities": entities, "total": size, "contactsCount": size})

    def _size(self, list_id: str) -> int:
        """Rows are not seen before their import has ended."""
        is_busy = bool(self.script.busy) and 0 < self.asked.get(list_id, POLLS + 1) <= POLLS
        return 0 if is_busy else self.rows.get(list_id, 0)

    def _bulk(self, call: Call) -> Reply:
        return _json([{"id": name, "data": {self.lead_id: name}} for name in decode(call.body or b"")])

    def _upload(self, call: Call) -> Reply:
        self.rows[call.contact_list_id] = call.contacts
        self.asked[call.contact_list_id] = 0
        return _json({})

    def _import_status(self, call: Call) -> Reply:
        match self._busy(call):
            case "waiting":
                return _json({})
            case "running":
                return _json({"state": "IN_PROGRESS", "percentComplete": self.asked[call.contact_list_id]})
        del self.asked[call.contact_list_id]
        return _json({"percentComplete": 100})

    def _export(self, call: Call) -> Reply:
        self.asked[call.contact_list_id] = 0
        return _json({})

    def _export_status(self, call: Call) -> Reply:
        if call.contact_list_id not in self.asked or self._busy(call):
            return Reply(status=404, body=encode(NO_EXPORT))
        return _json({"uri": "http://localhost/api/v2/downloads/1", "exportTimestamp": "1"})

    def _download(self, call: Call) -> Reply:
        return Reply(status=303, headers={"location": "http://localhost/downloads/1"})

    def _file(self, call: Call) -> Reply:
        return Reply(status=200)

    def _contact(self, lead_id: str) -> dict[str, Any]:
        return {"id": self.contacts[lead_id], "data": {self.lead_id: lead_id}}


def _json(body: Any) -> Reply:
    return Reply(status=200, body=encode(body))


_ANSWERS: dict[str, Callable[[StubOrg, Call], Reply]] = {
    "oauth.token": StubOrg._token,
    "lists.create": StubOrg._create,
    "lists.list": StubOrg._listing,
    "lists.delete": StubOrg._delete,
    "contacts.add": StubOrg._add,
    "contacts.search": StubOrg._search,
    "contacts.bulk": StubOrg._bulk,
    "import.upload": StubOrg._upload,
    "import.status": StubOrg._import_status,
    "export.create": StubOrg._export,
    "export.get": StubOrg._export_status,
    "export.download": StubOrg._download,
    "export.file": StubOrg._file,
}


@dataclass(slots=True)
class StubJournal:
    """A journal that forgets batches: no recording is ever resumed."""

    records: list[ShardRecord]
    shard_of: dict[str, int] = field(default_factory=dict)  # by the list's id

    @classmethod
    def of(cls, shards: Sequence[Shard]) -> "StubJournal":
        return cls([ShardRecord(shard=s, contact_list_id=None, state="planned", rows=None, file=None) for s in shards])

    def shards(self) -> Sequence[ShardRecord]:
        return list(self.records)

    def batches(self) -> dict[int, BatchRecord]:
        return {}

    def leads_between(self, first: int, stop: int) -> tuple[set[LeadId], list[set[LeadId]]]:
        return set(), []

    def save(self, event: Any) -> None:
        match event:
            case ListCreated():
                self.shard_of[event.contact_list_id] = event.shard
                self._change(event.shard, contact_list_id=event.contact_list_id, state="listed")
            case UploadSending():
                self._change(event.shard, state="sending", rows=event.rows)
            case UploadAccepted():
                self._change(event.shard, state="uploaded")
            case ShardAbandoned():
                self._change(event.shard, state="planned", contact_list_id=None)
            case ShardImported():
                self._change(event.shard, state="imported")
            case ShardMapped():
                self._change(event.shard, state="mapped", rows=event.rows, file=event.file)

    def _change(self, number: int, **fields: Any) -> None:
        self.records[number] = replace(self.records[number], **fields)


@dataclass(frozen=True, slots=True)
class StubFiles:
    """Files that are never written: every shard is whole, every export names all of it."""

    def write_upload(self, shard: ShardRecord) -> tuple[Path, int, str]:
        return Path("upload"), shard.shard.count, ""

    def export_path(self, shard: ShardRecord) -> Path:
        return Path("export")

    def map_export(self, shard: ShardRecord, export: Path) -> MappingPart:
        return MappingPart("part", shard.shard.count, "")

    def map_identity(self, shard: ShardRecord) -> MappingPart:
        return MappingPart("part", shard.shard.count, "")

    def expected_contacts(self, shard: ShardRecord) -> int:
        return shard.shard.count

    def sample(self, shard: ShardRecord, count: int) -> dict[str, str]:
        """Each contact is called as its lead: the stub org reads them back so."""
        return {name: name for name in map(str, range(min(count, shard.shard.count)))}

    def discard(self, path: Path) -> None:
        return None
