"""What an import template may look like. Assumption: all codes but those that the same rule has for contact lists."""

from collections.abc import Iterator, Sequence
from typing import get_args

from mockserver.errors import BadRequest
from mockserver.http.query import invalid_value
from mockserver.model import ContactList
from mockserver.profile import Limits
from mockserver.templates.model import Criteria, ImportTemplate, ImportTemplateSpec, NameFormat, SplittingSpec


def problems_as_sent(spec: ImportTemplateSpec) -> Iterator[BadRequest]:
    """What keeps a spec from becoming a template at all."""
    if not (spec.contact_list_template and spec.contact_list_template.id):
        yield BadRequest("A contact list template must be provided.")
    if spec.list_name_format not in (None, *get_args(NameFormat)):
        yield invalid_value(spec.list_name_format, "listNameFormat", ", ".join(get_args(NameFormat)))
    splitting = spec.splitting_information
    if splitting and splitting.criteria not in get_args(Criteria):
        yield invalid_value(splitting.criteria, "criteria", ", ".join(get_args(Criteria)))
    if spec.use_splitting_criteria and splitting is None:
        yield BadRequest("splittingInformation is required if useSplittingCriteria is true.")


def problems(
    new: ImportTemplate, columns: ContactList, limits: Limits, others: Sequence[ImportTemplate]
) -> Iterator[BadRequest]:
    """What is wrong with a template whose lists look like `columns`."""
    if not new.name.strip():
        yield BadRequest("A name must be provided.", "name.cannot.be.blank")
    if len(new.name) > limits.list_name_chars:
        yield BadRequest(
            f"The name length exceeds the limit of {limits.list_name_chars} characters.", "name.length.exceeded"
        )
    if any(other.name == new.name and other.id != new.id for other in others):
        yield BadRequest("The name already exists.", "duplicate.name")
    if new.list_name_format == "Custom" and "%N" not in (new.custom_list_name_format_value or ""):
        # Source: SDK 269.0.0 models/import_template.py, at least %N is required.
        yield invalid_value(new.custom_list_name_format_value, "customListNameFormatValue", "a format with %N")
    yield from _splitting_problems(new, columns)


def criteria_value(sent: SplittingSpec) -> str:
    return "" if sent.criteria_value is None else str(sent.criteria_value)


def _splitting_problems(new: ImportTemplate, columns: ContactList) -> Iterator[BadRequest]:
    if (splitting := new.splitting) is None:
        return
    value = splitting.criteria_value
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    match splitting.criteria:
        case "Quantity" if number < 1:
            yield invalid_value(value, "criteriaValue", "whole numbers from 1")
        case "Percentage" if not 1 <= number <= 100:
            yield invalid_value(value, "criteriaValue", "whole numbers from 1 to 100")
        case "Column" if value not in columns.column_names:
            yield invalid_value(value, "criteriaValue", ", ".join(columns.column_names))
        case "Custom" if not new.splitting_filter_ids:
            yield invalid_value(value, "criteriaValue", "ids of contact list filters")
