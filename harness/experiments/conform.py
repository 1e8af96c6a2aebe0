"""`contactbench conform`: the same calls on two orgs, compared field by field.

The script covers what an integration that loads leads uses, and its mistakes. What is an org's own business, such as
ids and dates, is replaced by placeholders before the answers are compared.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import msgspec

from .. import api, experiments
from ..api import BadResponse, Refusal
from ..client.oauth import Credentials
from ..client.org_safety import RunCaps
from ..client.target import Target
from ..errors import Refused
from ..flow import Flow, Reply
from ..status import status
from ..strategies.flows import poll_until, within
from ..wording import quantity, server_text
from .probe.checks import COLUMNS, LEAD_ID, NOBODY, NOTE, PHONE, Probe, lead
from .probe.lists import create_list

HEADERS = ("content-type", "location", "retry-after", "www-authenticate", "allow")
PRESENT = ("inin-correlation-id", "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset")
# Values that differ between any two orgs, by the name of their field.
OWN = frozenset({"contextId", "access_token", "expires_in", "size", "version", "dateCreated", "dateModified"})
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
# UUIDs, and the 16 digits of exports.
_ID = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16})\b", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[^/\s\"]+")
_QUERY = re.compile(r"\?[^\s\"]*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call's answer: status, headers and body as flat fields, "body.entities[0].name" -> value."""

    call: str
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Placeholders:
    """The same id gets the same name wherever it appears in the answers of one org: id 1, id 2, ..."""

    run_id: str  # part of every name that was made up for this run
    ids: dict[str, str] = field(default_factory=dict)

    def exchange(self, call: str, reply: Reply) -> Exchange:
        fields: dict[str, Any] = {"status": reply.status}
        fields |= {f"header {name}": self._text(reply.headers[name]) for name in HEADERS if name in reply.headers}
        fields |= {f"header {name}": "present" for name in PRESENT if name in reply.headers}
        return Exchange(call, fields | dict(self._flat("body", _body(reply))))

    def _flat(self, path: str, value: Any) -> list[tuple[str, Any]]:
        match value:
            case dict():
                below = [pair for key, one in value.items() for pair in self._flat(f"{path}.{self._text(key)}", one)]
                return below or [(path, "{}")]
            case list():
                below = [pair for at, one in enumerate(value) for pair in self._flat(f"{path}[{at}]", one)]
                return below or [(path, "[]")]
            case str() if path.rpartition(".")[2] not in OWN:
                return [(path, self._text(value))]
            case _ if path.rpartition(".")[2] in OWN:
                return [(path, f"some {type(value).__name__}")]
            case _:
                return [(path, value)]

    def _text(self, text: str) -> str:
        text = _DATE.sub("<date>", text.replace(self.run_id, "<run>"))
        text = _ID.sub(lambda found: self._id(found[0]), text)
        return server_text(_QUERY.sub("?<query>", _ORIGIN.sub("<host>", text)) if "/" in text else text)

    def _id(self, found: str) -> str:
        return self.ids.setdefault(found.lower(), f"<id {len(self.ids) + 1}>")


def _body(reply: Reply) -> Any:
    if not reply.body:
        return ""
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return reply.body.decode("utf-8", "replace").splitlines()


PATIENCE_S = 120.0
STEP_S = 0.5


@dataclass(slots=True)
class Recorder:
    """Notes what an org answers to each call, under the call's name."""

    probe: Probe
    exchanges: list[Exchange] = field(default_factory=list)
    names: Placeholders = field(init=False)

    def __post_init__(self) -> None:
        self.names = Placeholders(self.probe.lab.resources.run_id)

    def note(self, call: str, reply: Reply) -> Reply:
        self.exchanges.append(self.names.exchange(call, reply))
        return reply

    def ask(self, call: str, *arguments: Any, **options: Any) -> Flow[Reply]:
        return self.note(call, (yield from self.probe.ask(*arguments, **options)))


def conform_script(to: Recorder) -> Flow[None]:
    """Every call once, on lists of its own."""
    yield from _login(to)
    list_id = yield from to.probe.new_list()
    yield from _lists(to, list_id)
    yield from _contacts(to, list_id)
    yield from _imports(to)
    yield from _exports(to, list_id)
    yield from _mistakes(to, list_id)


def _login(to: Recorder) -> Flow[None]:
    known = to.probe.lab.credentials
    to.note("log in", (yield api.token(known.client_id, known.client_secret)))
    to.note("log in with a wrong secret", (yield api.token(known.client_id, "wrong")))


