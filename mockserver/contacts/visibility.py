"""What can be seen already: eventual consistency, as far as the profile has any.

Everything is stored at once; only reading lags. Assumptions: what was deleted is gone at once, and what was changed
shows at once; a new list or contact can be written to before it can be read.
"""

from collections.abc import Sequence

from mockserver.contacts.selection import NO_LAG
from mockserver.dates import date_in
from mockserver.errors import contact_list_not_found
from mockserver.model import ContactList
from mockserver.state.org import Org


def size(org: Org, list_id: str) -> int:
    """How many contacts the list says it has."""
    lag_s = org.profile.semantics.size_lag_s
    return org.store.created_until(list_id, org.clock.now() - lag_s) if lag_s else org.store.size(list_id)


def search_horizon(org: Org) -> float:
    """Contacts created later are not found by searches."""
    lag_s = org.profile.semantics.search_lag_s
    return org.clock.now() - lag_s if lag_s else NO_LAG


def check_list(org: Org, contact_list: ContactList) -> None:
    """Raise NotFound if the list cannot be read yet."""
    lag_s = org.profile.semantics.get_lag_s
    created = date_in(contact_list.date_created) if lag_s else None
    if created is not None and created.timestamp() > org.clock.now() - lag_s:
        raise contact_list_not_found()


def readable(org: Org, list_id: str, ids: Sequence[str]) -> Sequence[str]:
    """Those of the contacts, which have to exist, that can be read by their ids."""
    lag_s = org.profile.semantics.get_lag_s
    if not lag_s:
        return ids
    newest = org.clock.now() - lag_s
    return [id_ for id_, moment in zip(ids, org.store.created_at(list_id, ids), strict=True) if moment <= newest]
