"""Logins, and what the OAuth client may do."""

import math
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from ..flow import Call, Reply
from ..wording import server_text
from .answers import BadResponse, EntityId, Refusal, decode_body


def token(client_id: str, client_secret: str) -> Call:
    basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return Call(
        op="oauth.token",
        method="POST",
        url="/oauth/token",
        host="login",
        headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        body=b"grant_type=client_credentials",
        bearer=False,
        idempotent=True,
        timeout_s=30.0,
    )


def own_grants() -> Call:
    """What the roles of the token's client permit. Assumption: a client may ask it as a user may."""
    url, query = "/api/v2/authorization/subjects/me", (("includeFullRoles", "true"),)
    return Call(op="subjects.me", method="GET", url=url, query=query, idempotent=True, timeout_s=30.0)


def own_organization() -> Call:
    """Which org the token is of. Source: official CLI 166.0.0; no permission is named there."""
    url = "/api/v2/organizations/me"
    return Call(op="organizations.me", method="GET", url=url, idempotent=True, timeout_s=30.0)


class OwnOrganization(msgspec.Struct):
    id: EntityId
    name: str = ""


def organization(reply: Reply) -> OwnOrganization:
    found: OwnOrganization = decode_body(reply, OwnOrganization)
    return OwnOrganization(found.id, server_text(found.name))


class _Policy(msgspec.Struct, rename="camel"):
    domain: str = ""
    entity_name: str = ""
    actions: list[str] = []


class _Role(msgspec.Struct):
    policies: list[_Policy] = []


class _Grant(msgspec.Struct):
    role: _Role = msgspec.field(default_factory=_Role)


class _Subject(msgspec.Struct):
    grants: list[_Grant] = []


@dataclass(frozen=True, slots=True)
class Permissions:
    policies: Sequence[tuple[str, str, str]]  # domain, entity, action, in lower case; "*" is any

    def permit(self, name: str) -> bool:
        """Whether one of them covers `name`, "domain:entity:action". Assumption: letter case does not matter."""
        parts = name.lower().split(":")
        return any(all(given in ("*", part) for given, part in zip(each, parts, strict=True)) for each in self.policies)


def permissions_of(reply: Reply) -> Permissions:
    """Source: SDK 269.0.0 models/authz_grant_policy.py. Conditions and divisions of a policy are not looked at."""
    subject: _Subject = decode_body(reply, _Subject)
    policies = [policy for grant in subject.grants for policy in grant.role.policies]
    if not policies:
        raise BadResponse("roles that do not say what they permit")
    return Permissions([(p.domain.lower(), p.entity_name.lower(), a.lower()) for p in policies for a in p.actions])


LONGEST_LIFETIME_S = 1e9


def token_lifetime_s(reply: Reply) -> float:
    """Seconds; without end where none are told."""
    told = decode_body(reply).get("expires_in")
    return float(told) if isinstance(told, int | float) and 0 < told < LONGEST_LIFETIME_S else math.inf


def access_token(reply: Reply) -> str:
    value = decode_body(reply).get("access_token")
    if not isinstance(value, str) or not value:
        raise BadResponse("no access_token")
    return value


# Whether a contact list is being dialled.


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
        listing: _Campaigns = decode_body(reply, _Campaigns)
    except (Refusal, BadResponse):
        return None
    return [server_text(each.name) for each in listing.entities]


def list_of(call: Call) -> str:
    """The id of the contact list that a call is about; "" if it is about none."""
    found = _LIST_ID.search(call.url)
    return call.contact_list_id or (found[1] if found else "")
