"""Contact lists and their templates."""

import msgspec

from mockserver import model

from .described import (
    ALLOW_EMPTY,
    DIVISIONS,
    IDS,
    LIST_NOT_FOUND,
    NAMED,
    NOT_FOUND,
    PAGING,
    PAST_THE_END,
    SIZE_AND_IMPORT,
    SORTED,
    Described,
    Parameter,
)
from .list_shapes import (
    CampaignListing,
    ContactList,
    ContactListDivisionView,
    ContactListDivisionViewListing,
    ContactListEntityListing,
    ContactListsBulkEdit,
    ContactListsBulkEditResponse,
    SentContactList,
    TimeZoneMappingPreview,
)

# Source: SDK 269.0.0 outbound_api.py, get_outbound_contactlists: any field may be named.
_FIELDS = tuple(
    Parameter(each.encode_name, str, "Only lists with this value; prefixes such as `greaterthan:` compare.")
    for each in msgspec.structs.fields(model.ContactList)
    if each.encode_name not in ("id", "name", "division")
)

_BLANK_OR_TAKEN = ("name.cannot.be.blank", "name.length.exceeded", "duplicate.name")
_COLUMNS = (
    "no.contact.columns.defined",
    "contact.columns.limit.exceeded",
    "not.unique.contact.columns",
    "contact.column.length.limit.exceeded",
    "no.phone.columns",
    "contact.columns.do.not.contain.phone.number.column",
    "not.unique.phone.columns",
    "invalid.contact.phone.column",
    "system.column.phone.column",
    "cannot.have.callable.time.column.with.automatic.time.zone.mapping",
    "cannot.have.zip.code.column.without.automatic.time.zone.mapping",
    "invalid.zip.code.column",
    "invalid.value",
    "invalid.date",
)
LIST_RULES = (*_BLANK_OR_TAKEN, *_COLUMNS)
_CREATE = {400: (*LIST_RULES, "max.entity.count.reached")}
_UPDATE = {
    400: (
        *LIST_RULES,
        "cannot.update.contact.column.names",
        "cannot.update.phone.columns",
        "cannot.edit.automatic.time.zone.mapping.settings",
        "invalid.update",
    ),
    409: ("invalid.update.wrong.version",),
    **NOT_FOUND,
}
_LISTED = (*PAGING, *NAMED, *SORTED, IDS)

COLUMNS = {"columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}

_CAMPAIGNS = Described(
    summary="A page of the campaigns, which are none",
    query=(*PAGING, Parameter("contactListId", str, "Only those that use this list.")),
    answer=CampaignListing,
    codes={400: ("invalid.value",)},
)

LISTS = {
    "campaigns.list": _CAMPAIGNS,
    "messaging_campaigns.list": _CAMPAIGNS,
    "lists.create": Described(
        summary="Create a contact list",
        body=SentContactList,
        example={"name": "January", **COLUMNS},
        answer=ContactList,
        codes=_CREATE,
    ),
    "lists.list": Described(
        summary="A page of the contact lists",
        query=(*_LISTED, DIVISIONS, *_FIELDS, *SIZE_AND_IMPORT, ALLOW_EMPTY),
        answer=ContactListEntityListing,
        codes={400: ("invalid.value", "too.many.bulk.retrieves"), **PAST_THE_END},
    ),
    "lists.get": Described(
        summary="A contact list",
        query=SIZE_AND_IMPORT,
        answer=ContactList,
        codes={400: ("invalid.value",), **LIST_NOT_FOUND},
    ),
    "lists.update": Described(
        summary="Change a contact list",
        body=SentContactList,
        example={"name": "February", "version": 1, **COLUMNS},
        answer=ContactList,
        codes=_UPDATE,
    ),
    "lists.delete": Described(
        summary="Delete a contact list, unless an import runs",
        codes={400: ("contact.list.import.in.progress",), **NOT_FOUND},
    ),
    "lists.delete_many": Described(
        summary="Delete contact lists",
        query=(Parameter("id", str, "The lists.", many=True, required=True),),
        status=204,
        codes={400: ("too.many.deletes",), 409: ("bulk.delete.conflict",)},
    ),
    "lists.clear": Described(summary="Delete all contacts of a list", status=204, codes=LIST_NOT_FOUND),
    "lists.bulk_update": Described(
        summary="Change retention and time zone of contact lists",
        body=ContactListsBulkEdit,
        answer=ContactListsBulkEditResponse,
        codes={400: ("too.many.bulk.updates",)},
    ),
    "lists.division_views": Described(
        summary="A page of the contact lists in their short form",
        query=(*_LISTED, DIVISIONS, *_FIELDS, *SIZE_AND_IMPORT),
        answer=ContactListDivisionViewListing,
        codes={400: ("invalid.value", "too.many.bulk.retrieves")},
    ),
    "lists.division_view": Described(
        summary="A contact list in its short form",
        query=SIZE_AND_IMPORT,
        answer=ContactListDivisionView,
        codes={400: ("invalid.value",), **LIST_NOT_FOUND},
    ),
    "lists.time_zones": Described(
        summary="How many contacts are in which time zone", answer=TimeZoneMappingPreview, codes=LIST_NOT_FOUND
    ),
}
