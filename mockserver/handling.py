"""How a request is served: a handler reads and checks it, and returns what is left to do.

The pipeline in `pipeline.py` calls the handler, waits as long as the profile says the operation takes, and then calls
`Prepared.commit`, in one synchronous step. Faults before and after the commit, late commits and time-outs are decided
there, once, for every operation. So handlers hold no waiting, no faults and no limits.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None  # sent instead of `body`, streamed
    upgrade: "Upgrade | None" = None  # takes the connection over instead


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """`commit` changes the store and answers; it may raise an ApiError, in which case it has changed nothing."""

    commit: Callable[[], Response]
    contacts: int = 0  # how many contacts the operation handles: the latency model asks
    first: Callable[[int], Response] | None = None  # commits the first so many contacts only: a fault rule asks
    list_id: str = ""  # the list it is about, where the path does not say


Upgrade = Callable[[web.Request], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[PendingOperation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOperation:
    """One row of the route table."""

    op: str  # its name in fault rules, ledger, latencies: "contacts.add"
    method: str
    path: str  # aiohttp pattern; path parameters are `contact_list_id`, `contact_id`, ... as in routes.py
    handler: Handler
    permission: str = ""  # what the client must hold
    auth: bool = True
    counts: bool = True  # against the rate limit
    streamed: bool = False  # the body may be large: only the handler reads it


# What operations are called in fault rules, the ledger, latencies and limits. The route table uses each name once.


OpName = Literal[
    "oauth.token", "organizations.me", "tokens.me", "tokens.delete", "subjects.me", "divisions.home", "health",
    "openapi",
    "divisions.list", "divisions.get", "limits.namespaces", "limits.get", "limits.defaults", "limits.docs",
    "channels.create", "channels.list", "channels.head", "channels.connect", "topics.list",
    "subscriptions.list", "subscriptions.add", "subscriptions.replace", "subscriptions.delete",
    "lists.create", "lists.list", "lists.get", "lists.update", "lists.delete", "lists.delete_many", "lists.clear",
    "contacts.add", "contacts.get", "contacts.update", "contacts.delete", "contacts.delete_many", "contacts.bulk",
    "contacts.search", "contacts.bulk_remove", "contacts.bulk_update", "contacts.bulk_jobs", "contacts.bulk_job",
    "filters.create", "filters.list", "filters.get", "filters.update", "filters.delete", "filters.preview",
    "filters.bulk_get",
    "import.upload", "import.status",
    "lists.bulk_update", "lists.division_views", "lists.division_view", "lists.time_zones",
    "import.presign", "presigned.put", "events.list", "events.get",
    "list_templates.create", "list_templates.list", "list_templates.get", "list_templates.update",
    "list_templates.delete", "list_templates.delete_many", "list_templates.bulk_add", "list_templates.bulk_get",
    "import_templates.create", "import_templates.list", "import_templates.get", "import_templates.update",
    "import_templates.delete", "import_templates.delete_many", "import_templates.bulk_add", "import_templates.status",
    "campaigns.list", "messaging_campaigns.list",
    "dnc.create", "dnc.list", "dnc.get", "dnc.update", "dnc.delete", "dnc.division_views", "dnc.division_view",
    "dnc.phones_add", "dnc.phones_change", "dnc.phones_clear", "dnc.emails_add", "dnc.emails_change",
    "dnc.emails_clear", "dnc.whatsapp_change", "dnc.whatsapp_clear", "dnc.custom_change", "dnc.custom_clear",
    "dnc.presign", "dnc.import_status", "dnc.export_create", "dnc.export_get",
    "export.create", "export.get", "export.download", "export.file",
]  # fmt: skip

OP_NAMES: frozenset[str] = frozenset(get_args(OpName))
