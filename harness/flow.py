"""A flow is a conversation with the API that does no I/O.

It yields a step and is sent its outcome: a Call gets a Reply, Work what its function returned, Wait and Save get None.
`drive` and `adrive` are the only code that runs a flow; the driver they are given sends, sleeps, stores and works.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file in a multipart form, streamed from disk."""

    path: Path
    filename: str
    content_type: str = "text/csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request."""

    op: str  # what reports and fault rules group by: "contacts.add"
    method: str
    # A path, resolved against `host`, or an absolute URL that the server handed out: that may be signed, and a secret.
    url: str = field(repr=False)
    host: Literal["api", "login", "apps"] = "api"
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    form: tuple[tuple[str, str | FilePart], ...] | None = field(default=None, repr=False)  # sent as multipart
    save_to: Path | None = None  # a 2xx body is streamed into this file
    bearer: bool = True
    idempotent: bool = False  # may be sent twice without a second effect
    timeout_s: float = 120.0
    attempt: int = 1
    contacts: int = 0
    contact_list_id: str = ""
    batch: int = -1


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause: `poll` until a job may be done, `backoff` before a repeat, `throttle` because the server asked for it,
    `quiet` until a lost write must have ended; `hold` and `outage` are the driver's own, for the rate budget and while
    the server fails everything."""

    seconds: float
    why: Literal["poll", "backoff", "throttle", "quiet", "hold", "outage"] = "backoff"


@dataclass(frozen=True, slots=True)
class Save:
    """Store `event` durably before the next step is taken."""

    event: Any


@dataclass(frozen=True, slots=True)
class Work:
    """Local work on files or databases: the driver runs `function` where it does not hold up other flows."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer; or status 0 and an error when none came."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # lower-case names
    body: bytes = field(default=b"", repr=False)
    error: str = ""
    sent: bool = True  # False: not one byte of the body can have left
    truncated: bool = False  # fewer bytes than the answer announced
    probe: bool = False  # failed, sent to see whether an outage is over: the driver paces the repeats of those

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300 and not self.error


Step = Call | Wait | Save | Work
Flow = Generator[Step, Any, T]


class FlowDriver(Protocol):
    def send(self, call: Call) -> Reply: ...
    def sleep(self, wait: Wait) -> None: ...
    def save(self, event: Any) -> None: ...
    def work(self, function: Callable[[], Any]) -> Any: ...


class AsyncFlowDriver(Protocol):
    async def send(self, call: Call) -> Reply: ...
    async def sleep(self, wait: Wait) -> None: ...
    async def save(self, event: Any) -> None: ...
    async def work(self, function: Callable[[], Any]) -> Any: ...


def reply_to(call: Call) -> Flow[Reply]:
    """`call` as a flow."""
    reply: Reply = yield call
    return reply


def map_calls(flow: Flow[T], made: Callable[[Call], Flow[Reply]]) -> Flow[T]:
    """`flow`, each call of which is made as `made` says; whatever else it wants passes."""
    outcome: Any = None
    with closing(flow):  # also when whoever is around it gives up in the middle
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = (yield from made(step)) if isinstance(step, Call) else (yield step)


def drive(flow: Flow[T], driver: FlowDriver) -> T:
    """Run `flow` to its result on blocking I/O (Locust, tests)."""
    outcome: Any = None
    with closing(flow):  # what a flow holds is given back also when the driver gives up
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = _dispatch(step, driver)


async def adrive(flow: Flow[T], driver: AsyncFlowDriver) -> T:
    """Same as `drive`, on asyncio (the CLI)."""
    outcome: Any = None
    with closing(flow):
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            awaitable: Awaitable[Any] = _dispatch(step, driver)
            outcome = await awaitable


def _dispatch(step: Step, driver: Any) -> Any:
    match step:
        case Call():
            return driver.send(step)
        case Wait():
            return driver.sleep(step)
        case Save():
            return driver.save(step.event)
        case Work():
            return driver.work(step.function)