def _lists(to: Recorder, list_id: str) -> Flow[None]:
    path = f"{api.LISTS}/{list_id}"
    reply = yield from to.ask("get a list", "lists.get", "GET", path)
    with_size = {"includeSize": "true", "includeImportStatus": "true"}
    yield from to.ask("get a list with its size", "lists.get", "GET", path, query=with_size)
    name = api.entity_name(reply)
    yield from to.ask("find a list by its name", "lists.list", "GET", api.LISTS, query={"name": name, "pageSize": "5"})
    yield from to.ask("a page past the end", "lists.list", "GET", api.LISTS, query={"pageNumber": "9999"})
    body = api.decode_body(reply) | {"attemptLimits": None}
    yield from to.ask("update a list", "lists.update", "PUT", path, body)
    yield from to.ask("update a list of an old version", "lists.update", "PUT", path, body | {"version": 9999})
    twice = {"name": name, "columnNames": COLUMNS.names, "phoneColumns": [{"columnName": PHONE, "type": "cell"}]}
    yield from to.ask("make a list of a taken name", "lists.create", "POST", api.LISTS, twice)
    elsewhere = yield from create_list(to.probe, to.probe.lab.name(""), COLUMNS.names, NOBODY)
    to.note("make a list in a division that is not there", elsewhere)
    yield from to.ask("a page that is too large", "lists.list", "GET", api.LISTS, query={"pageSize": "1000"})


def _contacts(to: Recorder, list_id: str) -> Flow[None]:
    path = f"{api.LISTS}/{list_id}/contacts"
    yield from to.ask("add contacts", "contacts.add", "POST", path, [lead(n) for n in range(3)], contacts=3)
    yield from to.ask("add one with its own id", "contacts.add", "POST", path, [lead(3, id="conform-3")], contacts=1)
    yield from to.ask("add one with an empty id", "contacts.add", "POST", path, [lead(7, id="")], contacts=1)
    without = lead(4)
    del without["data"][NOTE]
    yield from to.ask("add one without a column", "contacts.add", "POST", path, [without], contacts=1)
    unknown = lead(5)
    unknown["data"]["Nobody knows"] = "x"
    yield from to.ask("add one with an unknown column", "contacts.add", "POST", path, [unknown], contacts=1)
    yield from to.ask("add one that is too long", "contacts.add", "POST", path, [lead(6, "x" * 20_000)], contacts=1)
    yield from to.ask("add none", "contacts.add", "POST", path, [])
    yield from to.probe.size(list_id)
    found = to.note("search", (yield api.search_leads(list_id, LEAD_ID, ["probe-0"])))
    to.note("search everything", (yield api.search_all(list_id, page_size=2)))
    entities = api.decode_body(found).get("entities") or [{"id": NOBODY}]
    one = f"{path}/{entities[0]['id']}"
    yield from to.ask("get a contact", "contacts.get", "GET", one)
    yield from to.ask("get contacts by id", "contacts.bulk", "POST", f"{path}/bulk", [entities[0]["id"], NOBODY])
    yield from to.ask("update a contact", "contacts.update", "PUT", one, {"data": {**lead(0)["data"], NOTE: "new"}})
    yield from to.ask("delete a contact", "contacts.delete", "DELETE", one)
    yield from to.ask("get a deleted contact", "contacts.get", "GET", one)


