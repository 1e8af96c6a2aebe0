"""The parts of the experiment that are single requests: logins, POSTs of contacts, reads."""

from collections.abc import Sequence

from ... import api
from ...flow import Flow
from . import calibration_run
from .calibration_run import CalibrationRun, Post, posts_noted
from .fitting import op_samples
from .observations import MINUTE_S, PhaseEnded

LOGINS = 3
SHARE_OF_REQUESTS = 0.55  # for POSTs at once
SHARE_OF_TIME = 0.5
SHARE_OF_CONTACTS = 0.97  # of those that are left; what a rate limit refuses is sent again
FEW_AT_ONCE, EACH = (2, 4), 20  # in between one and all
READS = 20
ADD = "contacts.add"
LEAST_PILOT = 20  # answers of the pilot, to plan by


async def logins(bench: CalibrationRun) -> None:
    if bench.run_phase("logins"):
        for _ in range(LOGINS):
            await bench.lab.run(_one_read(), bench.lab.another_session())
        bench.observations.add(PhaseEnded("logins"))


async def pilot(bench: CalibrationRun) -> None:
    await _post_all(bench, "pilot", calibration_run.pilot_posts(), 1)


async def some_at_once(bench: CalibrationRun) -> None:
    for concurrency in FEW_AT_ONCE:
        await _post_all(bench, f"{concurrency} at once", [Post(1)] * EACH, concurrency)


async def all_at_once(bench: CalibrationRun, concurrency: int) -> None:
    """The sizes follow from what the pilot found."""
    piloted = op_samples(bench.observations, ADD, phases=("pilot",))
    if len(piloted.observed) < LEAST_PILOT:
        return
    found = piloted.fit()
    phase = f"{concurrency} at once, all sizes"
    done = posts_noted(bench.observations, phase)
    per_contact = found.per_contact_s + found.per_kib_s * _kib_a_contact(bench)
    bench.require(1, 1)
    contacts = round(bench.contacts_left * SHARE_OF_CONTACTS) + sum(post.contacts for post in done)
    posts = calibration_run.concurrent_posts(
        found.base_s, per_contact, contacts, _requests(bench, len(done)), bench.rng
    )
    await _post_all(bench, phase, posts, concurrency, ends=False)


async def reads(bench: CalibrationRun, concurrency: int) -> None:
    """Pages and sizes by search, lists by name: what everything else is like that has no entry of its own."""
    if bench.run_phase("reads"):
        await bench.lab.run_all([_one_read() for _ in range(READS)], 1)
        await bench.lab.run_all([_page(bench, 1) for _ in range(READS)], 1)
        await bench.lab.run_all([_page(bench, api.SEARCH_PAGE) for _ in range(READS)], 1)
        await bench.lab.run_all([_page(bench, 1) for _ in range(2 * READS)], concurrency)
        bench.observations.add(PhaseEnded("reads"))


async def _post_all(
    bench: CalibrationRun, phase: str, planned: Sequence[Post], concurrency: int, *, ends: bool = True
) -> None:
    """Those that were not answered yet. A part that does not end is planned again when there is more to spend."""
    if not bench.run_phase(phase):
        return
    left = calibration_run.remaining_posts(planned, posts_noted(bench.observations, phase))
    await bench.lab.run_all([bench.post(one) for one in left], concurrency)
    if ends:
        bench.observations.add(PhaseEnded(phase))


def _requests(bench: CalibrationRun, done: int) -> int:
    """For POSTs at once: a part of all, or of those that the rate limits let through in a part of the time."""
    most = round(bench.max_requests * SHARE_OF_REQUESTS)
    seconds = (bench.driver.ends_at - bench.driver.now()) * SHARE_OF_TIME
    if bench.per_minute is not None:
        most = min(most, int(bench.per_minute * seconds / MINUTE_S) + done)
    allowed = [one.allowed for one in bench.observations.seen if one.op == ADD and one.allowed is not None]
    if allowed and (window_s := bench.driver.inner.context.budget.window_s):
        most = min(most, int(min(allowed) * seconds / window_s) + done)
    return min(most, bench.requests_left + done)


def _kib_a_contact(bench: CalibrationRun) -> float:
    full = [
        one.kib / one.contacts
        for one in bench.observations.seen
        if one.op == ADD and one.contacts == calibration_run.FULL
    ]
    return full[0] if full else 0.0


def _one_read() -> Flow[None]:
    yield api.find_list("contactbench calibrate")


def _page(bench: CalibrationRun, size: int) -> Flow[None]:
    yield api.search_all(bench.normal, page_size=size)
