"""Contact list filters: searches with a name, that searches, exports and bulk jobs may refer to.

Source of the fields: SDK 269.0.0 models/contact_list_filter.py. Assumptions: names, versions and limits are as with
contact lists; a filter may be used on another list than its own if that has the columns; one without clauses passes
every contact.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from mockserver.contacts import Contacts, search
from mockserver.contacts import selection as contact_search
from mockserver.errors import BadRequest, invalid_value
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.named_resources import NamedResources
from mockserver.http.query import Query
from mockserver.http.validation import name_problems, raise_first
from mockserver.ids import new_id
from mockserver.model import ContactList, NamedResource, Reference
from mockserver.operations.contacts import Clause, Criteria
from mockserver.operations.templates import FILTERS, SentContactListFilter, SourceType
from mockserver.state import Org
from mockserver.state.references import check_unused
from mockserver.templates import ContactListTemplates, ImportTemplates

_PREVIEWED = 10  # Assumption: how many contacts a preview holds


class ContactListFilter(NamedResource, frozen=True, kw_only=True):
    contact_list: Reference | None = None
    contact_list_template: Reference | None = None
    source_type: SourceType = "ContactList"
    clauses: list[Clause] = msgspec.field(default_factory=list)
    filter_type: str = "AND"

    @property
    def criteria(self) -> Criteria:
        return Criteria(filter_type=self.filter_type, clauses=self.clauses)


class ContactListFilters(NamedResources[ContactListFilter, SentContactListFilter]):
    kind = contact_search.FILTERS
    path = FILTERS
    id_name = "filter_id"
    entity = "ContactListFilter"

    def __init__(
        self, org: Org, contacts: Contacts, list_templates: ContactListTemplates, import_templates: ImportTemplates
    ) -> None:
        super().__init__(org, ContactListFilter, SentContactListFilter)
        self._contacts, self._list_templates, self._import_templates = contacts, list_templates, import_templates

    async def preview(self, request: web.Request) -> PendingOperation:
        """Answer with how many contacts a filter would pass, and the first of them. Nothing is stored."""
        spec = self._parse(await self._body(request))
        return PendingOperation(lambda: self._preview(spec))

    def _preview(self, spec: SentContactListFilter) -> Response:
        """Assumption: only a filter of a contact list has a preview, a template has no contacts."""
        if spec.contact_list is None or not spec.contact_list.id:
            raise invalid_value(None, "contactList", "the id of a contact list")
        new = self._filter(spec, "preview", None)
        contact_list = self._org.store.contact_list(spec.contact_list.id)
        found = contact_search.matching(self._org.store, contact_list, new.criteria, self._org.clock.now())
        shown = self._contacts.contacts_json(contact_list, found[:_PREVIEWED])
        body = {
            "filteredContacts": len(found),
            "totalContacts": self._org.store.size(contact_list.id),
            "preview": [msgspec.Raw(contact) for contact in shown],
        }
        return json_response(body)

    def _build(
        self, spec: SentContactListFilter, old: ContactListFilter | None, others: Sequence[ContactListFilter]
    ) -> ContactListFilter:
        made = self._filter(spec, old.id if old else new_id(self._org.rng_for("filters")), old)
        raise_first(name_problems(made, self._org.profile.limits, others))
        return made

    def _filter(self, spec: SentContactListFilter, filter_id: str, old: ContactListFilter | None) -> ContactListFilter:
        now = wire.timestamp(self._org.clock.now())
        source = spec.source_type or "ContactList"
        based_on = self._source(spec, source)
        reference = Reference(id=based_on.id, name=based_on.name)
        made = ContactListFilter(
            id=filter_id,
            name=spec.name or "",
            date_created=old.date_created if old else now,
            date_modified=now,
            version=old.version + 1 if old else 1,
            contact_list=reference if source == "ContactList" else None,
            contact_list_template=reference if source == "ContactListTemplate" else None,
            source_type=source,
            clauses=spec.clauses or [],
            filter_type=spec.filter_type or "AND",
        )
        search.check(made.criteria, based_on.column_names, self._org.clock.now())
        return made

    def _source(self, spec: SentContactListFilter, source: SourceType) -> ContactList:
        """What the filter is based on. Raises NotFound; BadRequest if it is not named."""
        is_list = source == "ContactList"
        named = spec.contact_list if is_list else spec.contact_list_template
        if named is None or not named.id:
            raise invalid_value(None, "contactList" if is_list else "contactListTemplate", f"the id of a {source}")
        return self._org.store.contact_list(named.id) if is_list else self._list_templates.require(named.id)

    def _most(self) -> int:
        return self._org.profile.limits.filters_per_org

    def _to_json(self, each: ContactListFilter, query: Query) -> dict[str, Any]:
        del query
        defaults = {"version": 1, "sourceType": "ContactList", "clauses": [], "filterType": "AND"}
        return {**defaults, **msgspec.to_builtins(each), "selfUri": f"{self.path}/{each.id}"}

    def _matches(self, each: ContactListFilter, query: Query) -> bool:
        wanted = query.get("contactListId", "")
        return not wanted or (each.contact_list is not None and each.contact_list.id == wanted)

    def _check_unused(self, each: ContactListFilter) -> None:
        check_unused(self._org.store, self.kind, each.id)
        users = [user for user in self._import_templates.all() if user.contact_list_filter]
        if any(user.contact_list_filter and user.contact_list_filter.id == each.id for user in users):
            raise BadRequest("The contact list filter is used by an import template.", "referential.integrity.error")
