"""What is known of each strategy before it runs: where ids come from, and whether it may be sent twice."""

from dataclasses import dataclass

LEAD_ID = "the Lead ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    contact_id: str
    mapping: str
    twice: bool
    lost_answer: str  # what has to happen when nobody knows whether a write was done

    @property
    def own_ids(self) -> bool:
        """Whether the org has to take Lead IDs as contact IDs."""
        return self.contact_id == LEAD_ID


# That a contact sent with an existing id is updated, not added again, is inferred from the parameters of the
# operation. Source: SDK docstrings of post_outbound_contactlist_contacts (clearSystemData, doNotQueue).
# Assumption: an import without contact-id-name adds its rows again each time.
FACTS = {
    "batch-api": Facts(
        contact_id="made by Genesys",
        mapping="the answer to each batch, joined on the Lead ID it echoes",
        twice=False,
        lost_answer="the list is searched for the Lead IDs of the batch, and only what is missing is sent",
    ),
    "batch-api-own-ids": Facts(
        contact_id=LEAD_ID,
        mapping="contact ID = Lead ID, shown by each answer and proved by a later read",
        twice=True,
        lost_answer="the same batch is sent again to the same list: an update, not a second contact",
    ),
    "csv-import-export": Facts(
        contact_id="made by Genesys",
        mapping="an export of every list, joined on the Lead ID column",
        twice=False,
        lost_answer="the state of the import is read; a list in doubt is dropped and loaded anew",
    ),
    "csv-import-own-ids": Facts(
        contact_id=LEAD_ID,
        mapping="contact ID = Lead ID, proved by an export",
        twice=True,
        lost_answer="the same file is imported again into the same list: updates, not second contacts",
    ),
    "csv-import-search": Facts(
        contact_id="made by Genesys",
        mapping="searches, 100 contacts a page; here to show what that costs",
        twice=False,
        lost_answer="the state of the import is read; a list in doubt is dropped and loaded anew",
    ),
}
