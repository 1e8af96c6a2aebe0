"""Logins, bulk jobs and DNC lists."""

from typing import Any

from ... import api
from ...flow import Call, Flow, Reply, Save
from ...runs.created_resources import Created, CreatedResource, Creating
from .checks import LEAD_ID, NUMBER, Finding, Probe, lead

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
