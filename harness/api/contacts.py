"""Contacts: sent in batches, searched for, read back."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import repeat, starmap
from operator import attrgetter
from types import GenericAlias
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from ..domain import ContactId, LeadColumns, LeadId
from ..flow import Call, Reply
from .answers import BadResponse, decode_body, json_call
from .lists import LISTS

SEARCH_PAGE = 100  # Source: SDK 269.0.0 models/contact_listing_request.py, the most a page returns
BULK_GET = 50  # Source: official swagger of 2018-03-21, too.many.contacts.requested
LONGEST_ID = 512  # Assumption: ids have at most 100 characters, and no value of a list has more than 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Leads on their way in one POST. Named by the position of its first lead in the run."""

    positions: Sequence[int]
    shard: int
    contact_list_id: str
    lead_ids: Sequence[LeadId]
    contacts: Sequence[bytes] = field(repr=False)  # one JSON object a lead

    @property
    def first(self) -> int:
        return self.positions[0]

    @property
    def body(self) -> bytes:
        return b"[" + b",".join(self.contacts) + b"]"

    def only(self, lead_ids: Set[LeadId]) -> "Batch":
        """Those of its leads that are in `lead_ids`."""
        return self._of([n for n, lead_id in enumerate(self.lead_ids) if lead_id in lead_ids])

    def halves(self) -> tuple["Batch", "Batch"]:
        middle = len(self.lead_ids) // 2
        return self.part(0, middle), self.part(middle, len(self.lead_ids))

    def part(self, start: int, stop: int) -> "Batch":
        if (start, stop) == (0, len(self.lead_ids)):
            return self
        return self._of(range(start, stop))

    def _of(self, places: Sequence[int]) -> "Batch":
        return Batch(
            positions=[self.positions[n] for n in places],
            shard=self.shard,
            contact_list_id=self.contact_list_id,
            lead_ids=[self.lead_ids[n] for n in places],
            contacts=[self.contacts[n] for n in places],
        )


def contact(lead_id: str, row: Sequence[str], columns: LeadColumns, list_id: str, *, own_id: bool) -> bytes:
    """One WritableDialerContact; with `own_id` the Lead ID becomes the contact's id, which makes a repeat an update."""
    (made,) = contacts([lead_id], [row], columns, list_id, own_ids=own_id)
    return made


def contacts(
    lead_ids: Iterable[str], rows: Iterable[Sequence[str]], columns: LeadColumns, list_id: str, *, own_ids: bool
) -> list[bytes]:
    """The same for many leads."""
    data = _data(columns.names)(rows)
    made: Iterable[Any] = map(_Contact, repeat(list_id), data)
    if own_ids:
        made = map(_OwnContact, lead_ids, repeat(list_id), data)
    return _encoder.encode_lines(list(made)).split(b"\n")[:-1]  # JSON has no line end of its own


def add_contacts(batch: Batch, *, idempotent: bool, attempt: int = 1) -> Call:
    return json_call(
        "contacts.add",
        "POST",
        f"{LISTS}/{batch.contact_list_id}/contacts",
        batch.body,
        idempotent=idempotent,
        attempt=attempt,
        contacts=len(batch.lead_ids),
        contact_list_id=batch.contact_list_id,
        batch=batch.first,
    )


def added_contacts(reply: Reply, batch: Batch, lead_id_column: str) -> dict[LeadId, ContactId]:
    """Contact id by Lead ID, joined on the Lead ID that the answer echoes: the order of the answer means nothing.

    A 2xx is a claim. It is believed only if it names every lead of the batch once, each with an id of its own, in the
    list that was meant.
    """
    read = reader(lead_id_column)
    found = decode_body(reply, read.type)
    mapping = dict(zip(map(read.lead_id, found), map(attrgetter("id"), found), strict=True))
    if len(found) != len(batch.lead_ids) or mapping.keys() != set(batch.lead_ids):
        raise BadResponse(f"{len(found)} contacts for {len(batch.lead_ids)} leads, {len(mapping)} of them distinct")
    contact_ids = set(mapping.values())
    if len(contact_ids) != len(mapping) or "" in contact_ids:
        raise BadResponse("contact ids are missing or doubled")
    if max(map(len, contact_ids), default=0) > LONGEST_ID:
        raise BadResponse("contact ids that are none")
    if not {one.contactListId for one in found} <= {"", batch.contact_list_id}:
        raise BadResponse("contacts of another list")
    return mapping


def search_leads(list_id: str, column: str, lead_ids: Sequence[str], page: int = 1) -> Call:
    """Contacts whose Lead ID is one of `lead_ids`. Alphabetic: as numbers, 007 would equal 7."""
    predicate = {
        "column": column,
        "columnType": "alphabetic",
        "operator": "IN",
        "range": {"inSet": list(lead_ids)},
    }
    clause = {"filterType": "AND", "predicates": [predicate]}
    return _search(list_id, {"criteria": {"filterType": "AND", "clauses": [clause]}}, page)


