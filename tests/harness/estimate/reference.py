"""The exact thing, one replicate at a time: real flows, runner, budget and limiter on virtual time, without bodies.

What the machine does for a thousand rows at once must come out the same here. The org answers as `canned` does, after
as long as the mock would take, and its jobs follow the mock's own rules.
"""

import asyncio
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from harness import simulator
from harness.client.oauth import Credentials, Session
from harness.client.request_context import RequestContext
from harness.client.request_log import RequestLog
from harness.estimate.recording import Measure, UploadCase, shards_of
from harness.estimate.stubs import StubFiles, StubJournal, StubOrg
from harness.flow import Call, Reply, Wait
from harness.runs.asyncio_runner import Runner
from harness.strategies.job import Job, Stage
from mockserver.exports import export_job, is_available
from mockserver.faults import EXPIRED, chance_fault
from mockserver.jobs.import_progress import import_status_at
from mockserver.model import ExportJob, ImportJob
from mockserver.pacing import Limiter, latency_of, seconds
from mockserver.profile import Profile

FRESH = 50
NOTHING_DONE = {"error_before_commit": 503, "partial_commit": 500}
DONE = {"error_after_commit": 500, "late_commit": 504}  # others are cut


@dataclass(frozen=True)
class Ran:
    duration_s: float
    ended_s: float
    requests: int
    throttled_s: float
    first_mapping_s: float


def run(upload: UploadCase, profile: Profile, concurrency: int, seed: int, folder: Path) -> Ran:
    """One upload from the login to the end of its proof."""
    return simulator.run(_run(upload, profile, concurrency, seed, folder))


async def _run(upload: UploadCase, profile: Profile, concurrency: int, seed: int, folder: Path) -> Ran:
    source, shards = upload.stand_ins(whole=True), shards_of(upload, upload.sizes.leads, upload.lists)
    notes, planned = StubJournal.of(shards), {shard.list_name: shard.count for shard in shards}
    samples = RequestLog(folder / f"{upload.strategy.name}-{seed}.csv")
    context = RequestContext(clock=asyncio.get_running_loop().time, host="", samples=samples, journal=notes)
    org = TimedOrg(StubOrg(upload.sizes.columns.lead_id, planned), notes, profile, seed)
    driver = Shell(org, context, Measure(upload, source))
    runner = Runner(driver, Session(Credentials("", ""), context.now), concurrency, seed)
    job = Job(leads=source, progress=notes, files=StubFiles(), settings=upload.settings)
    duration = 0.0
    for stage in upload.strategy.stages(job):
        await runner.run(stage)
        duration = context.now()
    await runner.run(Stage("verification", upload.strategy.verification(job).flows))
    first = next((at for at, mapped in context.progress.points if mapped), float("nan"))
    samples.close()
    return Ran(duration, context.now(), samples.count, samples.throttled_s, first)


@dataclass
class Shell:
    """As the asyncio driver, but for the transport."""

    org: "TimedOrg"
    context: RequestContext
    measure: Measure

    async def send(self, call: Call) -> Reply:
        planned_at = self.context.now()
        while (wait := self.context.admission_delay(call)) is not None:
            await self.sleep(wait)
        sent_at = self.context.record_sent(call)
        reply = await self.org.serve(call, self.measure.contacts(call), self.measure.kib(call))
        return self.context.record_reply(replace(call, body=b"", form=None, save_to=None), reply, planned_at, sent_at)

    async def sleep(self, wait: Wait) -> None:
        await asyncio.sleep(self.context.record_wait(wait))

    async def save(self, event: Any) -> None:
        self.context.save(event)

    async def work(self, function: Any) -> Any:
        return function()


