"""Tokens, the org, its divisions and limits, and notifications."""

from typing import Literal

from msgspec import UNSET, field
from msgspec import UnsetType as Unset

from .shapes import Answered, Count, DomainEntityRef, Listing, Moment, Sent, ServersOwn


class OAuthToken(Answered, frozen=True, kw_only=True, rename=None):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: Count


class Health(Answered, frozen=True, kw_only=True):
    status: Literal["ok"]


class Organization(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    domain: str
    state: Literal["active"]
    self_uri: str


class NamedEntity(Answered, frozen=True, kw_only=True):
    id: str
    name: str | Unset = UNSET


class TokenClient(Answered, frozen=True, kw_only=True):
    id: str
    organization: NamedEntity


class TokenInfo(Answered, frozen=True, kw_only=True):
    organization: NamedEntity
    home_organization: NamedEntity
    oauth_client: TokenClient = field(name="OAuthClient")


class AuthzDivision(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    home_division: bool
    self_uri: str


class GrantedPolicy(Answered, frozen=True, kw_only=True):
    domain: str
    entity_name: str
    actions: list[str]


class GrantedRole(Answered, frozen=True, kw_only=True):
    """`policies` are there if the full role was asked for."""

    id: str
    name: str
    policies: list[GrantedPolicy] | Unset = UNSET
    self_uri: str


class AuthzGrant(Answered, frozen=True, kw_only=True):
    subject_id: str
    division: DomainEntityRef
    role: GrantedRole


class AuthzSubject(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    grants: list[AuthzGrant]
    version: Count
    self_uri: str


class CountedDivision(AuthzDivision, frozen=True, kw_only=True):
    """`objectCounts` is there if it was asked for."""

    object_counts: dict[str, Count] | Unset = UNSET


class AuthzDivisionListing(Listing, frozen=True, kw_only=True):
    entities: list[CountedDivision]


class LimitNamespaceListing(Listing, frozen=True, kw_only=True):
    entities: list[str]


class Limit(Answered, frozen=True, kw_only=True):
    key: str
    namespace: str
    value: Count


class LimitListing(Answered, frozen=True, kw_only=True):
    entities: list[Limit]


class LimitDocs(Answered, frozen=True, kw_only=True):
    key: str
    default_value: Count
    description: str
    configurable: bool
    trackable: bool


class NamespaceDocs(Answered, frozen=True, kw_only=True):
    name: str
    friendly_name: str
    limits: list[LimitDocs]


class LimitDocumentation(Answered, frozen=True, kw_only=True):
    url: str
    namespaces: list[NamespaceDocs]


class Channel(Answered, frozen=True, kw_only=True):
    """Of another token's channel, only when it ends."""

    connect_uri: str | Unset = UNSET
    id: str | Unset = UNSET
    expires: Moment


class ChannelListing(Answered, frozen=True, kw_only=True):
    entities: list[Channel]


class SentTopic(Sent, frozen=True, kw_only=True):
    id: str
    state: ServersOwn = None
    rejection_reason: ServersOwn = None
    missing_permissions: ServersOwn = None
    self_uri: ServersOwn = None


class ChannelTopic(Answered, frozen=True, kw_only=True):
    id: str
    state: Literal["Permitted", "Rejected"]
    rejection_reason: str | Unset = UNSET
    missing_permissions: list[str] | Unset = UNSET
    self_uri: str


class ChannelTopicListing(Answered, frozen=True, kw_only=True):
    entities: list[ChannelTopic]


class PermissionDetail(Answered, frozen=True, kw_only=True):
    type: Literal["permission"]
    permissions: list[str]
    allows_current_user: bool
    enforced: bool


class AvailableTopic(Answered, frozen=True, kw_only=True):
    """What is there besides id and description, `expand` has asked for."""

    id: str
    description: str
    requires_permissions: list[str] | Unset = UNSET
    permission_details: list[PermissionDetail] | Unset = UNSET
    requires_division_permissions: bool | Unset = UNSET
    requires_any_validator: bool | Unset = UNSET
    enforced: bool | Unset = UNSET
    visibility: Literal["Public"] | Unset = UNSET
    requires_current_user: bool | Unset = UNSET
    requires_current_user_or_permission: bool | Unset = UNSET
    transports: list[str] | Unset = UNSET
    topic_parameters: list[str] | Unset = UNSET


class AvailableTopicListing(Answered, frozen=True, kw_only=True):
    entities: list[AvailableTopic]
