"""The platform around contacts: logins, rate limits as the headers of answers show them, bulk jobs and DNC lists."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ... import api
from ...flow import Call, Flow, Reply, Save, Wait
from ...runs.created_resources import Created, CreatedResource, Creating
from .checks import COLUMNS, LEAD_ID, NUMBER, Finding, Probe, lead
from .csv_jobs import write_csv

PAST = "2020-01-01T00:00Z"


def form_credentials(probe: Probe) -> Flow[list[Finding]]:
    """The OAuth client's id and secret as form fields, without a Basic header."""
    known = probe.lab.credentials
    usual = api.token(known.client_id, known.client_secret)
    headers = {key: value for key, value in usual.headers.items() if key != "Authorization"}
    body = f"grant_type=client_credentials&client_id={known.client_id}&client_secret={known.client_secret}"
    call = Call(
        op=usual.op, method="POST", url=usual.url, host="login", headers=headers, body=body.encode(), bearer=False,
        idempotent=True,
    )  # fmt: skip
    reply = yield from probe.send(call)
    told = "yes" if reply.ok else f"no: {reply.status}"
    return [probe.finding("May a login have its secret in the form?", told, {"semantics.form_credentials": reply.ok})]


def query_logins(probe: Probe) -> Flow[list[Finding]]:
    """The grant in the query, and no body."""
    usual = api.token(probe.lab.credentials.client_id, probe.lab.credentials.client_secret)
    headers = {key: value for key, value in usual.headers.items() if key == "Authorization"}
    query = (("grant_type", "client_credentials"),)
    reply = yield from probe.send(replace(usual, headers=headers, body=None, query=query))
    told = "yes" if reply.ok else f"no: {reply.status}"
    return [probe.finding("May a login have its grant in the query?", told, {"semantics.query_logins": reply.ok})]


def token_lifetime(probe: Probe) -> Flow[list[Finding]]:
    known = probe.lab.credentials
    lifetime = api.token_lifetime_s((yield from probe.send(api.token(known.client_id, known.client_secret))))
    settings = {"tokens.lifetime_s": int(lifetime)} if lifetime < float("inf") else {}
    return [probe.finding("How long does a token live?", f"{lifetime:.0f} s", settings)]


def bulk_jobs(probe: Probe) -> Flow[list[Finding]]:
    """How the start of a job is answered that removes one contact of our own."""
    list_id = yield from probe.new_list()
    yield from probe.add(list_id, lead(1))
    yield from probe.size(list_id)
    path, body = (
        f"{api.LISTS}/{list_id}/contacts/bulk/remove",
        {"criteria": _everything(), "generateDownloadURI": False},
    )
    reply = yield from probe.ask("contacts.bulk_remove", "POST", path, body, repeatable=False)
    settings = {"semantics.bulk_job_status": reply.status} if reply.status in (200, 202) else {}
    return [probe.finding("How is the start of a bulk job answered?", str(reply.status), settings)]


def _everything() -> dict[str, Any]:
    predicate = {"column": LEAD_ID, "columnType": "alphabetic", "operator": "EQUALS", "value": "probe-1"}
    return {"filterType": "AND", "clauses": [{"filterType": "AND", "predicates": [predicate]}]}


def dnc(probe: Probe) -> Flow[list[Finding]]:
    """A DNC list with one fictional number: added, added with an expiration in the past, removed."""
    list_id = yield from _dnc_list(probe)
    numbers = f"{api.DNC_LISTS}/{list_id}/phonenumbers"
    added = yield from probe.ask("dnc.phones_add", "POST", numbers, [f"{NUMBER}01"])
    settings: dict[str, Any] = {"semantics.dnc_post_status": added.status} if added.status in (200, 204) else {}
    seen = [probe.finding("How is a number added to a DNC list answered?", str(added.status), settings)]
    body = {"action": "Add", "phoneNumbers": [f"{NUMBER}02"], "expirationDateTime": PAST}
    past = yield from probe.ask("dnc.phones_change", "PATCH", numbers, body)
    told = "accept" if past.ok else "reject"
    seen.append(probe.finding("May an expiration lie in the past?", told, {"semantics.dnc_past_expiration": told}))
    empty = yield from probe.ask("dnc.phones_change", "PATCH", numbers, body | {"expirationDateTime": ""})
    told = "none" if empty.ok else "reject"
    seen.append(probe.finding('What is "" as an expiration?', told, {"semantics.dnc_empty_expiration": told}))
    removed = yield from probe.ask("dnc.phones_clear", "DELETE", numbers)
    told = "refuse" if removed.status == 501 else "allow" if removed.ok else ""
    settings = {"semantics.dnc_delete_entries": told} if told else {}
    return [*seen, probe.finding("Can the entries of a DNC list be removed?", str(removed.status), settings)]


def _dnc_list(probe: Probe) -> Flow[str]:
    name = probe.lab.name("")
    yield Save(Creating(CreatedResource(kind="dnc_list", name=name)))
    body = {"name": name, "dncSourceType": "rds", "contactMethod": "Phone"}
    reply: Reply = yield from probe.ask("dnc.create", "POST", api.DNC_LISTS, body, repeatable=False)
    list_id = api.created_list_id(reply)
    yield Save(Created(CreatedResource(kind="dnc_list", name=name, id=list_id)))
    return list_id


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
