"""What all named, versioned kinds of configuration can be asked, and those kinds: templates and filters."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.op_names import OP_NAMES

from .contacts import ContactListFilterBody, ContactListFilterListing, FilterPreview, SentContactListFilter
from .described import ALLOW_EMPTY, NAMED, NOT_FOUND, PAGING, PAST_THE_END, SORTED, Codes, Described, Parameter
from .jobs import BulkIds, ImportTemplateBody, ImportTemplateListing, SentImportTemplate
from .lists import COLUMNS, LIST_RULES, ContactListTemplate, ContactListTemplateListing, SentContactList
from .shapes import ImportStatusBody

_NAME = ("name.cannot.be.blank", "name.length.exceeded", "duplicate.name")
_IMPORT_STATUS = Parameter("includeImportStatus", bool, "Tell how the last import went; of import templates only.")
_IDS = Parameter("id", str, "Which ones.", many=True, required=True)
_LISTED = (*PAGING, *NAMED, *SORTED, _IMPORT_STATUS, ALLOW_EMPTY)


def _resource_operations(
    name: str,
    noun: str,
    sent: Any,
    answer: Any,
    listing: Any,
    *,
    refusals: Codes,
    query: Sequence[Parameter] = (),
    in_use: tuple[str, ...] = (),
    example: Mapping[str, Any] | None = None,
) -> dict[str, Described]:
    """`refusals` are those of a new or changed one, `in_use` those of deleting one."""
    invalid = refusals[400]
    not_found = {404: tuple(dict.fromkeys((*refusals.get(404, ()), *NOT_FOUND[404])))}
    new = {**refusals, 400: (*invalid, "max.entity.count.reached")}
    changed = {400: invalid, 409: ("invalid.update.wrong.version",), **not_found}
    return {
        f"{name}.create": Described(summary=f"Create a {noun}", body=sent, example=example, answer=answer, codes=new),
        f"{name}.list": Described(
            summary=f"A page of the {noun}s",
            query=(*_LISTED, *query),
            answer=listing,
            codes={400: ("invalid.value",), **PAST_THE_END},
        ),
        f"{name}.get": Described(
            summary=f"A {noun}",
            query=(_IMPORT_STATUS,),
            answer=answer,
            codes={400: ("invalid.value",), **NOT_FOUND},
        ),
        f"{name}.update": Described(
            summary=f"Change a {noun}",
            body=sent,
            example=example and {"version": 1, **example},
            answer=answer,
            codes=changed,
        ),
        f"{name}.delete": Described(summary=f"Delete a {noun}", status=204, codes={400: in_use, **NOT_FOUND}),
        f"{name}.delete_many": Described(
            summary=f"Delete {noun}s", query=(_IDS,), status=204, codes={400: ("too.many.deletes", *in_use)}
        ),
        f"{name}.bulk_add": Described(
            summary=f"Create several {noun}s, or none",
            body=list[sent],
            example=example and [{**example, "name": "Second"}],
            answer=listing,
            codes=new,
        ),
        f"{name}.bulk_get": Described(summary=f"Several {noun}s by id", body=BulkIds, answer=listing),
    }


_FILTER_RULES: Codes = {
    400: (*_NAME, "invalid.contact.columns", "invalid.value"),
    404: ("contact.list.not.found", "resource.not.found"),
}

_EVERYTHING = {
    **_resource_operations(
        "list_templates",
        "contact list template",
        SentContactList,
        ContactListTemplate,
        ContactListTemplateListing,
        refusals={400: LIST_RULES},
        example={"name": "First", **COLUMNS},
        query=(Parameter("timeZone", str, "Only of these time zones.", many=True),),
        in_use=("referential.integrity.error",),
    ),
    **_resource_operations(
        "import_templates",
        "import template",
        SentImportTemplate,
        ImportTemplateBody,
        ImportTemplateListing,
        refusals={
            400: (*_NAME, "contact.list.template.not.found", "contact.list.filter.not.found", "invalid.value"),
            404: ("contact.list.filter.not.found",),
        },
        query=(Parameter("contactListTemplateId", str, "Only with these templates.", many=True),),
        in_use=("contact.list.import.in.progress",),
    ),
    "import_templates.status": Described(
        summary="How far an import through the template is",
        query=(Parameter("listNamePrefix", str, "Of the newest import with this prefix."),),
        answer=ImportStatusBody,
        codes=NOT_FOUND,
    ),
    **_resource_operations(
        "filters",
        "contact list filter",
        SentContactListFilter,
        ContactListFilterBody,
        ContactListFilterListing,
        refusals=_FILTER_RULES,
        query=(Parameter("contactListId", str, "Only of this contact list."),),
        in_use=("referential.integrity.error",),
    ),
    "filters.preview": Described(
        summary="What a filter would pass; nothing is stored",
        body=SentContactListFilter,
        answer=FilterPreview,
        codes=_FILTER_RULES,
    ),
}

KEPT = {op: described for op, described in _EVERYTHING.items() if op in OP_NAMES}  # not every kind can do everything
