"""The operations on many contacts at once, and on contact list filters. Permissions: official CLI 166.0.0."""

from mockserver.contacts.filters import ContactListFilters
from mockserver.contacts.handlers import Contacts
from mockserver.handling import Handler
from mockserver.org import Org

Row = tuple[str, str, str, Handler, str]


def contact_rows(org: Org, contacts: Contacts, path: str) -> list[Row]:
    """Rows of the route table; `path` is that of the contacts of a list."""
    see, bulk = "outbound:contactList:view", path + "/bulk"
    # A reset makes new jobs, so they are looked up at each request.
    return [
        (
            "contacts.bulk_remove",
            "POST",
            bulk + "/remove",
            lambda r: org.bulk_jobs.remove(r),
            "outbound:contact:delete",
        ),
        ("contacts.bulk_update", "POST", bulk + "/update", lambda r: org.bulk_jobs.update(r), "outbound:contact:edit"),
        ("contacts.bulk_jobs", "GET", bulk + "/jobs", lambda r: org.bulk_jobs.jobs(r), see),
        ("contacts.bulk_job", "GET", bulk + "/jobs/{job_id}", lambda r: org.bulk_jobs.job(r), see),
        *_filter_rows(ContactListFilters(org, contacts)),
    ]


def _filter_rows(filters: ContactListFilters) -> list[Row]:
    every, one, permission = filters.path, filters.path + "/{filter_id}", "outbound:contactListFilter"
    return [
        ("filters.create", "POST", every, filters.create, f"{permission}:add"),
        ("filters.list", "GET", every, filters.list, f"{permission}:view"),
        ("filters.preview", "POST", every + "/preview", filters.preview, "outbound:contact:view"),
        ("filters.bulk_get", "POST", every + "/bulk/retrieve", filters.bulk_retrieve, f"{permission}:view"),
        ("filters.get", "GET", one, filters.get, f"{permission}:view"),
        ("filters.update", "PUT", one, filters.update, f"{permission}:edit"),
        ("filters.delete", "DELETE", one, filters.delete, f"{permission}:delete"),
    ]