def _imports(to: Recorder) -> Flow[None]:
    list_id = yield from to.probe.new_list()
    to.note("import status before any", (yield api.import_status(list_id)))
    path = to.probe.lab.resources.path.with_name("conform.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS.names, *(lead(n)["data"].values() for n in range(5))])
    to.note("import a file", (yield api.upload_csv(list_id, path, contact_id_column=LEAD_ID, rows=5)))
    to.note(
        "import into a list that is not there", (yield api.upload_csv(NOBODY, path, contact_id_column=None, rows=0))
    )
    path.unlink()
    status = f"{api.LISTS}/{list_id}/importstatus"
    yield from _until(to, "import status at the end", status, lambda reply: api.import_progress(reply).has_finished)
    to.note("what was imported", (yield api.search_all(list_id)))


def _exports(to: Recorder, list_id: str) -> Flow[None]:
    path = f"{api.LISTS}/{list_id}/export"
    yield from to.ask("get an export before any", "export.get", "GET", path)
    yield from to.ask("export a list", "export.create", "POST", path, {})
    ready = yield from _until(to, "get an export", path, lambda reply: reply.ok)
    found = api.export_of(ready)
    if found is None:
        return
    hop = to.note("download an export", (yield api.download(found.uri, list_id)))
    if "location" in hop.headers:
        file = to.probe.lab.resources.path.with_name("conform-export.csv")
        reply = yield api.download_file(hop.headers["location"], list_id, file)
        head, *rows = file.read_bytes().splitlines() if reply.ok else [b""]
        ours = [row for row in rows if b"conform-3" in row]  # the order of rows is not documented
        body = b"\n".join([head, *ours])
        to.note("the file of an export", Reply(status=reply.status, headers=reply.headers, body=body))
        file.unlink(missing_ok=True)


def _mistakes(to: Recorder, list_id: str) -> Flow[None]:
    contacts = f"{api.LISTS}/{list_id}/contacts"
    yield from to.ask("get a list that is not there", "lists.get", "GET", f"{api.LISTS}/{NOBODY}")
    nowhere = f"{api.LISTS}/{NOBODY}/contacts"
    yield from to.ask("add to a list that is not there", "contacts.add", "POST", nowhere, [lead(1)])
    yield from to.ask("a body that is no JSON", "contacts.add", "POST", contacts, b"{no json")
    yield from to.ask("a body of another shape", "contacts.add", "POST", contacts, {"data": {}})
    yield from to.ask("a page that is no number", "lists.list", "GET", api.LISTS, query={"pageNumber": "first"})
    yield from to.ask("too many ids", "contacts.bulk", "POST", f"{contacts}/bulk", [f"p{n}" for n in range(1001)])
    yield from to.ask("a path that is not there", "lists.get", "GET", "/api/v2/outbound/contactlisten")
    yield from to.ask("a method that is not there", "lists.get", "PATCH", f"{api.LISTS}/{list_id}", {})


def _until(to: Recorder, call: str, path: str, is_so: Callable[[Reply], bool]) -> Flow[Reply]:
    """The answer noted is the first one that is so; else the last."""
    pauses = within(repeat(STEP_S), PATIENCE_S)
    return to.note(call, (yield from poll_until(lambda: to.probe.ask("poll", "GET", path), is_so, pauses)))


ABSENT = "(absent)"
MOST_CONTACTS, MOST_REQUESTS = 100, 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two orgs answer the same call differently."""

    call: str
    field: str
    target: Any
    against: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two orgs, and the folder that says what was made in it."""

    target: Target
    credentials: Credentials
    folder: Path
    run_id: str


async def record(side: Side, consistency_wait_s: float = 5.0) -> list[Exchange]:
    """The org's answers to the script; nothing of it is left in the org."""
    async with experiments.open_lab(
        side.folder,
        side.target,
        side.credentials,
        purpose="conform",
        run_id=side.run_id,
        caps=RunCaps(contacts=MOST_CONTACTS, requests=MOST_REQUESTS),
    ) as opened:
        to = Recorder(Probe(opened, consistency_wait_s))
        status().begin(f"asking {side.target.api}", unit="call", count=lambda: len(to.exchanges))
        try:
            await opened.run(conform_script(to))
        except (Refusal, BadResponse) as trouble:
            raise Refused(
                "NOT_CONFORMED",
                f"{side.target.api}: after {quantity(len(to.exchanges), 'call')} the script cannot go on: {trouble}",
            ) from None
        return to.exchanges


def differences(target: list[Exchange], against: list[Exchange]) -> Iterator[Difference]:
    """Call by call, field by field, in the order of the script."""
    theirs = {exchange.call: exchange.fields for exchange in against}
    for exchange in target:
        other = theirs.pop(exchange.call, {})
        for name in dict.fromkeys([*exchange.fields, *other]):
            ours, his = exchange.fields.get(name, ABSENT), other.get(name, ABSENT)
            if ours != his:
                yield Difference(exchange.call, name, ours, his)
    for call in theirs:
        yield Difference(call, "the call", ABSENT, "made")


async def compare_orgs(
    target: Side, against: Side, tell: Callable[[str], None], consistency_wait_s: float = 5.0
) -> dict[str, Any]:
    """The differences as a document."""
    ours = await record(target, consistency_wait_s)
    tell(f"{target.target.api}: {quantity(len(ours), 'call')}")
    theirs = await record(against, consistency_wait_s)
    tell(f"{against.target.api}: {quantity(len(theirs), 'call')}")
    found = list(differences(ours, theirs))
    return {
        "target": target.target.api,
        "against": against.target.api,
        "calls": len(ours),
        "differences": [
            {"call": one.call, "field": one.field, "target": one.target, "against": one.against} for one in found
        ],
    }
