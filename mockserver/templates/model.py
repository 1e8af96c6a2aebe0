"""Import templates as they are kept and as they are sent. Source: SDK 269.0.0 models/import_template.py."""

from typing import Literal

import msgspec

from mockserver.lists.spec import Int64, ReferenceSpec
from mockserver.model import Reference

Criteria = Literal["Percentage", "Quantity", "Column", "Custom"]
NameFormat = Literal[
    "ListNamePrefix",
    "ListNamePrefixMonthDayYear",
    "ListNamePrefixMonthDayYearHourMinuteSecond",
    "ListNamePrefixPart",
    "ListNamePrefixMonthDayYearPart",
    "ListNamePrefixMonthDayYearHourMinuteSecondPart",
    "Custom",
]


class Splitting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a file becomes several lists. Source: SDK 269.0.0 models/splitting_information.py."""

    criteria: Criteria
    criteria_value: str = ""
    create_remainder_contact_list: bool = False
    use_waterfall_rule: bool = False


class ImportTemplate(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    id: str
    name: str
    date_created: str
    date_modified: str
    version: int = 1
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


class SplittingSpec(msgspec.Struct, kw_only=True, rename="camel"):
    criteria: str | None = None
    criteria_value: str | int | None = None
    create_remainder_contact_list: bool | None = None
    use_waterfall_rule: bool | None = None


class ImportTemplateSpec(msgspec.Struct, kw_only=True, rename="camel"):
    """An import template as a client sends it. What the server owns is not even read."""

    name: str | None = None
    version: Int64 | None = None
    contact_list_template: ReferenceSpec | None = None
    contact_list_filter: ReferenceSpec | None = None
    use_splitting_criteria: bool | None = None
    splitting_information: SplittingSpec | None = None
    list_name_format: str | None = None
    custom_list_name_format_value: str | None = None
