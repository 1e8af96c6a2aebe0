"""Uploads with one bug each. All else of them is the real thing: the bug sits between its flows and the server.

A flow is a conversation, so a bug is a flow around it: it keeps steps back, or changes what is heard.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from harness.flow import Call, Flow, Reply
from harness.runs.run import RunPlan
from harness.strategies.batch_api import upload
from harness.strategies.batches import pending
from harness.strategies.job import Job, Stage, Strategy, Verification

from .run import Planted

Bug = Callable[[Flow[None]], Flow[None]]
NOTHING_FOUND = b'{"entities":[],"total":0,"pageSize":100,"pageNumber":1,"contactsCount":0}'


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A strategy, and a bug around each of its flows."""

    real: Strategy
    bug: Bug

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def stages(self, job: Job) -> Iterator[Stage]:
        for stage in self.real.stages(job):
            yield Stage(stage.name, (self.bug(flow) for flow in stage.flows))

    def verification(self, job: Job) -> Verification:
        proof = self.real.verification(job)
        return replace(proof, flows=(self.bug(flow) for flow in proof.flows))


def _heard(flow: Flow[None], hear: Callable[[Any], Flow[Any]]) -> Flow[None]:
    """`flow`, each of its steps taken by `hear`."""
    outcome = None
    while True:
        try:
            step = flow.send(outcome)
        except StopIteration:
            return
        outcome = yield from hear(step)


def positional_join(flow: Flow[None]) -> Flow[None]:
    """The n-th contact of an answer is taken for the n-th lead that was sent."""

    def hear(step: Any) -> Flow[Any]:
        reply = yield step
        if isinstance(step, Call) and step.op == "contacts.add" and reply.ok:
            return replace(reply, body=_as_sent(step.body or b"[]", reply.body))
        return reply

    return _heard(flow, hear)


def _as_sent(sent: bytes, answered: bytes) -> bytes:
    try:
        pairs = list(zip(json.loads(sent), json.loads(answered), strict=True))
        return json.dumps([{**contact, "data": lead["data"]} for lead, contact in pairs]).encode()
    except (ValueError, TypeError):
        return answered


def blind_retry(flow: Flow[None]) -> Flow[None]:
    """A batch in doubt is not looked for: all of it is sent again."""

    def hear(step: Any) -> Flow[Any]:
        if isinstance(step, Call) and step.op == "contacts.search":
            return Reply(status=200, body=NOTHING_FOUND)
        return (yield step)

    return _heard(flow, hear)


def one_search(flow: Flow[None]) -> Flow[None]:
    """The second of two searches that must agree is not made: the first one's answer is believed."""
    known: dict[bytes, Reply] = {}

    def hear(step: Any) -> Flow[Any]:
        if not isinstance(step, Call):
            return (yield step)
        if step.op == "contacts.add":
            known.clear()
        if step.op == "contacts.search" and step.body in known:
            return known[step.body]
        reply = yield step
        if step.op == "contacts.search" and reply.ok and step.body is not None:
            known[step.body] = reply
        return reply

    return _heard(flow, hear)


def stale_export(flow: Flow[None]) -> Flow[None]:
    """Whatever export is on offer is taken for the new one: which there was before is not asked."""
    asked = False

    def hear(step: Any) -> Flow[Any]:
        nonlocal asked
        if isinstance(step, Call) and step.op == "export.get" and not asked:
            asked = True
            return Reply(status=404, body=b"{}")
        asked = asked and not (isinstance(step, Call) and step.op == "export.download")
        return (yield step)

    return _heard(flow, hear)


@dataclass(frozen=True, slots=True)
class NotDoubted(Spoilt):
    """What was on its way when a process ended is taken for never sent."""

    def stages(self, job: Job) -> Iterator[Stage]:
        for stage in self.real.stages(job):
            if stage.name == "upload":
                yield Stage(stage.name, (upload(batch, job) for batch, _ in pending(job, own_ids=False)))
            else:
                yield stage


def _around(bug: Bug) -> Planted:
    return lambda plan: replace(plan, strategy=Spoilt(plan.strategy, bug))


def _not_doubted(plan: RunPlan) -> RunPlan:
    return replace(plan, strategy=NotDoubted(plan.strategy, iter))


def _no_quiet_period(plan: RunPlan) -> RunPlan:
    """A lost request is taken to have ended at once."""
    return replace(plan, settings=replace(plan.settings, in_flight_grace_s=0.0))


# By name: the strategy that has the bug, how it gets it, and the first seed whose run tells of it.
BUGS: dict[str, tuple[str, Planted, int]] = {
    "positional join": ("batch-api", _around(positional_join), 1),
    "blind retry": ("batch-api", _around(blind_retry), 1),
    "one search instead of two": ("batch-api", _around(one_search), 1),
    "resumed batches not doubted": ("batch-api", _not_doubted, 3),
    "no quiet period": ("batch-api", _no_quiet_period, 9),
    "stale export accepted": ("batch-api", _around(stale_export), 7),
    "stale export accepted, by an import": ("csv-import-own-ids", _around(stale_export), 1),
}
