"""The Locust users: those that drive a run's flows, and background users with their own tokens."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gevent
from locust import FastHttpUser, task
from locust.contrib.fasthttp import FastHttpSession
from locust.exception import CatchResponseError, StopUser

from ..api import TRANSFER_TIMEOUT_S, BadResponse
from ..client.retry import RetryPolicy
from ..client.target import Target
from ..errors import RunError
from ..flow import Call, Flow, Reply, Wait, drive
from ..load.background_traffic import MappedContact
from ..load.shared_run import SharedRun
from ..runs.asyncio_runner import wrap_flow
from ..runs.resolve_target import MOCK_URL
from .gevent_driver import CheckedPool, exchange
from .load_run import LoadRun

if TYPE_CHECKING:
    from ..client.oauth import Session


EVERY_STATUS = frozenset(range(1000))


class OrgUser(FastHttpUser):  # type: ignore[misc]  # Locust has no types
    """A user that sends requests to the org of its `load`."""

    abstract = True
    uploads = False
    load: LoadRun
    host = MOCK_URL
    insecure = False
    max_redirects = 0
    connection_timeout = 10.0
    network_timeout = TRANSFER_TIMEOUT_S  # each call also has its own time-out for everything it does

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        agent = self.client.client
        agent.valid_response_codes = EVERY_STATUS  # a refusal is an answer, not an exception
        agent.cookiejar = None  # what one host sets, no other must see
        agent.clientpool = CheckedPool(**agent.clientpool.client_args)

    def on_stop(self) -> None:
        self.load.settle(self.environment)


class LeadUser(OrgUser):
    """Drives the flows of its `load` one after the other, so each user has one request in flight."""

    abstract = True
    uploads = True

    @task  # type: ignore[untyped-decorator]
    def take_turn(self) -> None:
        self.load.take_turn(self)


POLICY = RetryPolicy(unreachable_s=20.0, attempts=3)
PREFIX = "day."  # of operations in Locust's statistics, to tell them from the upload's


@dataclass(frozen=True, slots=True)
class BackgroundDriver:
    """Sends and waits, counted in Locust's statistics; keeps no journal."""

    session: FastHttpSession
    target: Target

    def send(self, call: Call) -> Reply:
        return exchange(self.session, self.target, call, PREFIX + call.op)

    def sleep(self, wait: Wait) -> None:
        gevent.sleep(wait.seconds)

    def save(self, event: Any) -> None:
        raise TypeError(f"background traffic saves no events: {event!r}")

    def work(self, function: Callable[[], Any]) -> Any:
        return function()


class BackgroundUser(OrgUser):
    """Reads contacts that its `load` has mapped. Ends with the upload, before the proof begins."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._session: Session | None = None
        self._rng = random.Random(f"background {id(self)}")

    def check(self, flow: Callable[[MappedContact, str], Flow[str]]) -> None:
        """Run `flow` on a mapped contact. A difference from the mapping is reported to Locust and to the run."""
        run = self.load.run
        if not isinstance(run, SharedRun) or not run.loading:
            raise StopUser
        contact = run.mapped_contact(self._rng)
        if contact is None:
            return
        self._session = self._session or run.another_session()
        try:
            wrapped = wrap_flow(flow(contact, run.lead_id_column), self._session, POLICY, self._rng)
            mistake = drive(wrapped, BackgroundDriver(self.client, run.target))
        except (RunError, BadResponse) as error:
            self._report_mistake(flow.__name__, str(error))
        else:
            if mistake:
                run.mistakes.append(mistake)
                self._report_mistake(flow.__name__, mistake)

    def _report_mistake(self, name: str, why: str) -> None:
        self.environment.events.request.fire(
            request_type="CHECK",
            name=PREFIX + name,
            response_time=0,
            response_length=0,
            exception=CatchResponseError(why),
            context={},
        )
