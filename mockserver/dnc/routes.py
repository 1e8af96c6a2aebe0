"""The operations of DNC lists, as rows of the route table."""

from mockserver.dnc.entries import DncEntries
from mockserver.dnc.lists import DncLists
from mockserver.dnc.model import DNC_LISTS
from mockserver.handling import Handler
from mockserver.services import Services

_LIST = DNC_LISTS + "/{dnc_list_id}"
_VIEWS = DNC_LISTS + "/divisionviews"
_PHONES, _EMAILS = _LIST + "/phonenumbers", _LIST + "/emailaddresses"
_WHATSAPP, _CUSTOM = _LIST + "/whatsappnumbers", _LIST + "/customexclusioncolumns"


def dnc_rows(services: Services) -> list[tuple[str, str, str, Handler, str]]:
    """First match first. Permissions: official CLI 166.0.0. There is no POST of WhatsApp numbers or custom entries."""
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
        ("dnc.division_views",  "GET",    _VIEWS,                   lists.division_views,      search),
        ("dnc.division_view",   "GET",    _VIEWS + "/{dnc_list_id}", lists.division_view,      search),
        ("dnc.get",             "GET",    _LIST,                    lists.get,                 see),
        ("dnc.update",          "PUT",    _LIST,                    lists.update,              edit),
        ("dnc.delete",          "DELETE", _LIST,                    lists.delete,              delete),
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
        ("dnc.import_status",   "GET",    _LIST + "/importstatus",  services.dnc_imports.status, see),
        ("dnc.export_create",   "POST",   _LIST + "/export",        services.dnc_exports.create, export),
        ("dnc.export_get",      "GET",    _LIST + "/export",        services.dnc_exports.get,    export),
    ]
    # fmt: on
