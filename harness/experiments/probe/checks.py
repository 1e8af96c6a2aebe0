"""A question to an org: calls whose answers are kept as evidence, and what they come to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ... import api
from ...domain import LeadColumns
from ...flow import Call, Flow, Reply, Wait
from ...strategies.flows import stable_answer
from .. import Lab

LEAD_ID, PHONE, NOTE = "Lead ID", "Phone", "Note"
COLUMNS = LeadColumns(names=(LEAD_ID, PHONE, NOTE), lead_id=LEAD_ID, phone=PHONE)
NOBODY = "00000000-0000-4000-8000-000000000000"  # the id of nothing
NUMBER = "+15550100"  # and two digits: fictional, North American Numbering Plan 555-01xx


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an org does. `settings` are those of a profile that it decides; none if it is only worth knowing."""

    question: str
    observed: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    evidence: Sequence[str] = ()  # correlation ids of the answers


@dataclass(slots=True)
class Probe:
    """One question's calls. Every answer's correlation id is evidence."""

    lab: Lab
    consistency_wait_s: float  # after a change of a list
    evidence: list[str] = field(default_factory=list)

    def ask(
        self,
        op: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        contacts: int = 0,
        repeatable: bool = True,
    ) -> Flow[Reply]:
        """The answer to a call of our own making; `body` is JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        headers = api.JSON if content is not None else {}
        pairs = tuple((query or {}).items())
        call = Call(
            op=op, method=method, url=path, headers=headers, body=content, query=pairs, contacts=contacts,
            idempotent=repeatable,
        )  # fmt: skip
        return (yield from self.send(call))

    def send(self, call: Call) -> Flow[Reply]:
        reply: Reply = yield call
        if corr := api.correlation_id(reply):
            self.evidence.append(corr)
        return reply

    def new_list(self, columns: LeadColumns = COLUMNS) -> Flow[str]:
        return self.lab.contact_list(columns)

    def add(self, list_id: str, *contacts: Mapping[str, Any]) -> Flow[Reply]:
        return self.ask(
            "contacts.add",
            "POST",
            f"{api.LISTS}/{list_id}/contacts",
            list(contacts),
            contacts=len(contacts),
            repeatable=False,
        )

    def get(self, list_id: str, contact_id: str) -> Flow[Reply]:
        return self.ask("contacts.get", "GET", f"{api.LISTS}/{list_id}/contacts/{contact_id}")

    def size(self, list_id: str) -> Flow[int]:
        """Contacts of the list by its own account, once that stands still: sizes lag."""
        size = yield from stable_answer(lambda: self._size(list_id), self.consistency_wait_s)
        yield Wait(self.consistency_wait_s, "poll")
        return size

    def _size(self, list_id: str) -> Flow[int]:
        reply = yield from self.send(api.search_all(list_id, page_size=1))
        return int(api.decode_body(reply).get("contactsCount", 0))

    def finding(self, question: str, observed: str, settings: Mapping[str, Any] | None = None) -> Finding:
        return Finding(
            question=question, observed=observed, settings=settings or {}, evidence=tuple(self.evidence[-20:])
        )


ProbeCheck = Callable[[Probe], Flow[list[Finding]]]


def lead(number: int, note: str = "note", **more: Any) -> dict[str, Any]:
    """A contact of our columns, made up."""
    data = {LEAD_ID: f"probe-{number}", PHONE: f"{NUMBER}{number % 100:02d}", NOTE: note}
    return {"data": data, **more}


def bodies(reply: Reply) -> list[dict[str, Any]]:
    """The contacts of an answer."""
    return list(api.decode_body(reply, list[dict[str, Any]]))


def largest(accepts: Callable[[int], Flow[bool]], least: int, most: int) -> Flow[int]:
    """The largest number that is accepted, given that `least` is; `most` where that is accepted too."""
    if (yield from accepts(most)):
        return most
    while most - least > 1:
        middle = (least + most) // 2
        if (yield from accepts(middle)):
            least = middle
        else:
            most = middle
    return least
