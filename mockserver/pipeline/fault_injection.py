"""What a fault rule does to a request when it fires."""

import dataclasses
import random

from aiohttp import web

from mockserver.errors import TimedOut
from mockserver.faults import EXPIRED, Action, InjectedFault, Moment, chance_fault
from mockserver.faults.rewrites import rewritten, rewritten_csv
from mockserver.faults.rules import Rewrite
from mockserver.handling import PendingOperation, Response
from mockserver.http.access import TOKEN
from mockserver.http.body import BODY
from mockserver.http.logs import CORRELATION_ID
from mockserver.http.responses import fault_response, without_nulls
from mockserver.http.sending import cut
from mockserver.pipeline.commits import Commits
from mockserver.profile import FaultRates
from mockserver.services import Services

OP = web.RequestKey("op", str)
LEFT_OUT = web.RequestKey("left_out", set[str])  # lower-case names of headers the answer does without
CHANCE_FAULT = web.RequestKey("chance_fault", InjectedFault)


class FaultInjector:
    """Asks the rules of an org, and its luck, at each moment of a request, and does what they say."""

    def __init__(self, services: Services, commits: Commits) -> None:
        self._services = services
        self._org = services.org
        self._commits = commits
        self._rates: FaultRates | None = None
        self._no_fault_rates = True

    def action_at(self, request: web.Request, when: Moment) -> Action | None:
        """What fires now: a rule, else chance."""
        action = self._org.faults.fire(request[OP], when, request.get(BODY, b""))
        if action is None and CHANCE_FAULT in request and request[CHANCE_FAULT].when == when:
            self._org.chance_faults.counts[request[CHANCE_FAULT].kind] += 1
            return request[CHANCE_FAULT].action
        return action

    async def before_parse(self, request: web.Request) -> Response | None:
        """What a fault answers before anything is read; a cut raises ConnectionResetError."""
        self._draw(request)
        action = self.action_at(request, "before_parse")
        return await self._instead(request, action) if action else None

    def _draw(self, request: web.Request) -> None:
        """Decide by the configured rates whether a chance fault hits this request, and when."""
        org = self._org
        if org.profile.faults is not self._rates:
            self._rates = org.profile.faults
            self._no_fault_rates = not any(self._rates.by_kind.values())
        if self._no_fault_rates:
            return
        drawn = chance_fault(org.profile, request[OP], org.rng_for(f"faults/{request[OP]}").random())
        token = request.get(TOKEN)
        is_fresh = org.chance_faults.is_fresh(token.hash if token else "")
        if drawn and drawn.kind == EXPIRED:
            if token is None or is_fresh:
                return
            org.tokens.revoke(token)
        if drawn:
            request[CHANCE_FAULT] = drawn

    async def commit(self, request: web.Request, prepared: PendingOperation) -> Response:
        """The commit with what faults make of it: none, a late one, a part of one, or one that nobody hears of."""
        action = self.action_at(request, "before_commit")
        if action and action.late_commit_s is not None:
            return await self._late(request, prepared, action, action.late_commit_s)
        if action and action.partial_commit is not None:
            return await self._partial(request, prepared, action, action.partial_commit)
        if action and (response := await self._instead(request, action)):
            return response
        answer = self._commits.now(prepared)
        return await self._after(request, prepared, answer)

    async def _after(self, request: web.Request, prepared: PendingOperation, answer: Response) -> Response:
        action = self.action_at(request, "after_commit")
        if action is None:
            return answer
        if action.job:
            list_id = prepared.list_id or request.match_info.get("contact_list_id", "")
            inject_job_fault(self._services, request[OP], action, list_id)
        if response := await self._instead(request, action):
            return response
        if action.rewrite:
            answer = _rewritten(answer, action.rewrite, self._org.rng_for("rewrites"))
        return self.with_headers(request, answer, action)

    async def _late(self, request: web.Request, prepared: PendingOperation, action: Action, late_s: float) -> Response:
        """Commit `late_s` from now. The client hears at once if the rule says so, or when the platform gives up."""
        if action.status or action.reset:
            self._commits.later(prepared, late_s)
            return await self._instead(request, action) or Response()
        timeout_s = self._org.profile.request_timeout_s or late_s
        if late_s <= timeout_s:
            await self._org.clock.sleep(late_s)
            return await self._after(request, prepared, self._commits.now(prepared))
        self._commits.later(prepared, late_s)
        await self._org.clock.sleep(timeout_s)
        raise TimedOut

    async def _partial(self, request: web.Request, prepared: PendingOperation, action: Action, count: int) -> Response:
        """Commit some contacts, then fail; a rule with a status below 300 shows what was stored."""
        answer = self._commits.first(prepared, count)
        if action.status and action.status < 300 and not action.body:
            await self._org.clock.sleep(action.stall_s)
            return self.with_headers(request, dataclasses.replace(answer, status=action.status), action)
        return await self._instead(request, action, status=500) or answer

    async def _instead(self, request: web.Request, action: Action, status: int | None = None) -> Response | None:
        """Stall, and then cut or answer with the action's status, or with `status` if it has none."""
        if action.stall_s:
            await self._org.clock.sleep(action.stall_s)
        if action.reset:
            cut(request)
        if not (action.status or status):
            return None
        answer, request[LEFT_OUT] = fault_response(action, action.status or status or 500, request[CORRELATION_ID])
        return answer

    def with_headers(self, request: web.Request, answer: Response, action: Action) -> Response:
        """The answer with the action's headers over its own, and without those that are null."""
        headers, request[LEFT_OUT] = without_nulls(action.headers)
        return dataclasses.replace(answer, headers={**answer.headers, **headers})


def inject_job_fault(services: Services, op: str, action: Action, list_id: str) -> None:
    """Spoil the import or export of one contact list that the request has just begun."""
    if op == "export.create":
        services.exports.lose_rows(list_id, action.rows) if action.rows else services.exports.freeze(list_id)
    elif not services.imports.is_running(list_id):
        return  # it came through a template or for a list of another kind
    elif action.rows:
        services.imports.lose_rows(list_id, action.rows)
    elif action.job == "freeze":
        services.imports.freeze(list_id, action.at_percent or 0)
    else:
        services.imports.fail(list_id, action.reason, action.at_percent or 0)


def _rewritten(answer: Response, how: Rewrite, rng: random.Random) -> Response:
    if answer.content_type.startswith("text/csv"):
        body = answer.file.read_bytes() if answer.file else answer.body
        return dataclasses.replace(answer, body=rewritten_csv(body, how, rng), file=None)
    return dataclasses.replace(answer, body=rewritten(answer.body, how, rng))
