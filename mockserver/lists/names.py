"""What the lists are called that an import template makes. Pure."""

import re
from datetime import UTC, datetime

from mockserver.templates.model import ImportTemplate, NameFormat

# Assumption: the separators of the fixed formats. The tokens: SDK 269.0.0 models/import_template.py.
_FORMATS: dict[NameFormat, str] = {
    "ListNamePrefix": "%N",
    "ListNamePrefixMonthDayYear": "%N MM-DD-YYYY",
    "ListNamePrefixMonthDayYearHourMinuteSecond": "%N MM-DD-YYYY hh-mm-ss",
    "ListNamePrefixPart": "%N Part %P",
    "ListNamePrefixMonthDayYearPart": "%N MM-DD-YYYY Part %P",
    "ListNamePrefixMonthDayYearHourMinuteSecondPart": "%N MM-DD-YYYY hh-mm-ss Part %P",
}
_TOKEN = re.compile("%[NPFC]|YYYY|MM|DD|hh|mm|ss")
_MOMENT = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}


def list_name(template: ImportTemplate, *, prefix: str, part: int, filter_name: str, value: str, at: float) -> str:
    """The name of the list that holds part number `part`. Assumption: the moment is UTC, when the import begins."""
    moment = datetime.fromtimestamp(at, UTC)
    words = {token: moment.strftime(form) for token, form in _MOMENT.items()}
    words |= {"%N": prefix, "%P": str(part), "%F": filter_name, "%C": value}
    if template.list_name_format == "Custom":
        form = template.custom_list_name_format_value or ""
    else:
        form = _FORMATS[template.list_name_format]
    return _TOKEN.sub(lambda token: words[token[0]], form)
