"""The route table: every operation, its address, its handler and the permission it needs.

Permissions: official CLI 166.0.0; those of uploads and of bulk operations on templates: assumptions.
"""

from typing import Any

from mockserver.config import Strictness
from mockserver.contacts.contacts import Contacts
from mockserver.dnc.entries import DncEntries
from mockserver.dnc.lists import DncLists
from mockserver.dnc.model import DNC_LISTS
from mockserver.handling import ApiOperation, Handler
from mockserver.http.named_resources import NamedResources, empty_listing
from mockserver.lists.contact_lists import ContactLists, ListBulkUpdate
from mockserver.lists.views import ContactListViews
from mockserver.platform.divisions import Divisions, Subjects
from mockserver.platform.handlers import OpenApi, Platform
from mockserver.platform.limits_api import LimitsApi
from mockserver.platform.oauth import OAuth
from mockserver.services import Services
from mockserver.templates.contact_list_filters import ContactListFilters

Row = tuple[str, str, str, Handler, str]  # operation, method, address, handler, permission

_LISTS = "/api/v2/outbound/contactlists"
_LIST = _LISTS + "/{contact_list_id}"
_VIEWS = _LISTS + "/divisionviews"
_CONTACTS = _LIST + "/contacts"
_CONTACT = _CONTACTS + "/{contact_id}"
_BULK = _CONTACTS + "/bulk"
_EVENTS = "/api/v2/outbound/events"
_DNC = DNC_LISTS + "/{dnc_list_id}"
_DNC_VIEWS = DNC_LISTS + "/divisionviews"
_PHONES, _EMAILS = _DNC + "/phonenumbers", _DNC + "/emailaddresses"
_WHATSAPP, _CUSTOM = _DNC + "/whatsappnumbers", _DNC + "/customexclusioncolumns"
_DIVISIONS = "/api/v2/authorization/divisions"
_LIMITS = "/api/v2/organizations/limits"
_NAMESPACE = _LIMITS + "/namespaces/{namespace}"
_CHANNELS = "/api/v2/notifications/channels"
_CHANNEL = _CHANNELS + "/{channel_id}"
_TOPICS_OF = _CHANNEL + "/subscriptions"
_TOPICS = "/api/v2/notifications/availabletopics"
_CAMPAIGNS, _MESSAGING = "/api/v2/outbound/campaigns", "/api/v2/outbound/messagingcampaigns"

# No bearer token: addresses of files are signed, and who knows a channel's id may listen.
_OPEN = {"oauth.token", "export.file", "presigned.put", "channels.connect", "health", "openapi"}
_STREAMED = {"import.upload", "presigned.put"}
_UNCOUNTED = _OPEN | {"import.upload"}  # the profile decides for uploads: they go to another host of the real platform


def operations(services: Services, strictness: Strictness = "off") -> list[ApiOperation]:
    """Every operation, first match first."""
    document = OpenApi(lambda: operations(services), strict=strictness != "off")
    table: list[Row] = [
        ("oauth.token", "POST", "/oauth/token", OAuth(services.org).token, ""),
        ("openapi", "GET", "/openapi.json", document.document, ""),
        *_list_rows(services),
        *_contact_rows(services),
        *_file_rows(services),
        *_platform_rows(services),
        *_template_rows(services),
        *_dnc_rows(services),
    ]
    rows = [
        ApiOperation(
            op=op,
            method=method,
            path=path,
            handler=handler,
            permission=permission,
            auth=op not in _OPEN,
            counts=op not in _UNCOUNTED,
            streamed=op in _STREAMED,
        )
        for op, method, path, handler, permission in table
    ]
    if strictness == "off":
        return rows
    from mockserver.openapi.strict import strict_operation  # takes a while to load

    return [strict_operation(row, services.org, fail=strictness == "fail") for row in rows]


def _permissions(services: Services) -> set[str]:
    """All that an operation asks for."""
    return {name for row in operations(services) for name in row.permission.split()}


def _list_rows(services: Services) -> list[Row]:
    org, imports = services.org, services.imports
    lists, views = ContactLists(org, imports), ContactListViews(org, imports)
    see, edit, delete = "outbound:contactList:view", "outbound:contactList:edit", "outbound:contactList:delete"
    add, search, clear = "outbound:contactList:add", "outbound:contactList:search", "outbound:contact:delete"
    campaigns, messaging = "outbound:campaign:view", "outbound:messagingCampaign:view"
    # fmt: off
    return [
        ("lists.create",         "POST",   _LISTS,                            lists.create,         add),
        ("lists.list",           "GET",    _LISTS,                            lists.list,           see),
        ("lists.delete_many",    "DELETE", _LISTS,                            lists.delete_many,    delete),
        ("lists.bulk_update",    "POST",   _LISTS + "/bulk/update",           ListBulkUpdate(org).update, edit),
        ("lists.division_views", "GET",    _VIEWS,                            views.views,          search),
        ("lists.division_view",  "GET",    _VIEWS + "/{contact_list_id}",     views.view,           search),
        ("lists.time_zones",     "GET",    _LIST + "/timezonemappingpreview", views.time_zones,     see),
        ("lists.get",            "GET",    _LIST,                             lists.get,            see),
        ("lists.update",         "PUT",    _LIST,                             lists.update,         edit),
        ("lists.delete",         "DELETE", _LIST,                             lists.delete,         delete),
        ("lists.clear",          "POST",   _LIST + "/clear",                  lists.clear,          clear),
        ("campaigns.list",           "GET", _CAMPAIGNS, empty_listing(org, _CAMPAIGNS), campaigns),
        ("messaging_campaigns.list", "GET", _MESSAGING, empty_listing(org, _MESSAGING), messaging),
    ]
    # fmt: on