@dataclass
class TimedOrg:
    """A canned org whose limits, answers, jobs and faults take the time that the profile says."""

    canned: StubOrg
    notes: StubJournal
    profile: Profile
    seed: int
    limiter: Limiter = field(default_factory=Limiter)
    in_work: int = 0
    tokens: int = 0
    since_login: int = 0
    imports: dict[str, ImportJob] = field(default_factory=dict)
    exports: dict[str, ExportJob] = field(default_factory=dict)
    streams: dict[str, random.Random] = field(default_factory=dict)

    def rng_for(self, purpose: str) -> random.Random:
        """The generator that an org of this seed has for it: the luck is that of a full run."""
        return self.streams.setdefault(purpose, random.Random(f"{self.seed}//{purpose}"))

    async def serve(self, call: Call, contacts: int, kib: float) -> Reply:
        headers: dict[str, str] = {}
        if (call.host == "api" and call.bearer) or (call.op == "import.upload" and self.profile.rate.counts_uploads):
            decision = self.limiter.admit(str(self.tokens), call.op, self.profile.rate, _now())
            headers = decision.headers if decision else {}
            if decision and not decision.admitted:
                return Reply(status=429, headers={**headers, "retry-after": str(decision.retry_after_s)})
        self.in_work += 1
        self.since_login += 1
        reply = await self._worked(call, contacts, kib)
        self.in_work -= 1
        return replace(reply, headers={**headers, **reply.headers})

    async def _worked(self, call: Call, contacts: int, kib: float) -> Reply:
        fault = chance_fault(self.profile, call.op, self.rng_for(f"faults/{call.op}").random())
        kind = fault.kind if fault else ""
        if kind == "reset_before_parse":
            return Reply(status=0, error="ReadError")
        if kind == "throttled":
            return Reply(status=429, headers={"retry-after": str(self.profile.faults.retry_after_s)})
        if kind == EXPIRED and call.bearer and self.since_login > FRESH:
            self.tokens, self.since_login = self.tokens + 1, 0
            return Reply(status=401)
        model = latency_of(self.profile, call.op)
        rng = self.rng_for(f"latency/{call.op}")
        took = seconds(model, contacts=contacts, kib=kib, in_flight=self.in_work, rng=rng)
        patience = self.profile.request_timeout_s or took
        await asyncio.sleep(min(took, patience))
        if kind in NOTHING_DONE:
            return Reply(status=NOTHING_DONE[kind])
        reply = self._answer(call)
        if took > patience:
            return Reply(status=504)
        if not kind or kind == EXPIRED:
            return reply
        return Reply(status=DONE[kind]) if kind in DONE else Reply(status=0, error="ReadError")

    def _answer(self, call: Call) -> Reply:
        list_id, now, jobs = call.contact_list_id, _now(), self.profile.jobs
        match call.op:
            case "import.upload":
                self.imports[list_id] = ImportJob(
                    id="job",
                    contact_list_id=list_id,
                    total_records=call.contacts,
                    accepted=call.contacts,
                    started_at=now + jobs.import_start_delay_s,
                    records_per_s=jobs.import_rows_per_s,
                )
                return self.canned.answer(call, lost=False)
            case "import.status":
                return _json(import_status_at(self.imports[list_id], now))
            case "contacts.search" if list_id in self.imports and now < self.imports[list_id].started_at:
                return _json({"entities": [], "total": 0, "contactsCount": 0})
            case "export.create":
                rows = self.notes.records[self.notes.shard_of[list_id]].shard.count
                running = [job for job in self.exports.values() if now < job.ready_at]
                self.exports[list_id] = export_job("job", list_id, rows, now, jobs, running)
                return _json({})
            case "export.get":
                job = self.exports.get(list_id)
                if job is None or not is_available(job, now):
                    return Reply(status=404, body=b'{"code":"no.available.list.export.uri"}')
                return _json({"uri": "http://localhost/d/1", "exportTimestamp": str(job.ready_at)})
        return self.canned.answer(call, lost=False)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _json(value: Any) -> Reply:
    return Reply(status=200, body=msgspec.json.encode(value))
