"""The token endpoint, what a client asks before it works, limits and notifications."""

import dataclasses
from typing import Any, Literal

from .described import PAGING, Described, Parameter
from .platform_shapes import (
    AuthzDivision,
    AuthzDivisionListing,
    AuthzSubject,
    AvailableTopicListing,
    Channel,
    ChannelListing,
    ChannelTopicListing,
    CountedDivision,
    Health,
    LimitDocumentation,
    LimitListing,
    LimitNamespaceListing,
    OAuthToken,
    Organization,
    SentTopic,
    TokenInfo,
)
from .shapes import OAuthError

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
_SUBSCRIBED = Described(
    summary="Listen to topics",
    query=(Parameter("ignoreErrors", bool, "Tell of topics that are rejected instead of refusing all."),),
    body=list[SentTopic],
    answer=ChannelTopicListing,
    codes={
        400: ("notification.invalid.topic", "notification.subscription.too.many.subscriptions", "invalid.value"),
        403: ("missing.permissions", "not.authorized"),
        **_NO_CHANNEL,
    },
)

PLATFORM = {
    "oauth.token": Described(
        summary="Issue a token to a client that knows its secret",
        answer=OAuthToken,
        form=_TOKEN_FORM,
        codes={400: ("invalid_request", "unsupported_grant_type", "invalid_client")},
        errors=OAuthError,
    ),
    "health": Described(summary="Tell that the mock answers; not part of the platform", answer=Health),
    "openapi": Described(summary="This document; not part of the platform", answer=_DOCUMENT),
    "organizations.me": Described(summary="The org", answer=Organization),
    "tokens.me": Described(summary="Whose token this is", answer=TokenInfo),
    "tokens.delete": Described(summary="Make the token worthless at once"),
    "subjects.me": Described(
        summary="What the client may do",
        query=(
            Parameter("includeFullRoles", bool, "Tell what the roles permit."),
            Parameter("includeDuplicates", bool, "Changes nothing here."),
        ),
        answer=AuthzSubject,
        codes={400: ("invalid.value",)},
    ),
    "divisions.home": Described(summary="The home division", answer=AuthzDivision),
    "divisions.list": Described(
        summary="A page of the divisions",
        query=(
            *PAGING,
            Parameter("id", str, "Only these.", many=True),
            Parameter("name", str, "Only those whose name holds this."),
            _OBJECT_COUNT,
        ),
        answer=AuthzDivisionListing,
        codes={400: ("invalid.value",)},
    ),
    "divisions.get": Described(
        summary="A division", query=(_OBJECT_COUNT,), answer=CountedDivision, codes={400: ("invalid.value",)}
    ),
    "limits.namespaces": Described(
        summary="A page of the names under which limits are kept",
        query=PAGING,
        answer=LimitNamespaceListing,
        codes={400: ("invalid.value",)},
    ),
    "limits.get": Described(summary="The limits of a namespace", answer=LimitListing),
    "limits.defaults": Described(summary="The limits of a namespace as nobody has changed them", answer=LimitListing),
    "limits.docs": Described(summary="What the limits are", answer=LimitDocumentation),
    "channels.create": Described(summary="Open a channel", answer=Channel),
    "channels.list": Described(
        summary="The channels of a token, or of its client",
        query=(Parameter("includechannels", Literal["token", "oauthclient"], "token unless told."),),
        answer=ChannelListing,
        codes={400: ("invalid.value",)},
    ),
    "channels.head": Described(summary="Whether a channel lives", codes=_NO_CHANNEL),
    "channels.connect": Described(
        summary="The channel itself: a WebSocket", status=101, codes={400: ("bad.request",), **_NO_CHANNEL}
    ),
    "subscriptions.list": Described(summary="What a channel listens to", answer=ChannelTopicListing, codes=_NO_CHANNEL),
    "subscriptions.add": _SUBSCRIBED,
    "subscriptions.replace": dataclasses.replace(_SUBSCRIBED, summary="Listen to these topics and no others"),
    "subscriptions.delete": Described(summary="Listen to nothing", codes=_NO_CHANNEL),
    "topics.list": Described(
        summary="What there is to listen to",
        query=(
            Parameter("expand", str, "What to tell besides id and description.", many=True),
            Parameter("includePreview", bool, "Changes nothing here."),
        ),
        answer=AvailableTopicListing,
        codes={400: ("invalid.value",)},
    ),
}