def _contact_rows(services: Services) -> list[Row]:
    contacts, jobs = Contacts(services.org), services.bulk_jobs
    see, delete, lists = "outbound:contact:view", "outbound:contact:delete", "outbound:contactList:view"
    # fmt: off
    return [
        ("contacts.add",         "POST",   _CONTACTS,                  contacts.add,         "outbound:contact:add"),
        ("contacts.delete_many", "DELETE", _CONTACTS,                  contacts.delete_many, delete),
        ("contacts.bulk",        "POST",   _BULK,                      contacts.bulk,        see),
        ("contacts.search",      "POST",   _CONTACTS + "/search",      contacts.search,      see),
        ("contacts.get",         "GET",    _CONTACT,                   contacts.get,         see),
        ("contacts.update",      "PUT",    _CONTACT,                   contacts.update,      "outbound:contact:edit"),
        ("contacts.delete",      "DELETE", _CONTACT,                   contacts.delete,      delete),
        ("contacts.bulk_remove", "POST",   _BULK + "/remove",          jobs.remove,          delete),
        ("contacts.bulk_update", "POST",   _BULK + "/update",          jobs.update,          "outbound:contact:edit"),
        ("contacts.bulk_jobs",   "GET",    _BULK + "/jobs",            jobs.jobs,            lists),
        ("contacts.bulk_job",    "GET",    _BULK + "/jobs/{job_id}",   jobs.job,             lists),
    ]
    # fmt: on


def _file_rows(services: Services) -> list[Row]:
    """Files in and out, and what became of imports."""
    upload, see = "outbound:contactList:upload", "outbound:contactList:view"
    export, events = f"outbound:contact:view {see}", "outbound:eventLog:view"
    # fmt: off
    return [
        ("import.upload",   "POST", "/uploads/v2/contactlist",         services.uploads.form,       upload),
        ("import.presign",  "POST", _LISTS + "/uploads",               services.uploads.address,    upload),
        ("presigned.put",   "PUT",  "/presigned/{upload_key:.+}",      services.presigned.put,      ""),
        ("import.status",   "GET",  _LIST + "/importstatus",           services.imports.status,     see),
        ("export.create",   "POST", _LIST + "/export",                 services.exports.create,     export),
        ("export.get",      "GET",  _LIST + "/export",                 services.exports.get,        export),
        ("export.download", "GET",  "/api/v2/downloads/{download_id}", services.downloads.download, ""),
        ("export.file",     "GET",  "/downloads/{download_id}",        services.downloads.file,     ""),
        ("events.list",     "GET",  _EVENTS,                           services.events.list,        events),
        ("events.get",      "GET",  _EVENTS + "/{event_id}",           services.events.get,         events),
    ]
    # fmt: on


def _platform_rows(services: Services) -> list[Row]:
    """What is around outbound. Permissions: none; a topic's are asked for by its subscription."""
    org = services.org
    platform, divisions, limits = Platform(org), Divisions(org), LimitsApi(org)
    subjects = Subjects(org, lambda: _permissions(services))
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
        ("channels.create",       "POST",   _CHANNELS,                  services.notifications.create, ""),
        ("channels.list",         "GET",    _CHANNELS,                  services.notifications.of_client, ""),
        ("channels.head",         "HEAD",   _CHANNEL,                   services.notifications.head, ""),
        ("channels.connect",      "GET",    "/channels/{channel_id}",   services.notifications.connect, ""),
        ("subscriptions.list",    "GET",    _TOPICS_OF,               services.notifications.subscriptions, ""),
        ("subscriptions.add",     "POST",   _TOPICS_OF,               services.notifications.subscribe, ""),
        ("subscriptions.replace", "PUT",    _TOPICS_OF,               services.notifications.resubscribe, ""),
        ("subscriptions.delete",  "DELETE", _TOPICS_OF,               services.notifications.unsubscribe, ""),
        ("topics.list",           "GET",    _TOPICS,                  services.notifications.available, ""),
    ]
    # fmt: on


