"""The token endpoint, what a client asks before it works, limits and notifications."""

from typing import Any, Literal

from msgspec import UNSET, field
from msgspec import UnsetType as Unset

from mockserver.operations.bodies import (
    Answered,
    Count,
    DomainEntityRef,
    Moment,
    OAuthErrorBody,
    Sent,
    ServersOwn,
    listing_of,
)
from mockserver.operations.operation import IDS, PAGING, Operation, Parameter


class OAuthToken(Answered, frozen=True, kw_only=True, rename=None):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: Count


class Health(Answered, frozen=True, kw_only=True):
    status: Literal["ok"]


class OrganizationBody(Answered, frozen=True, kw_only=True):
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


class LimitBody(Answered, frozen=True, kw_only=True):
    key: str
    namespace: str
    value: Count


class LimitListing(Answered, frozen=True, kw_only=True):
    entities: list[LimitBody]


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


class ChannelBody(Answered, frozen=True, kw_only=True):
    """Of another token's channel, only when it ends."""

    connect_uri: str | Unset = UNSET
    id: str | Unset = UNSET
    expires: Moment


class ChannelListing(Answered, frozen=True, kw_only=True):
    entities: list[ChannelBody]


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


class DomainEntity(Answered, frozen=True, kw_only=True):
    """A queue, a script or a user, as far as the mock knows one."""

    id: str
    name: str
    division: DomainEntityRef
    self_uri: str


class UserMe(DomainEntity, frozen=True, kw_only=True):
    state: Literal["active"]
    version: Count


_TOKEN_FORM = {
    "application/x-www-form-urlencoded": {
        "type": "object",
        "properties": {
            "grant_type": {"type": "string", "enum": ["client_credentials"]},
            "client_id": {"type": "string", "description": "Instead of the Basic header, if the profile lets it."},
            "client_secret": {"type": "string"},
        },
        "required": ["grant_type"],
    }
}
_DOCUMENT: Any = dict[str, Any]
_OBJECT_COUNT = Parameter("objectCount", bool, "Tell how many objects are in it.")
_NO_CHANNEL = {404: ("not.found",)}
_DIVISIONS = "/api/v2/authorization/divisions"
_LIMITS = "/api/v2/organizations/limits"
_NAMESPACE = _LIMITS + "/namespaces/{namespace}"
_CHANNELS = "/api/v2/notifications/channels"
_CHANNEL = _CHANNELS + "/{channel_id}"
_TOPICS_OF = _CHANNEL + "/subscriptions"


def _subscription(op: str, method: str, handler: str, summary: str) -> Operation:
    return Operation(
        op, method, _TOPICS_OF, handler,
        summary=summary,
        query=(Parameter("ignoreErrors", bool, "Tell of topics that are rejected instead of refusing all."),),
        body=list[SentTopic], answer=ChannelTopicListing,
        codes={
            400: ("notification.invalid.topic", "notification.subscription.too.many.subscriptions", "invalid.value"),
            403: ("missing.permissions", "not.authorized"),
            **_NO_CHANNEL,
        },
    )  # fmt: skip


def _fixtures(name: str, path: str, handler: str, permission: str, noun: str) -> tuple[Operation, Operation]:
    """What the control API has planted, to be read."""
    named = Parameter("name", str, "Only those whose name holds this.")
    return (
        Operation(
            f"{name}.list", "GET", path, f"{handler}.list", permission,
            summary=f"A page of the {noun}s", query=(*PAGING, named, IDS),
            answer=listing_of(DomainEntity), codes={400: ("invalid.value",)},
        ),
        Operation(
            f"{name}.get", "GET", path + "/{entity_id}", f"{handler}.get", permission,
            summary=f"A {noun}", answer=DomainEntity,
        ),
    )  # fmt: skip


