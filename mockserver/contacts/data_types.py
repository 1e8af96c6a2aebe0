"""What the cells of a column have to be, if its list says so: numbers, dates, short texts.

Source: SDK 269.0.0 models/column_data_type_specification.py, codes of models/event_message.py. Assumptions: an empty
cell is of every type; `min` and `max` bound a number itself and are allowed; dates are written as in ISO 8601; what
lies outside the years a type holds is out of range.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from mockserver.clock import date_in
from mockserver.contacts.search import number_in
from mockserver.errors import BadRequest
from mockserver.model import ColumnDataType, ContactList

INVALID, OUT_OF_RANGE, TOO_LONG = "INVALID_DATATYPE", "NOT_WITHIN_MIN_MAX_RANGE", "GREATER_THAN_MAX_LENGTH"

Check = Callable[[str], str | None]  # a cell -> what is wrong with it

_YEARS = {
    "TIMESTAMP": (datetime(1970, 1, 1, tzinfo=UTC), datetime(2038, 1, 20, tzinfo=UTC)),
    "DATETIME": (datetime(1000, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
}


def checks(contact_list: ContactList) -> dict[str, Check]:
    """The checks of those columns that have a type or a length."""
    return {each.column_name: _check(each) for each in contact_list.column_data_type_specifications}


def refusal(column: str, complaint: str) -> BadRequest:
    """Assumption: the code, made like those that imports report."""
    return BadRequest(
        f"The value of the column {column} does not fit its data type.",
        f"contact.data.{complaint.lower().replace('_', '.')}",
    )


def event_code(complaint: str) -> str:
    return f"IMPORT_FAILED_CONTACT_DATA_{complaint}"


def _check(wanted: ColumnDataType) -> Check:
    of_type = _of_type(wanted)

    def check(cell: str) -> str | None:
        if not cell:
            return None
        if wanted.max_length is not None and len(cell) > wanted.max_length:
            return TOO_LONG
        return of_type(cell)

    return check


def _of_type(wanted: ColumnDataType) -> Check:
    match wanted.column_data_type:
        case "NUMERIC":
            return lambda cell: _number_complaint(cell, wanted)
        case "TIMESTAMP" | "DATETIME" as kind:
            first, end = _YEARS[kind]
            return lambda cell: _date_complaint(cell, first, end)
        case _:
            return lambda _: None


def _number_complaint(cell: str, wanted: ColumnDataType) -> str | None:
    number = number_in(cell)
    if number is None:
        return INVALID
    too_small = wanted.min is not None and number < wanted.min
    return OUT_OF_RANGE if too_small or (wanted.max is not None and number > wanted.max) else None


def _date_complaint(cell: str, first: datetime, end: datetime) -> str | None:
    moment = date_in(cell)
    if moment is None:
        return INVALID
    return None if first <= moment < end else OUT_OF_RANGE