def _template_rows(services: Services) -> list[Row]:
    """Named, versioned kinds of configuration: filters and templates."""
    lists, imports = services.list_templates, services.import_templates
    filters = ContactListFilters(services.org, Contacts(services.org), lists, imports)
    every, one, permission = filters.path, filters.path + "/{filter_id}", "outbound:contactListFilter"
    see = "outbound:contactListTemplate:view"
    status = imports.path + "/{template_id}/importstatus"
    # fmt: off
    return [
        ("filters.create",   "POST",   every,                    filters.create,        f"{permission}:add"),
        ("filters.list",     "GET",    every,                    filters.list,          f"{permission}:view"),
        ("filters.preview",  "POST",   every + "/preview",       filters.preview,       "outbound:contact:view"),
        ("filters.bulk_get", "POST",   every + "/bulk/retrieve", filters.bulk_retrieve, f"{permission}:view"),
        ("filters.get",      "GET",    one,                      filters.get,           f"{permission}:view"),
        ("filters.update",   "PUT",    one,                      filters.update,        f"{permission}:edit"),
        ("filters.delete",   "DELETE", one,                      filters.delete,        f"{permission}:delete"),
        ("list_templates.bulk_get", "POST", lists.path + "/bulk/retrieve", lists.bulk_retrieve, see),
        *_named_rows("list_templates", lists, "outbound:contactListTemplate"),
        ("import_templates.status", "GET", status, imports.status, "outbound:importTemplate:view"),
        *_named_rows("import_templates", imports, "outbound:importTemplate"),
    ]
    # fmt: on


def _named_rows(name: str, entities: NamedResources[Any, Any], permission: str) -> list[Row]:
    """What every kind of configuration can be asked."""
    every, one = entities.path, entities.path + "/{" + entities.id_name + "}"
    return [
        (f"{name}.create", "POST", every, entities.create, f"{permission}:add"),
        (f"{name}.list", "GET", every, entities.list, f"{permission}:view"),
        (f"{name}.delete_many", "DELETE", every, entities.delete_many, f"{permission}:delete"),
        (f"{name}.bulk_add", "POST", f"{every}/bulk/add", entities.bulk_add, f"{permission}:add"),
        (f"{name}.get", "GET", one, entities.get, f"{permission}:view"),
        (f"{name}.update", "PUT", one, entities.update, f"{permission}:edit"),
        (f"{name}.delete", "DELETE", one, entities.delete, f"{permission}:delete"),
    ]


def _dnc_rows(services: Services) -> list[Row]:
    """There is no POST of WhatsApp numbers or custom entries."""
    org, book, imports = services.org, services.dnc, services.dnc_imports
    lists, entries = DncLists(org, book, imports), DncEntries(org, book, imports)
    see, search, edit = "outbound:dncList:view", "outbound:dncList:search", "outbound:dncList:edit"
    new, delete, upload = "outbound:dncList:add", "outbound:dncList:delete", "outbound:dncList:upload"
    add_to, change, remove = "outbound:dnc:add", "outbound:dnc:edit", "outbound:dnc:delete"
    export = f"outbound:dnc:view {see}"
    # fmt: off
    return [
        ("dnc.create",          "POST",   DNC_LISTS,                lists.create,              new),
        ("dnc.list",            "GET",    DNC_LISTS,                lists.list,                see),
        ("dnc.presign",         "POST",   DNC_LISTS + "/uploads",   services.dnc_uploads.address, upload),
        ("dnc.division_views",  "GET",    _DNC_VIEWS,                   lists.division_views,      search),
        ("dnc.division_view",   "GET",    _DNC_VIEWS + "/{dnc_list_id}", lists.division_view,      search),
        ("dnc.get",             "GET",    _DNC,                    lists.get,                 see),
        ("dnc.update",          "PUT",    _DNC,                    lists.update,              edit),
        ("dnc.delete",          "DELETE", _DNC,                    lists.delete,              delete),
        ("dnc.phones_add",      "POST",   _PHONES,                  entries.add("phone"),      add_to),
        ("dnc.phones_change",   "PATCH",  _PHONES,                  entries.change("phone"),   change),
        ("dnc.phones_clear",    "DELETE", _PHONES,                  entries.clear("phone"),    remove),
        ("dnc.emails_add",      "POST",   _EMAILS,                  entries.add("email"),      add_to),
        ("dnc.emails_change",   "PATCH",  _EMAILS,                  entries.change("email"),   change),
        ("dnc.emails_clear",    "DELETE", _EMAILS,                  entries.clear("email"),    remove),
        ("dnc.whatsapp_change", "PATCH",  _WHATSAPP,                entries.change("whatsapp"), change),
        ("dnc.whatsapp_clear",  "DELETE", _WHATSAPP,                entries.clear("whatsapp"), remove),
        ("dnc.custom_change",   "PATCH",  _CUSTOM,                  entries.change("custom"),  change),
        ("dnc.custom_clear",    "DELETE", _CUSTOM,                  entries.clear("custom"),   remove),
        ("dnc.import_status",   "GET",    _DNC + "/importstatus",  services.dnc_imports.status, see),
        ("dnc.export_create",   "POST",   _DNC + "/export",        services.dnc_exports.create, export),
        ("dnc.export_get",      "GET",    _DNC + "/export",        services.dnc_exports.get,    export),
    ]
    # fmt: on