# Permissions: none; a topic's are asked for by its subscription.
PLATFORM = (
    Operation(
        "oauth.token", "POST", "/oauth/token", "oauth.token", auth=False, also_at=("/token",),
        summary="Issue a token to a client that knows its secret", answer=OAuthToken, form=_TOKEN_FORM,
        query=tuple(
            Parameter(name, str, "Where there is no form.") for name in ("grant_type", "client_id", "client_secret")
        ),
        optional_body=True,
        codes={
            400: ("invalid_request", "unsupported_grant_type", "invalid_client", "invalid_grant"),
            404: ("not.found",),  # /token, if the profile says so
        },
        errors=OAuthErrorBody,
    ),
    Operation(
        "oauth.authorize", "GET", "/oauth/authorize", "oauth.authorize", auth=False,
        summary="Log a page in, by the implicit grant or by PKCE; without a question to anybody",
        query=(
            Parameter("client_id", required=True),
            Parameter("redirect_uri", str, "On an origin that the mock was started with.", required=True),
            Parameter("response_type", Literal["token", "code"], required=True),
            Parameter("code_challenge", str, "For a code."),
            Parameter("code_challenge_method", Literal["S256"]),
            *(Parameter(name) for name in ("state", "org", "provider", "target", "login_hint", "prompt")),
        ),
        status=(), redirects=True,
        codes={400: ("invalid_request", "invalid_client", "unsupported_response_type")}, errors=OAuthErrorBody,
    ),
    Operation(
        "openapi", "GET", "/openapi.json", "openapi.document", auth=False,
        summary="This document; not part of the platform", answer=_DOCUMENT,
    ),
    Operation(
        "health", "GET", "/healthz", "platform.health", auth=False,
        summary="Tell that the mock answers; not part of the platform", answer=Health,
    ),
    Operation(
        "organizations.me", "GET", "/api/v2/organizations/me", "platform.organization",
        summary="The org", answer=OrganizationBody,
    ),
    Operation(
        "tokens.me", "GET", "/api/v2/tokens/me", "platform.token",
        summary="Whose token this is", answer=TokenInfo,
    ),
    Operation(
        "tokens.delete", "DELETE", "/api/v2/tokens/me", "platform.revoke_token",
        summary="Make the token worthless at once",
    ),
    Operation(
        "subjects.me", "GET", "/api/v2/authorization/subjects/me", "subjects.me",
        summary="What the client may do",
        query=(
            Parameter("includeFullRoles", bool, "Tell what the roles permit."),
            Parameter("includeDuplicates", bool, "Changes nothing here."),
        ),
        answer=AuthzSubject, codes={400: ("invalid.value",)},
    ),
    Operation(
        "divisions.home", "GET", _DIVISIONS + "/home", "divisions.home",
        summary="The home division", answer=AuthzDivision,
    ),
    Operation(
        "divisions.list", "GET", _DIVISIONS, "divisions.list",
        summary="A page of the divisions",
        query=(
            *PAGING,
            IDS,
            Parameter("name", str, "Only those whose name holds this."),
            _OBJECT_COUNT,
        ),
        answer=listing_of(CountedDivision, "AuthzDivision"), codes={400: ("invalid.value",)},
    ),
    Operation(
        "divisions.get", "GET", _DIVISIONS + "/{division_id}", "divisions.get",
        summary="A division", query=(_OBJECT_COUNT,), answer=CountedDivision, codes={400: ("invalid.value",)},
    ),
    Operation(
        "limits.namespaces", "GET", _LIMITS + "/namespaces", "limits.namespaces",
        summary="A page of the names under which limits are kept", query=PAGING,
        answer=listing_of(str, "LimitNamespace"), codes={400: ("invalid.value",)},
    ),
    Operation(
        "limits.get", "GET", _NAMESPACE, "limits.in_force",
        summary="The limits of a namespace", answer=LimitListing,
    ),
    Operation(
        "limits.defaults", "GET", _NAMESPACE + "/defaults", "limits.defaults",
        summary="The limits of a namespace as nobody has changed them", answer=LimitListing,
    ),
    Operation(
        "limits.docs", "GET", _LIMITS + "/docs", "limits.docs",
        summary="What the limits are", answer=LimitDocumentation,
    ),
    Operation(
        "channels.create", "POST", _CHANNELS, "notifications.create",
        summary="Open a channel", answer=ChannelBody,
    ),
    Operation(
        "channels.list", "GET", _CHANNELS, "notifications.of_client",
        summary="The channels of a token, or of its client",
        query=(Parameter("includechannels", Literal["token", "oauthclient"], "token unless told."),),
        answer=ChannelListing, codes={400: ("invalid.value",)},
    ),
    Operation(
        "channels.head", "HEAD", _CHANNEL, "notifications.head",
        summary="Whether a channel lives", codes=_NO_CHANNEL,
    ),
    Operation(
        "channels.connect", "GET", "/channels/{channel_id}", "notifications.connect", auth=False,
        summary="The channel itself: a WebSocket", status=101, codes={400: ("bad.request",), **_NO_CHANNEL},
    ),
    Operation(
        "subscriptions.list", "GET", _TOPICS_OF, "notifications.subscriptions",
        summary="What a channel listens to", answer=ChannelTopicListing, codes=_NO_CHANNEL,
    ),
    _subscription("subscriptions.add", "POST", "notifications.subscribe", "Listen to topics"),
    _subscription(
        "subscriptions.replace", "PUT", "notifications.resubscribe", "Listen to these topics and no others"
    ),
    Operation(
        "subscriptions.delete", "DELETE", _TOPICS_OF, "notifications.unsubscribe",
        summary="Listen to nothing", codes=_NO_CHANNEL,
    ),
    Operation(
        "topics.list", "GET", "/api/v2/notifications/availabletopics", "notifications.available",
        summary="What there is to listen to",
        query=(
            Parameter("expand", str, "What to tell besides id and description.", many=True),
            Parameter("includePreview", bool, "Changes nothing here."),
        ),
        answer=AvailableTopicListing, codes={400: ("invalid.value",)},
    ),
    Operation(
        "users.me", "GET", "/api/v2/users/me", "users.me",
        summary="The user that asks, if one was planted", answer=UserMe,
    ),
    *_fixtures("queues", "/api/v2/routing/queues", "queues", "routing:queue:view", "queue"),
    *_fixtures(
        "published_scripts", "/api/v2/scripts/published", "scripts", "scripter:publishedScript:view", "published script"
    ),
    *_fixtures("scripts", "/api/v2/scripts", "scripts", "scripter:script:view", "script"),
)  # fmt: skip
