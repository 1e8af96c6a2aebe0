"""Trying an org out: what it does (probe), how fast it is (calibrate), how it differs (conform).

Each is a few requests under caps, and nothing of it is left behind: what is made is noted before it is asked for and
removed at the end, also after an error. Where the process was killed, `contactbench cleanup` does it from the notes.
"""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from ..client.asyncio_driver import open_driver
from ..client.oauth import Credentials, Session
from ..client.org_safety import RunCaps
from ..client.retry import RetryPolicy
from ..client.target import Target
from ..domain import LeadColumns
from ..errors import RunError
from ..files.atomic import atomic_file
from ..flow import AsyncFlowDriver, Flow, Save, T, adrive
from ..runs.asyncio_runner import Runner, wrap_flow
from ..runs.cleanup import remove
from ..runs.created_resources import Created, CreatedResource, Creating, ResourceLog, read
from ..strategies.job import Stage
from ..strategies.lists import create_or_find

REQUESTS = "requests.csv"
SETTLE_S = 5.0  # Source: Genesys asks to wait that long after a change of a list


@dataclass(slots=True)
class Lab:
    """Where experiments are run. `purpose` is the first word of every name: "probe", "calibrate"."""

    purpose: str
    resources: ResourceLog
    target: Target
    credentials: Credentials
    driver: AsyncFlowDriver
    session: Session
    rng: random.Random
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    _made: int = 0

    async def run(self, flow: Flow[T], session: Session | None = None) -> T:
        """One flow to its end, with a token and patience around it."""
        return await adrive(wrap_flow(flow, session or self.session, self.policy, self.rng), self.driver)

    async def run_all(self, flows: Sequence[Flow[None]], concurrency: int) -> None:
        """So many flows at a time."""
        await Runner(self.driver, self.session, concurrency, self.rng.randrange(2**31)).run(Stage(self.purpose, flows))

    def another_session(self) -> Session:
        """A token of its own, as a second process would have."""
        return Session(self.credentials, self.session.now)

    def name(self, label: str) -> str:
        """A name that nothing else in the org has."""
        self._made += 1
        return f"contactbench {self.purpose} {self.resources.run_id} {self._made} {label}"[:64].rstrip()

    def contact_list(self, columns: LeadColumns, label: str = "") -> Flow[str]:
        """The id of a new contact list."""
        name = self.name(label)
        yield Save(Creating(CreatedResource(kind="contact_list", name=name)))
        list_id = yield from create_or_find(name, columns, SETTLE_S)
        yield Save(Created(CreatedResource(kind="contact_list", name=name, id=list_id)))
        return list_id

    async def tidy(self) -> None:
        """Remove everything that was made. Raises RunError for what could not be removed, once the rest is gone."""
        trouble: RunError | None = None
        for thing in read(self.resources.path).left:
            try:
                await self.run(remove(thing))
            except RunError as error:
                trouble = error
        if trouble is not None:
            raise trouble


@asynccontextmanager
async def open_lab(
    folder: Path,
    target: Target,
    credentials: Credentials,
    *,
    purpose: str,
    run_id: str,
    caps: RunCaps,
    seed: int = 1,
    concurrency: int = 8,
) -> AsyncIterator[Lab]:
    """A lab whose notes lie in `folder`. The requests that tidy up are outside the caps."""
    resources = ResourceLog(folder, target.api, run_id, target.org_id)
    async with open_driver(target, resources, folder / REQUESTS, concurrency, caps=caps) as driver:
        lab = Lab(
            purpose=purpose,
            resources=resources,
            target=target,
            credentials=credentials,
            driver=driver,
            session=Session(credentials, driver.context.now),
            rng=random.Random(seed),
        )
        try:
            yield lab
        finally:
            driver.context.caps = RunCaps(per_minute=caps.per_minute, last_minute=caps.last_minute)
            await lab.tidy()


def write_profile(to: Path, settings: Mapping[str, Any], source: str | Mapping[str, str]) -> None:
    """`settings` by dotted names; `source`: one of all of them, or one each."""
    sections: dict[str, list[str]] = {}
    for name, value in settings.items():
        section, key = _split(name)
        said = source if isinstance(source, str) else source[name]
        sections.setdefault(section, []).append(f"{key} = {{ value = {_toml(value)}, source = {_toml(said)} }}")
    text = 'extends = "default"\n'
    for section, lines in sorted(sections.items()):
        text += (f"\n[{section}]\n" if section else "\n") + "\n".join(lines) + "\n"
    with atomic_file(to) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _split(name: str) -> tuple[str, str]:
    """Section and key. The names of operations hold a dot themselves."""
    head, _, rest = name.partition(".")
    if head == "latency":
        op, _, key = rest.rpartition(".")
        return f'latency."{op}"', key
    if head == "rate" and rest.startswith("per_op."):
        return "rate.per_op", f'"{rest.removeprefix("per_op.")}"'
    return head, rest


def _toml(value: Any) -> str:
    """JSON's spelling of strings, numbers and booleans is TOML's too."""
    return msgspec.json.encode(value).decode()
