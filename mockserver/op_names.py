"""What operations are called in fault rules, the ledger, latencies and limits. The route table uses each name once."""

from typing import Literal, get_args

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
