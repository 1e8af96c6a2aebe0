"""Import templates: how one uploaded file becomes one or several contact lists; and templates of these lists."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import msgspec
from aiohttp import web

from mockserver.errors import BadRequest, NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.named_resources import NamedResources
from mockserver.http.query import Query, flag, several
from mockserver.http.validation import raise_first
from mockserver.ids import new_id
from mockserver.lists import rules as list_rules
from mockserver.model import ContactList, ImportStatus, Reference
from mockserver.operations.bodies import SentReference
from mockserver.operations.lists import SentContactList
from mockserver.operations.templates import (
    IMPORT_TEMPLATES,
    LIST_TEMPLATES,
    NameFormat,
    SentImportTemplate,
    SentSplitting,
    SplittingCriteria,
)
from mockserver.state import Org
from mockserver.templates import rules as template_rules
from mockserver.templates.plans import usable_filter
from mockserver.templates.rules import ImportTemplate, Splitting

# Contact list templates: what the lists of an import template look like.


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
        made = list_rules.contact_list(
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


class ImportsByTemplate(Protocol):
    """The imports through templates, as far as a template is concerned with them."""

    def poll(self, template_id: str) -> None: ...
    def status_of(self, template_id: str, prefix: str | None = None) -> ImportStatus: ...
    def is_running(self, template_id: str) -> bool: ...


class ImportTemplates(NamedResources[ImportTemplate, SentImportTemplate]):
    kind = "import_template"
    path = IMPORT_TEMPLATES
    id_name = "template_id"
    entity = "ImportTemplate"

    def __init__(
        self, org: Org, list_templates: ContactListTemplates, imports: Callable[[], ImportsByTemplate]
    ) -> None:
        super().__init__(org, ImportTemplate, SentImportTemplate)
        self._list_templates, self._imports = list_templates, imports

    async def status(self, request: web.Request) -> PendingOperation:
        """GET .../importstatus, of the newest import, or of the newest with `listNamePrefix`."""
        template_id, prefix = request.match_info[self.id_name], request.query.get("listNamePrefix")

        def commit() -> Response:
            self.require(template_id)
            self._imports().poll(template_id)
            return json_response(self._imports().status_of(template_id, prefix))

        return PendingOperation(commit)

    def _build(
        self, spec: SentImportTemplate, old: ImportTemplate | None, others: Sequence[ImportTemplate]
    ) -> ImportTemplate:
        raise_first(template_rules.problems_as_sent(spec))
        now, template_ref = wire.timestamp(self._org.clock.now()), self._template(spec.contact_list_template)
        new = ImportTemplate(
            id=old.id if old else new_id(self._org.rng_for("templates")),
            name=spec.name or "",
            date_created=old.date_created if old else now,
            date_modified=now,
            version=old.version + 1 if old else 1,
            contact_list_template=template_ref,
            contact_list_filter=self._filter(spec.contact_list_filter),
            use_splitting_criteria=bool(spec.use_splitting_criteria),
            splitting_information=_splitting(spec.splitting_information),
            list_name_format=cast("NameFormat", spec.list_name_format or "ListNamePrefix"),
            custom_list_name_format_value=spec.custom_list_name_format_value,
        )
        columns = self._list_templates.require(template_ref.id)
        raise_first(template_rules.problems(new, columns, self._org.profile.limits, others))
        for filter_id in new.splitting_filter_ids:
            usable_filter(self._org.store, filter_id)
        return new

    def _to_json(self, each: ImportTemplate, query: Query) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "version": each.version,
            "useSplittingCriteria": each.use_splitting_criteria,
            "listNameFormat": each.list_name_format,
            **msgspec.to_builtins(each),
            "selfUri": f"{self.path}/{each.id}",
        }
        if flag(query, "includeImportStatus"):
            shown["importStatus"] = self._imports().status_of(each.id)
        return shown

    def _matches(self, each: ImportTemplate, query: Query) -> bool:
        wanted = several(query, "contactListTemplateId")
        return not wanted or each.contact_list_template.id in wanted

    def _check_unused(self, each: ImportTemplate) -> None:
        """Assumption: as for a contact list, an import that runs is in the way."""
        if self._imports().is_running(each.id):
            raise BadRequest("The contact list import is in progress.", "contact.list.import.in.progress")

    def _template(self, sent: SentReference | None) -> Reference:
        try:
            return self._list_templates.reference((sent and sent.id) or "")
        except NotFound as error:
            raise BadRequest(
                "The contact list template could not be found.", "contact.list.template.not.found"
            ) from error

    def _filter(self, sent: SentReference | None) -> Reference | None:
        return usable_filter(self._org.store, sent.id) if sent and sent.id else None


def _splitting(sent: SentSplitting | None) -> Splitting | None:
    if sent is None:
        return None
    return Splitting(
        criteria=cast("SplittingCriteria", sent.criteria),
        criteria_value=template_rules.criteria_value(sent),
        create_remainder_contact_list=bool(sent.create_remainder_contact_list),
        use_waterfall_rule=bool(sent.use_waterfall_rule),
    )
