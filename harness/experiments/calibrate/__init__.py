"""`contactbench calibrate`: measure an org with a few thousand contacts, and write the profile that behaves like it.

A designed experiment under caps (`timed_experiments`), every request recorded (`observations`), fits to the
observations (`fitting`), and the profile with its replicates (`results`), which `estimate` and the mock take.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ... import experiments
from ...client.oauth import Credentials
from ...client.org_safety import RunCaps
from ...client.target import Target
from ...errors import SafetyStop
from ...files.atomic import own_folder
from . import timed_experiments
from .calibration_run import CalibrationRun
from .fitting import fit_all
from .observations import Observations, RecordingDriver
from .results import write_results

ENOUGH = 20  # answered POSTs: with fewer there is nothing to fit


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationOrder:
    target: Target
    credentials: Credentials
    folder: Path
    run_id: str
    date: str  # for the profile's sources
    to: Path
    max_contacts: int = 25_000
    max_requests: int = 2_500
    max_minutes: float = 15.0
    per_minute: int | None = 300
    concurrency: int = 8
    seed: int = 1


async def calibrate(order: CalibrationOrder, tell: Callable[[str], None]) -> dict[str, Any]:
    """The document; the profile and the calibration are written, the org is left as it was. Raises RunError."""
    own_folder(order.folder)
    observations = Observations.of(order.folder)
    notices = await _run_experiment(order, observations, tell)
    answered = sum(one.op == "contacts.add" and one.status == 200 for one in observations.seen)
    if answered < ENOUGH:
        raise SafetyStop(
            "TOO_FEW_SAMPLES",
            f"{answered} POSTs of contacts were answered, {ENOUGH} are needed; {' '.join(notices)} Raise the caps,"
            " then run the same command again: it goes on.",
        )
    return write_results(
        order.to, order.folder, fit_all(observations, order.seed), observations, order.target.api, order.date, notices
    )


async def _run_experiment(
    order: CalibrationOrder, observations: Observations, tell: Callable[[str], None]
) -> list[str]:
    """Do what is still to be done, as far as the caps let it; what a person should know of that."""
    caps = RunCaps(
        requests=max(0, order.max_requests - len(observations.seen)),
        contacts=max(0, order.max_contacts - observations.contacts),
        per_minute=order.per_minute,
    )
    notices: list[str] = []
    async with experiments.open_lab(
        order.folder,
        order.target,
        order.credentials,
        purpose="calibrate",
        run_id=order.run_id,
        caps=caps,
        seed=order.seed,
        concurrency=max(order.concurrency, timed_experiments.LOOKERS),
    ) as opened:
        context = opened.driver.context  # type: ignore[attr-defined]  # the lab's driver is the one that sends
        watching = RecordingDriver(opened.driver, observations, order.max_minutes * 60.0)  # type: ignore[arg-type]
        plain, opened.driver = opened.driver, watching
        bench = CalibrationRun(
            lab=opened,
            driver=watching,
            observations=observations,
            rng=random.Random(order.seed),
            per_minute=order.per_minute,
            max_requests=order.max_requests,
            max_contacts=order.max_contacts,
            tell=tell,
        )
        try:
            for part in _parts(bench, order.concurrency):
                notices += await _run_part(part, tell)
        finally:
            opened.driver = plain
        notices += context.notices
    return list(dict.fromkeys(notices))


async def _run_part(part: Callable[[], Awaitable[None]], tell: Callable[[str], None]) -> list[str]:
    """Do one part; a cap ends it, and the next may still find room. What a person should know of it."""
    try:
        await part()
    except SafetyStop as stop:
        if stop.code not in ("RUN_CAP", "TIME_CAP"):
            raise
        tell(str(stop))
        return [str(stop)]
    return []


def _parts(bench: CalibrationRun, concurrency: int) -> list[Callable[[], Awaitable[None]]]:
    async def lists() -> None:
        bench.driver.phase = "lists"
        await bench.lab.run(bench.lists())

    return [
        lists,
        lambda: timed_experiments.logins(bench),
        lambda: timed_experiments.small_uploads(bench),
        lambda: timed_experiments.pilot(bench),
        lambda: timed_experiments.imports(bench),
        lambda: timed_experiments.large_uploads(bench),
        lambda: timed_experiments.some_at_once(bench),
        lambda: timed_experiments.all_at_once(bench, concurrency),
        lambda: timed_experiments.reads(bench, concurrency),
        lambda: timed_experiments.exports(bench),
    ]
