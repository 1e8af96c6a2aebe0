"""The whole API on one page: every operation, its handler and the permission it needs."""

from collections.abc import Sequence

from aiohttp import web

from mockserver.config import Strictness
from mockserver.contacts.filters import ContactListFilters
from mockserver.contacts.handlers import Contacts
from mockserver.contacts.routes import contact_rows
from mockserver.dnc.routes import dnc_rows
from mockserver.handling import Handler, Operation
from mockserver.http.middleware import Pipeline, Served
from mockserver.lists.bulk import ListBulkUpdate
from mockserver.lists.campaigns import campaign_rows
from mockserver.lists.handlers import ContactLists
from mockserver.lists.views import ContactListViews
from mockserver.openapi.handler import OpenApi
from mockserver.platform.oauth import OAuth
from mockserver.platform.routes import platform_rows
from mockserver.platform.tenants import among
from mockserver.services import Services
from mockserver.templates.routes import template_rows

_LISTS = "/api/v2/outbound/contactlists"
_LIST = _LISTS + "/{contact_list_id}"
_VIEWS = _LISTS + "/divisionviews"
_CONTACTS = _LIST + "/contacts"
_DOWNLOAD = "/api/v2/downloads/{download_id}"
_CONTACT = _CONTACTS + "/{contact_id}"
_EVENTS = "/api/v2/outbound/events"

# No bearer token: addresses of files are signed, and who knows a channel's id may listen.
_OPEN = {"oauth.token", "export.file", "presigned.put", "channels.connect", "health", "openapi"}
_STREAMED = {"import.upload", "presigned.put"}
_UNCOUNTED = _OPEN | {"import.upload"}  # the profile decides for uploads: they go to another host of the real platform


def operations(services: Services, strictness: Strictness = "off") -> list[Operation]:
    """The route table, first match first. Permissions: official CLI 166.0.0; of the upload: an assumption."""
    org, imports = services.org, services.imports
    oauth, lists, contacts = OAuth(org), ContactLists(org, imports), Contacts(org)
    filters = ContactListFilters(org, contacts, services.list_templates, services.import_templates)
    document = OpenApi(lambda: operations(services), strict=strictness != "off")
    add, upload = "outbound:contactList:add", "outbound:contactList:upload"
    see, edit, delete = "outbound:contactList:view", "outbound:contactList:edit", "outbound:contactList:delete"
    views, search = ContactListViews(org, imports), "outbound:contactList:search"
    export, events = f"outbound:contact:view {see}", "outbound:eventLog:view"
    # fmt: off
    table: list[tuple[str, str, str, Handler, str]] = [
        ("oauth.token",          "POST",   "/oauth/token",                              oauth.token,           ""),
        ("lists.create",         "POST",   _LISTS,                     lists.create,         add),
        ("lists.list",           "GET",    _LISTS,                     lists.list,           see),
        ("lists.delete_many",    "DELETE", _LISTS,                     lists.delete_many,    delete),
        ("lists.bulk_update",    "POST",   _LISTS + "/bulk/update",    ListBulkUpdate(org).update, edit),
        ("lists.division_views", "GET",    _VIEWS,                     views.views,          search),
        ("lists.division_view",  "GET",    _VIEWS + "/{contact_list_id}", views.view,        search),
        ("lists.time_zones",     "GET",    _LIST + "/timezonemappingpreview", views.time_zones, see),
        ("lists.get",            "GET",    _LIST,                      lists.get,            see),
        ("lists.update",         "PUT",    _LIST,                      lists.update,         edit),
        ("lists.delete",         "DELETE", _LIST,                      lists.delete,         delete),
        ("lists.clear",          "POST",   _LIST + "/clear",           lists.clear,          "outbound:contact:delete"),
        ("contacts.add",         "POST",   _CONTACTS,                  contacts.add,         "outbound:contact:add"),
        ("contacts.delete_many", "DELETE", _CONTACTS,                  contacts.delete_many, "outbound:contact:delete"),
        ("contacts.bulk",        "POST",   _CONTACTS + "/bulk",        contacts.bulk,        "outbound:contact:view"),
        ("contacts.search",      "POST",   _CONTACTS + "/search",      contacts.search,      "outbound:contact:view"),
        ("contacts.get",         "GET",    _CONTACT,                   contacts.get,         "outbound:contact:view"),
        ("contacts.update",      "PUT",    _CONTACT,                   contacts.update,      "outbound:contact:edit"),
        ("contacts.delete",      "DELETE", _CONTACT,                   contacts.delete,      "outbound:contact:delete"),
        ("import.upload",        "POST",   "/uploads/v2/contactlist",  services.uploads.form, upload),
        ("import.presign",       "POST",   _LISTS + "/uploads",        services.uploads.address, upload),
        ("presigned.put",        "PUT",    "/presigned/{upload_key:.+}", services.presigned.put, ""),
        ("import.status",        "GET",    _LIST + "/importstatus",    services.imports.status, see),
        ("export.create",        "POST",   _LIST + "/export",          services.exports.create, export),
        ("export.get",           "GET",    _LIST + "/export",          services.exports.get, export),
        ("export.download",      "GET",    _DOWNLOAD,          services.downloads.download, ""),
        ("export.file",          "GET",    "/downloads/{download_id}", services.downloads.file, ""),
        ("events.list",          "GET",    _EVENTS,                    services.events.list, events),
        ("events.get",           "GET",    _EVENTS + "/{event_id}",    services.events.get, events),
        ("openapi",              "GET",    "/openapi.json",            document.document,    ""),
        *platform_rows(org, services.notifications, lambda: _permissions(services)),
        *contact_rows(services.bulk_jobs, filters, _CONTACTS),
        *dnc_rows(services),
        *template_rows(services.list_templates, services.import_templates),
        *campaign_rows(org),
    ]
    # fmt: on
    rows = [
        Operation(
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
    from mockserver.openapi.strict import held  # takes a while to load

    return [held(row, org, fail=strictness == "fail") for row in rows]


def _permissions(services: Services) -> set[str]:
    """All that an operation asks for."""
    return {name for row in operations(services) for name in row.permission.split()}


def create_app(
    services: Services,
    hosts: frozenset[str] = frozenset(),
    others: Sequence[Services] = (),
    *,
    strictness: Strictness = "off",
) -> web.Application:
    """The API as an aiohttp application. `hosts` are names it answers to besides this machine's own.

    `others` are orgs behind the same address: whose a request is, its token or its signed address says.
    """
    served = [Pipeline(each, hosts).served(operations(each, strictness)) for each in (services, *others)]
    return _application(among(served) if others else served[0])


def serve(services: Services, table: list[Operation], hosts: frozenset[str] = frozenset()) -> web.Application:
    """Any operations, behind the pipeline."""
    return _application(Pipeline(services, hosts).served(table))


def _application(served: Served) -> web.Application:
    # Bodies are counted where they are read, with limits of their own: aiohttp would refuse them in its own words.
    app = web.Application(middlewares=[served.outermost], client_max_size=1 << 62)
    for operation, route in zip(served.table, served.routes, strict=True):
        app.router.add_route(operation.method, operation.path, route)
    app.on_shutdown.append(served.stop)
    return app
