"""The experiments of a calibration: single requests are timed, imports and exports looked at often, to see when they
begin to show, how fast their counters go, and when they are over.

What a first, small job takes tells how often to look at the next, larger one: never more than some sixty looks a job.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ... import api
from ...flow import Flow, Wait, reply_to
from ...strategies.flows import stop
from . import calibration_run, job_fit
from .calibration_run import CalibrationRun, Post, posts_noted
from .fitting import op_samples
from .observations import MINUTE_S, JobObservation, PhaseEnded

LOOKERS = 8  # that look in turns
LOOKS = 40  # at a job whose time is known roughly
LEAST_STEP_S = 0.05
PILOT_STEP_S = 0.25
EARLY_S = 0.1  # before the moment when a job of the kind was seen that had not begun
PATIENCE_S = 180.0
ROOM = 60  # requests that a job should have free of the rate limit
SMALL_IMPORT, LONG_ENOUGH_S = 300, 0.8
LARGE_IMPORTS, ENOUGH_COUNTERS = 3, 4  # again, where the first was over before it was seen so often on its way
SHARE_OF_IMPORT = 0.2  # of the contacts, for one large import at the most
LARGE_ROWS, LARGE_NOTE_CHARS = 6, 110_000  # of a file of some 24 MiB; many csv readers take no longer values
LARGE_AT_ONCE = 2
LEAST_EXPORTS, MOST_EXPORTS = 3, 10  # of a small list and of the largest one each
FOR_TWO_EXPORTS = 4 * ROOM
FULL_LIST, NEAR = 750_000, 0.02  # rows, and how well the time of their export should be known
Look = Callable[[], Flow[None]]


@dataclass(slots=True)
class WatchedJob:
    """A job as the lookers share it."""

    kind: str
    name: str
    rows: int
    asked_at: float
    former: str = ""  # timestamp of the export that was there before
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Guess:
    """What is known of the kind of job. Times in seconds after it is asked for."""

    not_before_s: float  # when one was seen that had not begun
    unsure_s: float  # how long after that another was seen to have begun, or to be over
    rows_per_s: float  # 0: not known


async def imports(bench: CalibrationRun) -> None:
    """A small one, and one or more that are long enough to be seen on their way."""
    if not bench.run_phase("imports"):
        return
    guess = await _import(bench, "small", SMALL_IMPORT, guess=None)
    most = round(bench.max_contacts * SHARE_OF_IMPORT) - SMALL_IMPORT
    for number in range(LARGE_IMPORTS):
        rows = round(guess.rows_per_s * LONG_ENOUGH_S) or most
        rows = max(2 * SMALL_IMPORT, min(rows, most))
        guess = _quicker(guess, await _import(bench, f"large {number}", rows, guess=guess))
        if _counters(bench) >= ENOUGH_COUNTERS or 2 * rows > bench.contacts_left:
            break
    bench.observations.add(PhaseEnded("imports"))


def _counters(bench: CalibrationRun) -> int:
    """How often a large import was seen on its way."""
    seen = [one for one in bench.observations.looks if one.kind == "import" and one.state == "running"]
    return sum(one.rows > SMALL_IMPORT and 0 < one.completed < one.rows for one in seen)


async def small_uploads(bench: CalibrationRun) -> None:
    """Files of one row, one after the other: what an upload takes before its bytes count."""
    await _uploads(bench, "uploads", 1, 0, 1)


async def large_uploads(bench: CalibrationRun) -> None:
    """What a file's bytes cost, two at a time as for two lists. Their values are far too long for a contact, so that
    none comes of them."""
    await _uploads(bench, "large uploads", LARGE_ROWS, LARGE_NOTE_CHARS, LARGE_AT_ONCE)


async def _uploads(bench: CalibrationRun, phase: str, rows: int, note_chars: int, at_once: int) -> None:
    """A file into each of several lists; their imports are not awaited."""
    if not bench.run_phase(phase):
        return
    bench.require(ROOM, rows * len(bench.others))
    await bench.lab.run(_wait_for_rate(bench))
    path = bench.wide_file(rows, note_chars)
    try:
        await bench.lab.run_all([_into(list_id, path, rows) for list_id in bench.others], at_once)
    finally:
        path.unlink()
    bench.observations.add(PhaseEnded(phase))


def _into(list_id: str, path: Path, rows: int) -> Flow[None]:
    yield api.upload_csv(list_id, path, contact_id_column=None, rows=rows)


async def exports(bench: CalibrationRun) -> None:
    """Of a small list and of the largest one in turns, until their difference tells the speed."""
    if not bench.run_phase("exports"):
        return
    guesses: dict[str, Guess] = {}
    for number in range(MOST_EXPORTS):
        for which, list_id in (("wide", bench.wide), ("normal", bench.normal)):
            bench.require(ROOM)
            found = await _export(bench, f"{which} {number}", list_id, guesses.get(which))
            guesses[which] = _quicker(guesses.get(which), found)
        is_enough = number + 1 >= LEAST_EXPORTS and _is_known(bench)
        if is_enough or (number and bench.requests_left < FOR_TWO_EXPORTS):
            break
    bench.observations.add(PhaseEnded("exports"))


def _is_known(bench: CalibrationRun) -> bool:
    """Whether the export of a full list would not take much longer or shorter than it seems."""
    seen = job_fit.moments(bench.observations.looks, "export")
    line = job_fit.fit(seen)
    return line is not None and job_fit.error_s(seen, FULL_LIST) <= NEAR * line.at(FULL_LIST)


def _quicker(one: Guess | None, other: Guess) -> Guess:
    """The earlier guess: polling that begins too late observes nothing."""
    return other if one is None or other.not_before_s < one.not_before_s else one


async def _import(bench: CalibrationRun, label: str, rows: int, *, guess: Guess | None) -> Guess:
    await _upload(bench, bench.normal, rows)
    bench.sizes[bench.normal] += rows
    job = WatchedJob("import", label, rows, bench.driver.now())
    return await _watch(bench, job, lambda: _import_look(bench, job, bench.normal), guess)


async def _upload(bench: CalibrationRun, list_id: str, rows: int) -> None:
    bench.require(ROOM, rows)
    await bench.lab.run(_wait_for_rate(bench))
    path = bench.lead_file(rows)
    try:
        reply = await bench.lab.run(reply_to(api.upload_csv(list_id, path, contact_id_column=None, rows=rows)))
    finally:
        path.unlink()
    if not reply.ok:
        raise stop("import.upload", list_id, reply)


async def _export(bench: CalibrationRun, label: str, list_id: str, guess: Guess | None) -> Guess:
    await bench.lab.run(_wait_for_rate(bench))
    former = api.export_of(await bench.lab.run(reply_to(api.get_export(list_id))))
    reply = await bench.lab.run(reply_to(api.start_export(list_id)))
    if not reply.ok:
        raise stop("export.create", list_id, reply)
    job = WatchedJob("export", label, bench.sizes[list_id], bench.driver.now(), former.timestamp if former else "")
    found = await _watch(bench, job, lambda: _export_look(bench, job, list_id), guess)
    await bench.lab.run(_download(bench, list_id))
    return found


async def _watch(bench: CalibrationRun, job: WatchedJob, look: Look, guess: Guess | None) -> Guess:
    """Look at the job until it is over, at first seldom, then more and more often."""
    if guess is None:
        await bench.lab.run(_looking(bench, job, look, 0.0, None))
    else:
        unsure = guess.unsure_s + (job.rows / guess.rows_per_s if guess.rows_per_s else 0.0)
        begin, step = max(0.0, 0.98 * guess.not_before_s - EARLY_S), max(LEAST_STEP_S, unsure / LOOKS)
        flows = [_looking(bench, job, look, begin + n * step, step * LOOKERS) for n in range(LOOKERS)]
        await bench.lab.run_all(flows, LOOKERS)
    return _guess([one for one in bench.observations.looks if (one.kind, one.job) == (job.kind, job.name)])


def _looking(bench: CalibrationRun, job: WatchedJob, look: Look, begin: float, step: float | None) -> Flow[None]:
    """Until the job is over. Without a step the pauses grow with the time that has passed."""
    if begin > 0:
        yield Wait(begin, "poll")
    while not job.is_over:
        looked_at = bench.driver.now()
        yield from look()
        waited = bench.driver.now() - job.asked_at
        if waited > PATIENCE_S or bench.requests_left < LOOKERS:
            return
        if not job.is_over:
            pause = max(step or PILOT_STEP_S, (waited - begin) / 20)
            took = bench.driver.now() - looked_at if step else 0.0
            yield Wait(max(LEAST_STEP_S, pause - took), "poll")


def _import_look(bench: CalibrationRun, job: WatchedJob, list_id: str) -> Flow[None]:
    reply = yield api.import_status(list_id)
    if not reply.ok:
        return
    shown, body = api.import_progress(reply), api.decode_body(reply)
    if body.get("totalRecords") not in (None, job.rows):
        return  # it is the list's former import that is shown
    job.is_over = job.is_over or shown.has_finished or shown.has_failed
    state = "over" if shown.has_finished else "waiting" if shown.state is None else "running"
    _note(bench, job, state, int(body.get("completedRecords") or 0))


def _export_look(bench: CalibrationRun, job: WatchedJob, list_id: str) -> Flow[None]:
    reply = yield api.get_export(list_id)
    found = api.export_of(reply)
    is_there = found is not None and found.timestamp != job.former
    job.is_over = job.is_over or is_there
    _note(bench, job, "over" if is_there else "waiting")


def _note(bench: CalibrationRun, job: WatchedJob, state: str, completed: int = 0) -> None:
    at = round(bench.driver.now(), 6)
    bench.observations.add(
        JobObservation(
            kind=job.kind, job=job.name, rows=job.rows, asked_at=job.asked_at, at=at, state=state, completed=completed
        )
    )


def _guess(looks: Sequence[JobObservation]) -> Guess:
    """Delay and speed, roughly: enough to plan the next job by."""
    running = [one for one in looks if one.state == "running"]
    waiting = [one.at - one.asked_at for one in looks if one.state == "waiting"]
    shown = [one.at - one.asked_at for one in looks if one.state != "waiting"]
    begins, first = max([0.0, *waiting]), min(shown, default=0.0)
    rate = 0.0
    if len(running) > 1 and running[-1].completed > running[0].completed:
        rate = (running[-1].completed - running[0].completed) / (running[-1].at - running[0].at)
    return Guess(begins, max(0.0, first - begins), rate)


def _wait_for_rate(bench: CalibrationRun) -> Flow[None]:
    seconds = bench.driver.rate_wait_s(ROOM, bench.per_minute)
    if seconds > 0:
        yield Wait(seconds, "hold")


def _download(bench: CalibrationRun, list_id: str) -> Flow[None]:
    """The file, for its time alone: it holds nothing but invented leads, and goes at once."""
    found = api.export_of((yield api.get_export(list_id)))
    if found is None:
        return
    hop = yield api.download(found.uri, list_id)
    if 300 <= hop.status < 400:
        to = bench.folder / "export.csv"
        yield api.download_file(hop.headers["location"], list_id, to)
        to.unlink(missing_ok=True)


# Single requests: logins, POSTs of contacts, reads.


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
