"""Contact list filters in import templates: which may be used there, and as tests of rows that are in no list yet."""

import msgspec

from mockserver.contacts import search
from mockserver.contacts.selection import FILTERS
from mockserver.errors import BadRequest, NotFound
from mockserver.model import ContactList, Reference
from mockserver.storage.row_codec import decoder
from mockserver.storage.store import Store
from mockserver.templates.plans import NamedFilter


class _Filter(msgspec.Struct, rename="camel"):
    """What is asked of a stored filter here."""

    id: str
    name: str
    source_type: str = "ContactList"
    filter_type: str | None = None
    clauses: list[search.Clause] | None = None


def usable_filter(store: Store, filter_id: str) -> Reference:
    """The filter, if an import template may use it. Raises BadRequest (Assumption: the code).

    Source: developer.genesys.cloud, routing/outbound/contactListBuilder: only filters of contact list templates.
    """
    try:
        found = _filter(store, filter_id)
    except NotFound as error:
        raise BadRequest(str(error), "contact.list.filter.not.found") from error
    if found.source_type != "ContactListTemplate":
        raise BadRequest("The sourceType of the contact list filter must be ContactListTemplate.")
    return Reference(id=found.id, name=found.name, self_uri=f"/api/v2/outbound/contactlistfilters/{found.id}")


def named_filter(store: Store, filter_id: str, columns: ContactList, now: float) -> NamedFilter:
    """The filter as a test of rows. Raises NotFound, also if it asks for a column that the rows do not have."""
    found = _filter(store, filter_id)
    criteria = search.Criteria(filter_type=found.filter_type, clauses=found.clauses)
    asked = list(dict.fromkeys(each.column for each in search.predicates(criteria)))
    if not {*asked} <= {*columns.column_names}:
        raise NotFound("The contact list filter asks for other columns.")
    matches, read = search.matcher(criteria, asked, now), decoder(asked)
    return NamedFilter(found.name, lambda row: matches(next(iter(read([row])))))


def _filter(store: Store, filter_id: str) -> _Filter:
    raw = store.documents(FILTERS).get(filter_id)
    if raw is None:
        raise NotFound("The contact list filter could not be found.")
    return msgspec.json.decode(raw, type=_Filter)
