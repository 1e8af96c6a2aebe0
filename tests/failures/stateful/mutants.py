"""Uploads with one promise broken each, for the machine to find; nothing else may use them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from harness import api
from harness.api import Batch
from harness.domain import ContactId, LeadId
from harness.events import BatchAcked
from harness.flow import Call, Flow, Reply, Save
from harness.strategies.batch_api import BatchApi, upload
from harness.strategies.batches import intent, pending
from harness.strategies.job import Job, Stage
from harness.strategies.lists import lists_stage

from ..faults import naive


class Positional(BatchApi):
    """The n-th contact of an answer is taken to be the n-th lead that was sent."""

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        todo = pending(job, own_ids=False)
        yield Stage("upload", (_by_position(upload(batch, job, doubtful=doubtful)) for batch, doubtful in todo))


def _by_position(flow: Flow[None]) -> Flow[None]:
    """`flow`, its acknowledgements made from the order of the last answer."""
    outcome: Any = None
    by_order: dict[LeadId, ContactId] = {}
    while True:
        try:
            step = flow.send(outcome)
        except StopIteration:
            return
        match step:
            case Call(op="contacts.add", body=bytes(body)):
                outcome = yield step
                sent = [lead["data"]["Lead ID"] for lead in msgspec.json.decode(body)]
                by_order = dict(zip(sent, _ids(outcome), strict=False))
            case Save(event=BatchAcked(mapping=mapping) as event) if mapping.keys() == by_order.keys():
                outcome = yield Save(replace(event, mapping=by_order))
            case _:
                outcome = yield step


def _ids(reply: Reply) -> list[ContactId]:
    try:
        return [contact.id for contact in msgspec.json.decode(reply.body, type=list[_Contact])]
    except msgspec.DecodeError:
        return []


class _Contact(msgspec.Struct):
    id: ContactId


class Forgetful(BatchApi):
    """What an earlier start may have sent is sent, and not looked up first."""

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        yield Stage("upload", (upload(batch, job) for batch, _ in pending(job, own_ids=False)))


class Hasty(BatchApi):
    """The intent is stored when the answer is there."""

    def stages(self, job: Job) -> Iterator[Stage]:
        yield lists_stage(job)
        yield Stage("upload", (_sent_first(batch, job) for batch, _ in pending(job, own_ids=False)))


def _sent_first(batch: Batch, job: Job) -> Flow[None]:
    reply = yield api.add_contacts(batch, idempotent=False)
    yield Save(intent(batch, 1))
    contacts = msgspec.json.decode(reply.body) if reply.ok else []
    mapping = {LeadId(contact["data"][job.columns.lead_id]): ContactId(contact["id"]) for contact in contacts}
    yield Save(BatchAcked(first=batch.first, mapping=mapping))


MUTANTS = {  # and what the machine says of them
    "joined by position": (Positional(), "[0-9]+ (wrong|lost)"),
    "sent again on a guess": (naive.BLIND, "doubled|more than one contact"),
    "acknowledged before it is checked": (naive.TRUSTING, "doubled|in neither|more than one contact|leads in mapping"),
    "a resumed batch is not in doubt": (Forgetful(), "doubled|more than one contact|with the same lead"),
    "the intent comes after the request": (Hasty(), "the journal does not know of it"),
}
