"""The rate limit, as the headers of answers tell of it."""

from collections.abc import Mapping

from ... import api
from ...flow import Flow, Wait
from .checks import COLUMNS, Finding, Probe
from .csv_jobs import write_csv

LATER_S = 5.0  # after the first request of a window


def window(probe: Probe) -> Flow[list[Finding]]:
    """Its length and kind: one request at its start, one later, one when it has just ended.

    A fixed window has forgotten both by then, a sliding one the first alone.
    """
    told = yield from _rate_headers(probe)
    if told is None:
        return [probe.finding("How many requests are allowed?", "no header tells", {"rate.requests_per_window": 0})]
    yield Wait(told["reset"] + 1.0, "poll")
    while (told := (yield from _rate_headers(probe)) or {})["count"] > 1:
        yield Wait(1.0, "poll")
    allowed, length = told["allowed"], told["reset"] - 1
    began = probe.lab.session.now()
    yield Wait(LATER_S, "poll")
    yield from _rate_headers(probe)
    yield Wait(max(0.0, began + length + 1.0 - probe.lab.session.now()), "poll")
    after = (yield from _rate_headers(probe)) or {}
    kind = "fixed" if after["count"] == 1 else "sliding"
    settings = {"rate.requests_per_window": allowed, "rate.window_s": float(length), "rate.window": kind}
    return [probe.finding("How many requests are allowed?", f"{allowed} in a {kind} window of {length} s", settings)]


def scope(probe: Probe) -> Flow[list[Finding]]:
    """Whether a second token of the same OAuth client has a count of its own."""
    question = "Whose is the limit?"
    first = yield from _rate_headers(probe)
    if first is None:
        return []
    for _ in range(5):
        first = (yield from _rate_headers(probe)) or first
    probe.lab.session.token = None  # the next request fetches another one
    second = (yield from _rate_headers(probe)) or {}
    own = second["count"] < first["count"]
    told = "a token's: a second one counts from 1" if own else "the OAuth client's: a second token counts on"
    return [probe.finding(question, told, {"rate.scope": "token" if own else "client"})]


def uploads(probe: Probe) -> Flow[list[Finding]]:
    """Whether an upload, which goes to another host, counts."""
    list_id = yield from probe.new_list()
    before = yield from _rate_headers(probe)
    if before is None:
        return []
    path = write_csv(probe, list_id, [tuple("x" for _ in COLUMNS.names)])
    yield from probe.send(api.upload_csv(list_id, path, contact_id_column=None, rows=1))
    path.unlink()
    after = (yield from _rate_headers(probe)) or {}
    counts = after["count"] - before["count"] == 2
    return [probe.finding("Does an upload count?", "yes" if counts else "no", {"rate.counts_uploads": counts})]


def _rate_headers(probe: Probe) -> Flow[Mapping[str, int] | None]:
    """Count, allowed and reset after one more request; None where the headers are not there."""
    reply = yield from probe.send(api.find_list("contactbench probe"))
    values = {key: reply.headers.get(f"inin-ratelimit-{key}", "") for key in ("count", "allowed", "reset")}
    return {key: int(value) for key, value in values.items()} if all(map(str.isdigit, values.values())) else None
