"""Answers that are wrong in one way: what a fault rule makes of the contacts in them. Pure.

The contacts are the array of an answer, its `entities`, a single object, or the rows of an exported CSV file. The Lead
ID is taken to be in the first column whose name has "lead" in it, or else in the first column.
"""

import csv
import io
import random
from collections.abc import Callable
from typing import Any

import msgspec

from mockserver.faults.rules import Rewrite
from mockserver.ids import new_id

_LONG_ID = "x" * 5_000
_MARK = b"\xef\xbb\xbf"  # byte order mark
_SYSTEM_COLUMN = "inin-outbound-id"

Contact = dict[str, Any]


def rewritten(body: bytes, how: Rewrite, rng: random.Random) -> bytes:
    """The JSON answer with its contacts changed; one without contacts stays as it is."""
    answer = msgspec.json.decode(body)
    if isinstance(answer, list):
        return msgspec.json.encode(_apply(answer, how, rng))
    if "entities" in answer:
        return msgspec.json.encode(answer | {"entities": _apply(answer["entities"], how, rng)})
    changed = _apply([answer], how, rng)
    return msgspec.json.encode(changed[0]) if changed else b"null"


def rewritten_csv(body: bytes, how: Rewrite, rng: random.Random) -> bytes:
    """The exported file with its rows changed."""
    header, *records = csv.reader(io.StringIO(body.removeprefix(_MARK).decode(), newline=""))
    id_at = header.index(_SYSTEM_COLUMN)
    contacts = [{"id": record[id_at], "data": _others(header, record)} for record in records]
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    for contact in _apply(contacts, how, rng):
        cells = contact["data"] | {_SYSTEM_COLUMN: contact.get("id", "")}
        writer.writerow([cells[name] for name in header])
    return _MARK + out.getvalue().encode()


def _others(header: list[str], record: list[str]) -> dict[str, str]:
    """The cells by column, without the id."""
    return {name: cell for name, cell in zip(header, record, strict=True) if name != _SYSTEM_COLUMN}


def _apply(contacts: list[Contact], how: Rewrite, rng: random.Random) -> list[Contact]:
    return _REWRITES[how](contacts, rng) if contacts else contacts


def _shuffle(contacts: list[Contact], rng: random.Random) -> list[Contact]:
    """In another order, for certain if there are two."""
    order = list(contacts)
    rng.shuffle(order)
    return order if order != contacts else order[1:] + order[:1]


def _with_one_more(contacts: list[Contact], rng: random.Random) -> list[Contact]:
    """A contact nobody sent: the last one once more, under another id."""
    return [*contacts, contacts[-1] | {"id": new_id(rng)}]


def _with_id_of_another(contacts: list[Contact], rng: random.Random) -> list[Contact]:
    del rng
    return [*contacts[:-1], contacts[-1] | {"id": contacts[0]["id"]}]


def _without_id(contacts: list[Contact], rng: random.Random) -> list[Contact]:
    del rng
    return [{key: value for key, value in contacts[0].items() if key != "id"}, *contacts[1:]]


def _with_lower_lead_ids(contacts: list[Contact], rng: random.Random) -> list[Contact]:
    del rng
    return [contact | {"data": _with_lower_case(contact["data"])} for contact in contacts]


def _with_lower_case(data: dict[str, str]) -> dict[str, str]:
    column = next((name for name in data if "lead" in name.lower()), next(iter(data), ""))
    return data | {column: data[column].lower()} if column else data


def _all_with(**changes: str) -> Callable[[list[Contact], random.Random], list[Contact]]:
    return lambda contacts, _: [contact | changes for contact in contacts]


def _first_with(**changes: str) -> Callable[[list[Contact], random.Random], list[Contact]]:
    return lambda contacts, _: [contacts[0] | changes, *contacts[1:]]


_REWRITES: dict[Rewrite, Callable[[list[Contact], random.Random], list[Contact]]] = {
    "shuffle": _shuffle,
    "drop_one": lambda contacts, _: contacts[:-1],
    "add_one": _with_one_more,
    "duplicate_id": _with_id_of_another,
    "no_id": _without_id,
    "empty_id": _first_with(id=""),
    "long_id": _first_with(id=_LONG_ID),
    "lower_lead_id": _with_lower_lead_ids,
    "wrong_list": _all_with(contactListId="00000000-0000-4000-8000-000000000000"),
}
