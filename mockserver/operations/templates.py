"""Templates and filters: named, versioned kinds of configuration, which can all be asked much the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET
from msgspec import UnsetType as Unset

from mockserver.operations.bodies import (
    Answered,
    Count,
    DomainEntityRef,
    ImportStatusBody,
    Moment,
    Sent,
    SentNamed,
    SentReference,
    ServersOwn,
    listing_of,
    one_of,
)
from mockserver.operations.contacts import Clause, ColumnType, DialerContact, FilterType, Operator, Scalar
from mockserver.operations.lists import (
    COLUMNS,
    LIST_RULES,
    ContactListTemplate,
    SentContactList,
)
from mockserver.operations.operation import (
    ALLOW_EMPTY,
    LISTED,
    NOT_FOUND,
    PAST_THE_END,
    Codes,
    Operation,
    Parameter,
)

SourceType = Literal["ContactList", "ContactListTemplate"]
SplittingCriteria = Literal["Percentage", "Quantity", "Column", "Custom"]
NameFormat = Literal[
    "ListNamePrefix",
    "ListNamePrefixMonthDayYear",
    "ListNamePrefixMonthDayYearHourMinuteSecond",
    "ListNamePrefixPart",
    "ListNamePrefixMonthDayYearPart",
    "ListNamePrefixMonthDayYearHourMinuteSecondPart",
    "Custom",
]


class FilterRange(Answered, frozen=True, kw_only=True):
    min: Scalar | None = None
    max: Scalar | None = None
    min_inclusive: bool | None = None
    max_inclusive: bool | None = None
    in_set: list[Scalar] | None = None


class FilterPredicate(Answered, frozen=True, kw_only=True):
    column: str
    operator: Operator
    column_type: ColumnType | None = None
    value: Scalar | None = None
    range: FilterRange | None = None
    inverted: bool | None = None


class FilterClause(Answered, frozen=True, kw_only=True):
    filter_type: FilterType | None = None
    predicates: list[FilterPredicate] | None = None


class ContactListFilterBody(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    date_created: Moment
    date_modified: Moment
    version: Count
    contact_list: DomainEntityRef | Unset = UNSET
    contact_list_template: DomainEntityRef | Unset = UNSET
    source_type: SourceType
    clauses: list[FilterClause]
    filter_type: FilterType
    self_uri: str


class SentContactListFilter(SentNamed, frozen=True, kw_only=True):
    """A filter to be made or changed. `version` has to be the current one in a change."""

    contact_list: SentReference | None = None
    contact_list_template: SentReference | None = None
    source_type: SourceType | None = None
    clauses: list[Clause] | None = None
    filter_type: Annotated[str, one_of(get_args(FilterType))] | None = None


class FilterPreview(Answered, frozen=True, kw_only=True):
    filtered_contacts: Count
    total_contacts: Count
    preview: list[DialerContact]


class BulkIds(Sent, frozen=True, kw_only=True):
    ids: list[str]


class SplittingInformation(Answered, frozen=True, kw_only=True):
    criteria: SplittingCriteria
    criteria_value: str
    create_remainder_contact_list: bool
    use_waterfall_rule: bool


class ImportTemplateBody(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    date_created: Moment
    date_modified: Moment
    version: Count
    contact_list_template: DomainEntityRef
    contact_list_filter: DomainEntityRef | Unset = UNSET
    use_splitting_criteria: bool
    splitting_information: SplittingInformation | Unset = UNSET
    list_name_format: NameFormat
    custom_list_name_format_value: str | Unset = UNSET
    import_status: ImportStatusBody | Unset = UNSET
    self_uri: str


class SentSplitting(Sent, frozen=True, kw_only=True):
    criteria: Annotated[str, one_of(get_args(SplittingCriteria), documented=False)] | None = None
    criteria_value: str | int | None = None
    create_remainder_contact_list: bool | None = None
    use_waterfall_rule: bool | None = None


class SentImportTemplate(SentNamed, frozen=True, kw_only=True):
    """An import template to be made or changed. `version` has to be the current one in a change."""

    contact_list_template: SentReference | None = None
    contact_list_filter: SentReference | None = None
    use_splitting_criteria: bool | None = None
    splitting_information: SentSplitting | None = None
    list_name_format: Annotated[str, one_of(get_args(NameFormat), documented=False)] | None = None
    custom_list_name_format_value: str | None = None
    import_status: ServersOwn = None


FILTERS = "/api/v2/outbound/contactlistfilters"
LIST_TEMPLATES = "/api/v2/outbound/contactlisttemplates"
IMPORT_TEMPLATES = "/api/v2/outbound/importtemplates"

NAME_RULES = ("name.cannot.be.blank", "name.length.exceeded", "duplicate.name")
_IMPORT_STATUS = Parameter("includeImportStatus", bool, "Tell how the last import went; of import templates only.")
_IDS = Parameter("id", str, "Which ones.", many=True, required=True)


def named_operations(
    name: str,
    every: str,
    one: str,
    permission: str,
    *,
    noun: str,
    sent: Any,
    answer: Any,
    refusals: Codes,
    query: Sequence[Parameter] = (),
    in_use: tuple[str, ...] = (),
    example: Mapping[str, Any] | None = None,
    shown: tuple[Parameter, ...] = (_IMPORT_STATUS,),
) -> Iterator[Operation]:
    """What every kind can be asked. `refusals` are those of a new or changed one, `in_use` those of deleting one.

    `shown` are the parameters of both ways to read it. Permissions of bulk operations: assumptions.
    """
    invalid, listing = refusals[400], listing_of(answer)
    not_found = {404: tuple(dict.fromkeys((*refusals.get(404, ()), *NOT_FOUND[404])))}
    new = {**refusals, 400: (*invalid, "max.entity.count.reached")}
    changed = {400: invalid, 409: ("invalid.update.wrong.version",), **not_found}
    add, view, edit, delete = (f"{permission}:{action}" for action in ("add", "view", "edit", "delete"))
    yield from (
        Operation(
            f"{name}.create", "POST", every, f"{name}.create", add,
            summary=f"Create a {noun}", body=sent, example=example, answer=answer, codes=new,
        ),
        Operation(
            f"{name}.list", "GET", every, f"{name}.list", view,
            summary=f"A page of the {noun}s", query=(*LISTED, *shown, ALLOW_EMPTY, *query),
            answer=listing, codes={400: ("invalid.value",), **PAST_THE_END},
        ),
        Operation(
            f"{name}.delete_many", "DELETE", every, f"{name}.delete_many", delete,
            summary=f"Delete {noun}s", query=(_IDS,), status=204, codes={400: ("too.many.deletes", *in_use)},
        ),
        Operation(
            f"{name}.bulk_add", "POST", f"{every}/bulk/add", f"{name}.bulk_add", add,
            summary=f"Create several {noun}s, or none", body=list[sent],
            example=example and [{**example, "name": "Second"}], answer=listing, codes=new,
        ),
        Operation(
            f"{name}.bulk_get", "POST", f"{every}/bulk/retrieve", f"{name}.bulk_retrieve", view,
            summary=f"Several {noun}s by id", body=BulkIds, answer=listing,
        ),
        Operation(
            f"{name}.get", "GET", one, f"{name}.get", view,
            summary=f"A {noun}", query=shown, answer=answer, codes={400: ("invalid.value",), **NOT_FOUND},
        ),
        Operation(
            f"{name}.update", "PUT", one, f"{name}.update", edit,
            summary=f"Change a {noun}", body=sent, example=example and {"version": 1, **example}, answer=answer,
            codes=changed,
        ),
        Operation(
            f"{name}.delete", "DELETE", one, f"{name}.delete", delete,
            summary=f"Delete a {noun}", status=204, codes={400: in_use, **NOT_FOUND},
        ),
    )  # fmt: skip


_FILTER_RULES: Codes = {
    400: (*NAME_RULES, "invalid.contact.columns", "invalid.value"),
    404: ("contact.list.not.found", "resource.not.found"),
}
# Not every kind can do everything.
_NOT_SERVED = {"filters.delete_many", "filters.bulk_add", "import_templates.bulk_get"}

_ALL = (
    *named_operations(
        "filters", FILTERS, FILTERS + "/{filter_id}", "outbound:contactListFilter",
        noun="contact list filter", sent=SentContactListFilter, answer=ContactListFilterBody,
        refusals=_FILTER_RULES,
        query=(Parameter("contactListId", str, "Only of this contact list."),),
        in_use=("referential.integrity.error",),
    ),
    Operation(
        "filters.preview", "POST", FILTERS + "/preview", "filters.preview", "outbound:contact:view",
        summary="What a filter would pass; nothing is stored", body=SentContactListFilter, answer=FilterPreview,
        codes=_FILTER_RULES,
    ),
    *named_operations(
        "list_templates", LIST_TEMPLATES, LIST_TEMPLATES + "/{template_id}", "outbound:contactListTemplate",
        noun="contact list template", sent=SentContactList, answer=ContactListTemplate,
        refusals={400: LIST_RULES},
        example={"name": "First", **COLUMNS},
        query=(Parameter("timeZone", str, "Only of these time zones.", many=True),),
        in_use=("referential.integrity.error",),
    ),
    *named_operations(
        "import_templates", IMPORT_TEMPLATES, IMPORT_TEMPLATES + "/{template_id}", "outbound:importTemplate",
        noun="import template", sent=SentImportTemplate, answer=ImportTemplateBody,
        refusals={
            400: (*NAME_RULES, "contact.list.template.not.found", "contact.list.filter.not.found", "invalid.value"),
            404: ("contact.list.filter.not.found",),
        },
        query=(Parameter("contactListTemplateId", str, "Only with these templates.", many=True),),
        in_use=("contact.list.import.in.progress",),
    ),
    Operation(
        "import_templates.status", "GET", IMPORT_TEMPLATES + "/{template_id}/importstatus", "import_templates.status",
        "outbound:importTemplate:view",
        summary="How far an import through the template is",
        query=(Parameter("listNamePrefix", str, "Of the newest import with this prefix."),), answer=ImportStatusBody,
        codes=NOT_FOUND,
    ),
)  # fmt: skip

TEMPLATES = tuple(each for each in _ALL if each.op not in _NOT_SERVED)
