"""Contact list templates: what the lists of an import template look like.

A template is a contact list without division, dates of its own and contacts, and obeys the same rules. Source of the
fields: SDK 269.0.0 models/contact_list_template.py. Assumption: unlike those of a list, its columns may change.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mockserver.errors import BadRequest
from mockserver.http import wire
from mockserver.http.named_resources import NamedResources
from mockserver.http.query import Query, several
from mockserver.http.validation import raise_first
from mockserver.ids import new_id
from mockserver.lists import rules as list_rules
from mockserver.lists import spec as list_spec
from mockserver.model import ContactList, Reference
from mockserver.operations.lists import SentContactList
from mockserver.operations.templates import LIST_TEMPLATES
from mockserver.state.org import Org
from mockserver.templates.rules import ImportTemplate


class ContactListTemplates(NamedResources[ContactList, SentContactList]):
    kind = "contact_list_template"
    path = LIST_TEMPLATES
    id_name = "template_id"
    entity = "ContactListTemplate"

    def __init__(self, org: Org, users: Callable[[], Sequence[ImportTemplate]]) -> None:
        """`users` gives the import templates, which may be in the way of a deletion."""
        super().__init__(org, ContactList, SentContactList)
        self._users = users

    def _build(self, spec: SentContactList, old: ContactList | None, others: Sequence[ContactList]) -> ContactList:
        now = wire.timestamp(self._org.clock.now())
        made = list_spec.contact_list(
            spec,
            list_id=old.id if old else new_id(self._org.rng_for("templates")),
            created=old.date_created if old else now,
            modified=now,
            version=old.version + 1 if old else 1,
            home=self._org.home_division,
        )
        new = msgspec.structs.replace(made, division=None, date_expiration=None)
        raise_first(list_rules.problems(new, self._org.profile.limits, others))
        return new

    def _to_json(self, each: ContactList, query: Query) -> dict[str, Any]:
        del query
        return wire.contact_list(each) | {"selfUri": f"{self.path}/{each.id}"}

    def _matches(self, each: ContactList, query: Query) -> bool:
        zones = several(query, "timeZone")
        return not zones or each.time_zone in zones

    def _check_unused(self, each: ContactList) -> None:
        users = [user for user in self._users() if user.contact_list_template.id == each.id]
        if users:
            raise BadRequest(
                f"The contact list template is used by the import template {users[0].name}.",
                "referential.integrity.error",
            )

    def reference(self, template_id: str) -> Reference:
        """Raises NotFound."""
        template = self.require(template_id)
        return Reference(id=template.id, name=template.name, self_uri=f"{self.path}/{template.id}")
