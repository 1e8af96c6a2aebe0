"""Contacts and bulk jobs."""

from .contact_shapes import (
    ContactBulkEditRequest,
    ContactBulkSearchParameters,
    ContactListing,
    ContactListingRequest,
    ContactsBulkOperationJob,
    ContactsBulkOperationJobListing,
    DialerContact,
    SentContact,
)
from .described import LIST_NOT_FOUND, Described, Parameter

_CONTACT_RULES = (
    "invalid.contact.columns",
    "invalid.contact.id",
    "invalid.zip.code.contact.value",
    "contact.datum.length.limit.exceeded",
    "invalid.value",
    "invalid.date",
)
_CONTACT_NOT_FOUND = {404: ("contact.list.not.found", "resource.not.found")}
_SELECTED = {
    400: ("invalid.contact.columns", "invalid.value"),
    404: ("contact.list.not.found", "contact.list.filter.not.found"),
}

_CONTACT = {"data": {"Lead ID": "L-0000001", "Phone": "+15550100001"}}
_SEARCHED = {
    "criteria": {"clauses": [{"predicates": [{"column": "Lead ID", "operator": "BEGINS_WITH", "value": "L-"}]}]}
}

CONTACTS = {
    "contacts.add": Described(
        summary="Add contacts, and change those whose id is known",
        query=(
            Parameter("priority", bool, "Kept as configurationOverrides."),
            Parameter("clearSystemData", bool, "Forget what is known of the contacts besides their data."),
            Parameter("doNotQueue", bool, "Checked; nothing is ever dialled here."),
        ),
        body=list[SentContact],
        example=[_CONTACT],
        answer=list[DialerContact],
        codes={
            400: (
                *_CONTACT_RULES,
                "too.many.contacts.added",
                "contact.list.limit.exceeded",
                "organization.contact.limit.exceeded",
            ),
            **LIST_NOT_FOUND,
        },
    ),
    "contacts.get": Described(summary="A contact", answer=DialerContact, codes=_CONTACT_NOT_FOUND),
    "contacts.update": Described(
        summary="Change a contact",
        body=SentContact,
        example=_CONTACT,
        answer=DialerContact,
        codes={400: (*_CONTACT_RULES, "contact.does.not.exist"), **LIST_NOT_FOUND},
    ),
    "contacts.delete": Described(summary="Delete a contact", codes=_CONTACT_NOT_FOUND),
    "contacts.delete_many": Described(
        summary="Delete contacts; unknown ids are passed over",
        query=(Parameter("contactIds", str, "The contacts.", many=True, required=True),),
        codes={400: ("no.contacts.specified", "too.many.contacts.added"), **LIST_NOT_FOUND},
    ),
    "contacts.bulk": Described(
        summary="Contacts by id; unknown ids are passed over",
        body=list[str],
        answer=list[DialerContact],
        codes={400: ("too.many.contacts.requested",), **LIST_NOT_FOUND},
    ),
    "contacts.search": Described(
        summary="A page of the contacts that match",
        body=ContactListingRequest,
        example=_SEARCHED | {"pageNumber": 1, "pageSize": 100},
        optional_body=True,
        answer=ContactListing,
        codes=_SELECTED,
    ),
    "contacts.bulk_remove": Described(
        summary="Start to delete contacts",
        body=ContactBulkSearchParameters,
        example=_SEARCHED,
        answer=ContactsBulkOperationJob,
        status=(200, 202),
        codes=_SELECTED,
    ),
    "contacts.bulk_update": Described(
        summary="Start to change contacts",
        body=ContactBulkEditRequest,
        example=_SEARCHED | {"contact": {"callable": False}},
        answer=ContactsBulkOperationJob,
        status=(200, 202),
        codes={**_SELECTED, 400: tuple(dict.fromkeys((*_SELECTED[400], *_CONTACT_RULES)))},
    ),
    "contacts.bulk_jobs": Described(
        summary="The latest bulk jobs of a list, the newest first",
        answer=ContactsBulkOperationJobListing,
        codes=LIST_NOT_FOUND,
    ),
    "contacts.bulk_job": Described(
        summary="How far a bulk job is", answer=ContactsBulkOperationJob, codes=_CONTACT_NOT_FOUND
    ),
}
