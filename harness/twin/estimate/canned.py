"""An org that only answers: what the flows are told while they are recorded. Nothing takes time, nothing is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from ...flow import Call, Reply

POLLS = 8  # questions after a job that is not done: more than it takes until their distance stays the same
Job = Literal["", "waiting", "running"]  # a job has not begun to show, or is on its way
LOST = Reply(status=503)  # its effect is not known to who gets it
NO_EXPORT = {"code": "no.available.list.export.uri"}

encode, decode = msgspec.json.encode, msgspec.json.decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Which trouble to play: jobs that are not done when they are asked for, or one call without a clear answer."""

    busy: Job = ""
    lost: tuple[int, int] | None = None  # number of the flow, number of the call in it
    applied: bool = False  # the lost call had its effect


@dataclass(slots=True)
class CannedOrg:
    lead_id: str  # the column
    planned: Mapping[str, int]  # rows of a list by its name: it shows them at once, unless an import is under way
    script: Script = field(default_factory=Script)
    lists: dict[str, str] = field(default_factory=dict)  # name -> id
    made: int = 0  # lists, the deleted ones too: no id comes twice
    rows: dict[str, int] = field(default_factory=dict)  # by list
    contacts: dict[str, str] = field(default_factory=dict)  # Lead ID -> contact id
    asked: dict[str, int] = field(default_factory=dict)  # how often, since a job of the list began
    said: Job = ""  # of a job, by the last answer

    def answer(self, call: Call, *, lost: bool) -> Reply:
        """The answer; of a lost call none is clear, whether or not it has its effect."""
        self.said = ""
        if lost and not self.script.applied:
            return LOST
        reply = _ANSWERS[call.op](self, call)
        return LOST if lost else reply

    def _busy(self, call: Call) -> Job:
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

    def _exported(self, call: Call) -> Reply:
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


_ANSWERS: dict[str, Callable[[CannedOrg, Call], Reply]] = {
    "oauth.token": CannedOrg._token,
    "lists.create": CannedOrg._create,
    "lists.list": CannedOrg._listing,
    "lists.delete": CannedOrg._delete,
    "contacts.add": CannedOrg._add,
    "contacts.search": CannedOrg._search,
    "contacts.bulk": CannedOrg._bulk,
    "import.upload": CannedOrg._upload,
    "import.status": CannedOrg._import_status,
    "export.create": CannedOrg._export,
    "export.get": CannedOrg._exported,
    "export.download": CannedOrg._download,
    "export.file": CannedOrg._file,
}
