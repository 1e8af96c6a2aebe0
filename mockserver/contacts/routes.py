"""The operations on many contacts at once, and on contact list filters. Permissions: official CLI 166.0.0."""

from mockserver.contacts.bulk import BulkJobs
from mockserver.contacts.filters import ContactListFilters
from mockserver.handling import Handler

Row = tuple[str, str, str, Handler, str]


def contact_rows(jobs: BulkJobs, filters: ContactListFilters, path: str) -> list[Row]:
    """Rows of the route table; `path` is that of the contacts of a list."""
    see, bulk = "outbound:contactList:view", path + "/bulk"
    return [
        ("contacts.bulk_remove", "POST", bulk + "/remove", jobs.remove, "outbound:contact:delete"),
        ("contacts.bulk_update", "POST", bulk + "/update", jobs.update, "outbound:contact:edit"),
        ("contacts.bulk_jobs", "GET", bulk + "/jobs", jobs.jobs, see),
        ("contacts.bulk_job", "GET", bulk + "/jobs/{job_id}", jobs.job, see),
        *_filter_rows(filters),
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
