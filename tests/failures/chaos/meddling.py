"""What somebody else does to the contacts of a finished run: a proof of before must not be taken for one of now."""

from typing import Literal

from mockserver.state import Org

Meddling = Literal["lost", "doubled"]


def meddle(org: Org, how: Meddling) -> None:
    """One contact is deleted, or a lead is given a second one, in the first list that holds any."""
    list_id = next(item.id for item in org.store.contact_lists() if org.store.size(item.id))
    page = org.store.page(list_id, 0, 1)
    if how == "lost":
        org.store.delete_contacts(list_id, page.ids)
    else:
        org.store.add_contacts(list_id, ["somebody-elses"], page.rows)
