"""The operations around outbound, as rows of the route table: who one is, divisions, limits, notifications."""

from collections.abc import Callable, Collection

from mockserver.handling import Handler
from mockserver.notifications.handlers import Notifications
from mockserver.org import Org
from mockserver.platform.divisions import Divisions
from mockserver.platform.handlers import Platform
from mockserver.platform.limits_api import LimitsApi
from mockserver.platform.subjects import Subjects

_DIVISIONS = "/api/v2/authorization/divisions"
_LIMITS = "/api/v2/organizations/limits"
_NAMESPACE = _LIMITS + "/namespaces/{namespace}"
_NOTIFICATIONS = "/api/v2/notifications"
_CHANNELS = _NOTIFICATIONS + "/channels"
_CHANNEL = _CHANNELS + "/{channel_id}"
_TOPICS_OF = _CHANNEL + "/subscriptions"
_TOPICS = _NOTIFICATIONS + "/availabletopics"


def platform_rows(
    org: Org, notifications: Notifications, permissions: Callable[[], Collection[str]]
) -> list[tuple[str, str, str, Handler, str]]:
    """First match first. Permissions: none, as in official CLI 166.0.0; a topic's are asked for by its subscription."""
    platform, divisions, limits = Platform(org), Divisions(org), LimitsApi(org)
    subjects = Subjects(org, permissions)
    # fmt: off
    return [
        ("health",                "GET",    "/healthz",                 platform.health,       ""),
        ("organizations.me",      "GET",    "/api/v2/organizations/me", platform.organization, ""),
        ("tokens.me",             "GET",    "/api/v2/tokens/me",        platform.token,        ""),
        ("tokens.delete",         "DELETE", "/api/v2/tokens/me",        platform.revoke_token, ""),
        ("subjects.me",           "GET",    "/api/v2/authorization/subjects/me", subjects.me, ""),
        ("divisions.home",        "GET",    _DIVISIONS + "/home",       divisions.home,        ""),
        ("divisions.list",        "GET",    _DIVISIONS,                 divisions.list,        ""),
        ("divisions.get",         "GET",    _DIVISIONS + "/{division_id}", divisions.get,      ""),
        ("limits.namespaces",     "GET",    _LIMITS + "/namespaces",    limits.namespaces,     ""),
        ("limits.get",            "GET",    _NAMESPACE,                 limits.in_force,       ""),
        ("limits.defaults",       "GET",    _NAMESPACE + "/defaults",   limits.defaults,       ""),
        ("limits.docs",           "GET",    _LIMITS + "/docs",          limits.docs,           ""),
        ("channels.create",       "POST",   _CHANNELS,                  notifications.create, ""),
        ("channels.list",         "GET",    _CHANNELS,                  notifications.of_client, ""),
        ("channels.head",         "HEAD",   _CHANNEL,                   notifications.head, ""),
        ("channels.connect",      "GET",    "/channels/{channel_id}",   notifications.connect, ""),
        ("subscriptions.list",    "GET",    _TOPICS_OF,               notifications.subscriptions, ""),
        ("subscriptions.add",     "POST",   _TOPICS_OF,               notifications.subscribe, ""),
        ("subscriptions.replace", "PUT",    _TOPICS_OF,               notifications.resubscribe, ""),
        ("subscriptions.delete",  "DELETE", _TOPICS_OF,               notifications.unsubscribe, ""),
        ("topics.list",           "GET",    _TOPICS,                  notifications.available, ""),
    ]
    # fmt: on