def search_all(list_id: str, page: int = 1, page_size: int = SEARCH_PAGE) -> Call:
    return _search(list_id, {}, page, page_size)


def _search(list_id: str, body: Mapping[str, Any], page: int, page_size: int = SEARCH_PAGE) -> Call:
    url, body = f"{LISTS}/{list_id}/contacts/search", {**body, "pageNumber": page, "pageSize": page_size}
    return json_call("contacts.search", "POST", url, body, idempotent=True, contact_list_id=list_id)


@dataclass(frozen=True, slots=True)
class ContactsPage:
    """One page of a search: pairs of Lead ID and contact id, how many match in all, how many the list holds."""

    pairs: list[tuple[LeadId, ContactId]]
    total: int
    contacts_count: int


def found_contacts(reply: Reply, lead_id_column: str) -> ContactsPage:
    read, body = reader(lead_id_column), decode_body(reply, dict[str, msgspec.Raw])
    try:
        contacts = msgspec.json.decode(body.get("entities", b"[]"), type=read.type)
        total = msgspec.json.decode(body["total"], type=int)
        count = msgspec.json.decode(body["contactsCount"], type=int)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadResponse(type(error).__name__) from None
    return ContactsPage([(LeadId(read.lead_id(c)), ContactId(c.id)) for c in contacts], total, count)


def contacts_count(reply: Reply) -> int:
    """How many contacts the list of a search holds."""
    count = decode_body(reply).get("contactsCount")
    if not isinstance(count, int):
        raise BadResponse("a search without contactsCount")
    return count


def get_contact(list_id: str, contact_id: str) -> Call:
    url = f"{LISTS}/{list_id}/contacts/{quote(contact_id, safe='')}"
    return Call(op="contacts.get", method="GET", url=url, idempotent=True, contact_list_id=list_id)


def bulk_get(list_id: str, contact_ids: Sequence[str]) -> Call:
    url = f"{LISTS}/{list_id}/contacts/bulk"
    return json_call("contacts.bulk", "POST", url, list(contact_ids), idempotent=True, contact_list_id=list_id)


def bulk_contacts(reply: Reply, lead_id_column: str) -> dict[ContactId, LeadId]:
    read = reader(lead_id_column)
    return {ContactId(one.id): LeadId(read.lead_id(one)) for one in decode_body(reply, read.type)}


def lead_of(reply: Reply, lead_id_column: str) -> LeadId:
    """The Lead ID of the one contact that was read."""
    lead_ids = list(bulk_contacts(replace(reply, body=b"[" + reply.body + b"]"), lead_id_column).values())
    if len(lead_ids) != 1:
        raise BadResponse(f"{len(lead_ids)} contacts where one was asked for")
    return lead_ids[0]


# Contacts written and read in bulk: types made from the names of the columns, so that no Python runs for a lead.


Row = Sequence[str]
_encoder = msgspec.json.Encoder()


class _Contact(msgspec.Struct, gc=False):
    contactListId: str  # noqa: N815
    data: Any


class _OwnContact(msgspec.Struct, gc=False):
    id: str
    contactListId: str  # noqa: N815
    data: Any


@lru_cache(maxsize=16)
def _data(names: tuple[str, ...]) -> Callable[[Iterable[Row]], Iterator[Any]]:
    """What makes of each row something that is written as an object with these keys."""
    if not all(map(_nameable, names)):
        return lambda rows: (dict(zip(names, row, strict=True)) for row in rows)
    fields = {f"column{number}": name for number, name in enumerate(names)}
    row_type = msgspec.defstruct("Data", [(field, str) for field in fields], rename=fields, gc=False)
    return lambda rows: starmap(row_type, rows)


class Reader(NamedTuple):
    """A list of contacts as it is decode_body, and how the Lead ID of one of them is read."""

    type: Any
    lead_id: Callable[[Any], LeadId]


@lru_cache(maxsize=16)
def reader(column: str) -> Reader:
    """Of contacts with the Lead ID in this column. Only it and the ids are read: the rest is skipped, not built."""
    data, lead_id = _read_struct(column) if _nameable(column) else _read_dict(column)
    fields: list[Any] = [("id", str), ("data", data), ("contactListId", str, "")]
    return Reader(GenericAlias(list, (msgspec.defstruct("Contact", fields, gc=False),)), lead_id)


def _read_struct(column: str) -> tuple[Any, Callable[[Any], LeadId]]:
    data = msgspec.defstruct("Data", [("lead_id", str)], rename={"lead_id": column}, gc=False)
    return data, attrgetter("data.lead_id")


def _read_dict(column: str) -> tuple[Any, Callable[[Any], LeadId]]:
    def lead_id(contact: Any) -> LeadId:
        """Empty where the contact has none: the batch has no such lead."""
        value = contact.data.get(column)
        return LeadId(value if isinstance(value, str) else "")

    return dict[str, Any], lead_id


def _nameable(name: str) -> bool:
    return name.isprintable() and '"' not in name and "\\" not in name
