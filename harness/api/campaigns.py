"""Whether a contact list is being dialled."""

import re
from collections.abc import Iterator

import msgspec

from ..flow import Call, Reply
from .answers import BadResponse, Refusal, decoded

# Operation -> path. Source: SDK 269.0.0 outbound_api.py, get_outbound_campaigns and get_outbound_messagingcampaigns.
CAMPAIGNS = {
    "campaigns.list": "/api/v2/outbound/campaigns",
    "messaging_campaigns.list": "/api/v2/outbound/messagingcampaigns",
}
_LIST_ID = re.compile(r"/contactlists/([^/?]+)")


def find_campaigns(list_id: str) -> Iterator[Call]:
    """Of every kind those that use the list: one is enough to know."""
    query = (("contactListId", list_id), ("pageSize", "5"))
    for op, url in CAMPAIGNS.items():
        yield Call(op=op, method="GET", url=url, query=query, idempotent=True, contact_list_id=list_id)


class _Campaign(msgspec.Struct):
    name: str = ""


class _Campaigns(msgspec.Struct):
    entities: list[_Campaign]


def campaigns(reply: Reply) -> list[str] | None:
    """The names of those that are there; None where the answer does not tell."""
    try:
        listing: _Campaigns = decoded(reply, _Campaigns)
    except (Refusal, BadResponse):
        return None
    return [each.name for each in listing.entities]


def list_of(call: Call) -> str:
    """The id of the contact list that a call is about; "" if it is about none."""
    found = _LIST_ID.search(call.url)
    return call.contact_list_id or (found[1] if found else "")
