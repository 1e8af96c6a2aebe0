"""POSTs of many contacts: how many, how large, in which order, and what one bad contact does to the others."""

import re

from ... import api
from ...flow import Flow, Reply
from .checks import LEAD_ID, Finding, Probe, bodies, lead

FAR_TOO_LONG = "x" * 20_000  # for any cell
MANY = 1001
MOST_BYTES = 4_000_000
_NUMBER = re.compile(r"(\d[\d,.]*)")


def answer_order(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    reply = yield from probe.add(list_id, *(lead(number) for number in range(20)))
    echoed = [one["data"][LEAD_ID] for one in bodies(reply)]
    same = echoed == [f"probe-{number}" for number in range(20)]
    told = "the order of the request" if same else "another order"
    return [
        probe.finding(
            "In which order are contacts answered?", told, {"semantics.answer_order": "request" if same else "shuffled"}
        )
    ]


def one_bad_contact(probe: Probe) -> Flow[list[Finding]]:
    """Two good ones, a bad one, two good ones."""
    list_id = yield from probe.new_list()
    contacts = [lead(number, FAR_TOO_LONG if number == 2 else "note") for number in range(5)]
    reply = yield from probe.add(list_id, *contacts)
    size = yield from probe.size(list_id)
    question = "What does one bad contact do to its batch?"
    if reply.ok:
        return [probe.finding(question, f"{size} of 5 are stored, and the answer is {reply.status}")]
    told = f"{reply.status}, and {size} of 5 are stored"
    return [probe.finding(question, told, {"semantics.bad_batch": "partial" if size else "reject"})]


def contacts_per_post(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    reply = yield from probe.add(list_id, *(lead(number) for number in range(MANY)))
    return [_limit(probe, reply, "How many contacts may a POST hold?", "limits.contacts_per_post", MANY)]


def contacts_per_bulk_get(probe: Probe) -> Flow[list[Finding]]:
    list_id = yield from probe.new_list()
    ids = [f"probe-{number}" for number in range(MANY)]
    reply = yield from probe.ask("contacts.bulk", "POST", f"{api.LISTS}/{list_id}/contacts/bulk", ids)
    return [_limit(probe, reply, "How many contacts may a bulk get name?", "limits.contacts_per_bulk_get", MANY)]


def contacts_per_delete(probe: Probe) -> Flow[list[Finding]]:
    list_id, count = (yield from probe.new_list()), 500
    query = {"contactIds": ",".join(f"p{number}" for number in range(count))}
    reply = yield from probe.ask("contacts.delete_many", "DELETE", f"{api.LISTS}/{list_id}/contacts", query=query)
    return [_limit(probe, reply, "How many contacts may one DELETE name?", "limits.contacts_per_delete", count)]


def body_bytes(probe: Probe) -> Flow[list[Finding]]:
    """An empty batch with white space behind it: what is too large is refused before it is read."""
    list_id = yield from probe.new_list()
    reply = yield from _post_padded(probe, list_id, MOST_BYTES)
    question, setting = "How many bytes may a body have?", "limits.request_body_bytes"
    if reply.status != 413:
        return [probe.finding(question, f"{MOST_BYTES:,} and perhaps more")]
    if told := _limit_in_refusal(reply):
        return [probe.finding(question, f"{told:,}, says the refusal", {setting: told})]
    least, most = 100_000, MOST_BYTES
    while most - least > least // 100:
        middle = (least + most) // 2
        refused = (yield from _post_padded(probe, list_id, middle)).status == 413
        least, most = (least, middle) if refused else (middle, most)
    return [probe.finding(question, f"between {least:,} and {most:,}", {setting: least})]


def _post_padded(probe: Probe, list_id: str, size: int) -> Flow[Reply]:
    return probe.ask("contacts.add", "POST", f"{api.LISTS}/{list_id}/contacts", b"[]".ljust(size))


def _limit(probe: Probe, reply: Reply, question: str, setting: str, tried: int) -> Finding:
    if reply.ok:
        return probe.finding(question, f"{tried:,} and perhaps more")
    if told := _limit_in_refusal(reply):
        return probe.finding(question, f"{told:,}, says the refusal", {setting: told})
    return probe.finding(question, f"fewer than {tried:,}: {reply.status} {api.Refusal(reply).code}")


def _limit_in_refusal(reply: Reply) -> int | None:
    """The limit that a refusal names: the last number of its sentence; the one before may be what was sent."""
    numbers = _NUMBER.findall(api.Refusal(reply).message)
    return int(re.sub(r"\D", "", numbers[-1])) if numbers else None
