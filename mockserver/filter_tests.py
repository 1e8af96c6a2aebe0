"""Contact list filters as tests of rows that are in no list yet."""

import msgspec

from . import search
from .errors import NotFound
from .model import ContactList
from .row_codec import decoder
from .splitting import NamedFilter
from .store import Store

_KIND = "contact_list_filter"


class _Filter(msgspec.Struct, rename="camel"):
    name: str
    filter_type: str | None = None
    clauses: list[search.Clause] | None = None


def named_filter(store: Store, filter_id: str, columns: ContactList, now: float) -> NamedFilter:
    """The filter with that id. Raises NotFound, also for one that asks for a column the rows do not have."""
    raw = store.documents(_KIND).get(filter_id)
    if raw is None:
        raise NotFound("The contact list filter could not be found.")
    found = msgspec.json.decode(raw, type=_Filter)
    criteria = search.Criteria(filter_type=found.filter_type, clauses=found.clauses)
    asked = list(dict.fromkeys(each.column for each in search.predicates(criteria)))
    if not {*asked} <= {*columns.column_names}:
        raise NotFound("The contact list filter asks for other columns.")
    matches, read = search.matcher(criteria, asked, now), decoder(asked)
    return NamedFilter(found.name, lambda row: matches(next(iter(read([row])))))
