"""What an import template may look like. Assumption: all codes but those that the same rule has for contact lists."""

from collections.abc import Iterator, Sequence
from typing import get_args

import msgspec

from mockserver.errors import BadRequest, invalid_value
from mockserver.http.validation import name_problems
from mockserver.model import ContactList, NamedResource, Reference
from mockserver.operations.templates import NameFormat, SentImportTemplate, SentSplitting, SplittingCriteria
from mockserver.profile import PlatformLimits


class Splitting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a file becomes several lists. Source: SDK 269.0.0 models/splitting_information.py."""

    criteria: SplittingCriteria
    criteria_value: str = ""
    create_remainder_contact_list: bool = False
    use_waterfall_rule: bool = False


class ImportTemplate(NamedResource, frozen=True, kw_only=True):
    """As it is kept. Source: SDK 269.0.0 models/import_template.py."""

    contact_list_template: Reference
    contact_list_filter: Reference | None = None
    use_splitting_criteria: bool = False
    splitting_information: Splitting | None = None
    list_name_format: NameFormat = "ListNamePrefix"
    custom_list_name_format_value: str | None = None

    @property
    def splitting(self) -> Splitting | None:
        """What is in force."""
        return self.splitting_information if self.use_splitting_criteria else None

    @property
    def splitting_filter_ids(self) -> list[str]:
        """Of criteria Custom, else none. Assumption: ids of contact list filters, comma-joined."""
        if self.splitting is None or self.splitting.criteria != "Custom":
            return []
        return [part.strip() for part in self.splitting.criteria_value.split(",") if part.strip()]


def problems_as_sent(spec: SentImportTemplate) -> Iterator[BadRequest]:
    """What keeps a spec from becoming a template at all."""
    if not (spec.contact_list_template and spec.contact_list_template.id):
        yield BadRequest("A contact list template must be provided.")
    if spec.list_name_format not in (None, *get_args(NameFormat)):
        yield invalid_value(spec.list_name_format, "listNameFormat", ", ".join(get_args(NameFormat)))
    splitting = spec.splitting_information
    if splitting and splitting.criteria not in get_args(SplittingCriteria):
        yield invalid_value(splitting.criteria, "criteria", ", ".join(get_args(SplittingCriteria)))
    if spec.use_splitting_criteria and splitting is None:
        yield BadRequest("splittingInformation is required if useSplittingCriteria is true.")


def problems(
    new: ImportTemplate, columns: ContactList, limits: PlatformLimits, others: Sequence[ImportTemplate]
) -> Iterator[BadRequest]:
    """What is wrong with a template whose lists look like `columns`."""
    yield from name_problems(new, limits, others)
    if new.list_name_format == "Custom" and "%N" not in (new.custom_list_name_format_value or ""):
        # Source: SDK 269.0.0 models/import_template.py, at least %N is required.
        yield invalid_value(new.custom_list_name_format_value, "customListNameFormatValue", "a format with %N")
    yield from _splitting_problems(new, columns)


def criteria_value(sent: SentSplitting) -> str:
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
