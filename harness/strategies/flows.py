"""Parts of flows: an answer or the error that ends the run, and polling."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from ..api import BadResponse, Refusal
from ..client.retry import outcome
from ..errors import GaveUp, Refused, RunError, SafetyStop
from ..flow import Call, Flow, Reply, T, Wait
from .job import Settings

MOST_REFUSED = 200  # leads of a run: past this it is the list or the columns that do not fit, not the leads
CONTACT_ID = re.compile(r"[A-Za-z0-9._-]+")  # Assumption: what any org takes, as seen in samples
ADVICE = {
    "contact.list.not.found": ("LIST_GONE", "the contact list is gone; its leads have no contacts any more"),
    "missing.permissions": ("FORBIDDEN", "give the OAuth client this permission and run the same command again"),
    "missing.any.permissions": (
        "FORBIDDEN",
        "give the OAuth client one of these permissions and run the command again",
    ),
    "not.authorized": ("FORBIDDEN", "give the OAuth client access to outbound contact lists and run the command again"),
    "invalid.contact.columns": ("COLUMN_MISMATCH", "the list has other columns than the leads"),
    "invalid.contact.id": (
        "BAD_CONTACT_ID",
        "a Lead ID is not accepted as a contact id; use a strategy without own ids",
    ),
    "request.entity.too.large": ("BODY_TOO_LARGE", "the platform takes smaller bodies; lower --body-bytes"),
    "too.many.contacts.added": ("BATCH_TOO_LARGE", "the platform takes smaller batches; lower --batch-size"),
    "max.entity.count.reached": ("ORG_CAP", "the org has as many contact lists as it may; remove some"),
    "contact.list.limit.exceeded": ("LIST_CAP", "the list is full; plan more lists with --contacts-per-list"),
    "organization.contact.limit.exceeded": ("ORG_CAP", "the org is full; clear or delete old lists first"),
}


def left_out(lead_ids: Sequence[str], mapped: int) -> Refused | None:
    """What to tell where imports with own ids left so many leads out that it is the ids that do not fit."""
    if len(lead_ids) <= (max(MOST_REFUSED, mapped) if mapped else 0):
        return None
    advice = "the org's event log tells of rows; correct the input, then give it to a new run"
    if not all(map(CONTACT_ID.fullmatch, lead_ids)):
        reason = "the likely reason: Lead IDs hold spaces or other signs that ids of contacts may not have"
        advice = f"{reason}; give the leads to a new run with csv-import-export, which takes any"
    counts = f"op=import.upload: {len(lead_ids):,} of {len(lead_ids) + mapped:,} leads left out, no reason given"
    return Refused("TOO_MANY_REFUSED", f"{counts}; {advice}.")


def stop(op: str, list_id: str, reply: Reply, place: str = "") -> RunError:
    """The error that ends the run when `reply` is a no, or still no answer after every repeat."""
    refusal = Refusal(reply)
    where = f"op={op} list={list_id}{' ' + place if place else ''} {refusal}"
    if reply.ok:
        return GaveUp("BAD_RESPONSE", f"{where} ; an answer that does not hold what it should; run again later")
    if 300 <= reply.status < 400:
        return SafetyStop("REDIRECT_REFUSED", f"{where} ; what was sent is not sent to another address")
    if outcome(reply) != "answered":
        return GaveUp("SERVER_ERROR", f"{where} ; no clear answer after every repeat; run the same command again later")
    code, advice = ADVICE.get(refusal.code, ("REFUSED", "the platform refuses this call"))
    if code == "BODY_TOO_LARGE" and op == "import.upload":
        advice = "the platform takes smaller files; spread the leads over more with --lists"
    return Refused(code, f"{where} {refusal.message} ; {advice}")


def answer_of(call: Call, reader: Callable[[Reply], T], subject: str = "", place: str = "") -> Flow[T]:
    """What `reader` finds in the reply to `call`. Raises RunError for a refusal or an unusable answer.

    `subject`: what the error names, if not the call's contact list.
    """
    reply = yield call
    try:
        return reader(reply)
    except (Refusal, BadResponse):
        raise stop(call.op, subject or call.contact_list_id, reply, place) from None


def poll_until(look: Callable[[], Flow[T]], is_done: Callable[[T], bool], pauses: Iterable[float]) -> Flow[T]:
    """The first answer of `look` that `is_done`; else the last one, with each of `pauses` between two looks."""
    found = yield from look()
    for pause in pauses:
        if is_done(found):
            break
        yield Wait(pause, "poll")
        found = yield from look()
    return found


def stable_answer(
    look: Callable[[], Flow[T]],
    pause_s: float,
    is_done: Callable[[T], bool] = lambda _: False,
    why: Literal["poll", "quiet"] = "poll",
) -> Flow[T]:
    """The first answer of `look` that `is_done`, or that equals the one before."""
    found = yield from look()
    while not is_done(found):
        yield Wait(pause_s, why)
        before, found = found, (yield from look())
        if found == before:
            break
    return found


GROWTH = 1.5


def intervals(settings: Settings) -> Iterator[float]:
    """Seconds between polls of a job, without end: short at first, since small jobs are quick, then steady."""
    pause = settings.poll_initial_s
    while True:
        yield pause
        pause = min(settings.poll_cap_s, pause * GROWTH)


def within(pauses: Iterable[float], patience_s: float) -> Iterator[float]:
    """`pauses` until they add up to more than `patience_s`."""
    waited = 0.0
    for pause in pauses:
        if waited > patience_s:
            return
        waited += pause
        yield pause
