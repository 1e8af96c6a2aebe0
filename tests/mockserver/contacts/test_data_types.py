"""Columns of a type."""

import random

import pytest

from mockserver.contacts import Contacts, rows
from mockserver.contacts.rows import INVALID, OUT_OF_RANGE, TOO_LONG
from mockserver.imports.csv_rows import FileRules, Report, read_chunks
from mockserver.model import ColumnDataType, ContactColumn, ContactList


def typed(*specifications):
    """A list whose column c has a type, besides a phone column."""
    return ContactList(
        id="l",
        name="L",
        date_created="",
        date_modified="",
        column_names=("c", "Phone"),
        phone_columns=(ContactColumn(column_name="Phone", type="cell"),),
        column_data_type_specifications=tuple(ColumnDataType(column_name="c", **each) for each in specifications),
    )


@pytest.mark.parametrize(
    ("specification", "cell", "complaint"),
    [
        ({"column_data_type": "NUMERIC"}, "-1.50", None),
        ({"column_data_type": "NUMERIC"}, "1,5", INVALID),
        ({"column_data_type": "NUMERIC"}, "", None),
        ({"column_data_type": "NUMERIC", "min": 0, "max": 9}, "9", None),
        ({"column_data_type": "NUMERIC", "min": 0, "max": 9}, "9.1", OUT_OF_RANGE),
        ({"column_data_type": "NUMERIC", "min": 0}, "-1", OUT_OF_RANGE),
        ({"column_data_type": "TEXT", "max_length": 3}, "äöü", None),
        ({"column_data_type": "TEXT", "max_length": 3}, "abcd", TOO_LONG),
        ({"max_length": 3}, "abcd", TOO_LONG),
        ({"column_data_type": "TIMESTAMP"}, "2026-01-01T00:00:00.000Z", None),
        ({"column_data_type": "TIMESTAMP"}, "2038-01-19", None),
        ({"column_data_type": "TIMESTAMP"}, "2038-01-20", OUT_OF_RANGE),
        ({"column_data_type": "TIMESTAMP"}, "soon", INVALID),
        ({"column_data_type": "DATETIME"}, "9999-12-31", None),
        ({"column_data_type": "DATETIME"}, "0999-12-31", OUT_OF_RANGE),
    ],
)
def test_checks(specification, cell, complaint):
    """Each type takes its own values, in its own range."""
    assert rows.checks(typed(specification))["c"](cell) == complaint


@pytest.fixture
def numbers(bare_org):
    """A stored list whose column c takes numbers up to 9."""
    contact_list = typed({"column_data_type": "NUMERIC", "max": 9})
    bare_org.store.create_list(contact_list)
    return contact_list


@pytest.mark.parametrize(
    ("cell", "status", "code"),
    [
        ("7", 200, ""),
        (7, 200, ""),
        ("10", 400, "contact.data.not.within.min.max.range"),
        (" 7", 400, "contact.data.invalid.datatype"),  # nothing is trimmed outside imports
    ],
)
def test_contacts_over_the_api(cell, status, code, ask, bare_org, numbers):
    """A cell that does not fit refuses the request, by POST and by PUT."""
    contacts = Contacts(bare_org)
    bare_org.store.add_contacts("l", ["x"], [b'{"c":"1"}'])
    sent = [{"data": {"c": value, "Phone": ""}} for value in ("1", cell)]
    added = ask(contacts.add, sent, contact_list_id="l")
    updated = ask(contacts.update, sent[1], contact_list_id="l", contact_id="x")
    assert [(added.status, added.code), (updated.status, updated.code)] == [(status, code)] * 2
    assert bare_org.store.size("l") == (3 if status == 200 else 1)


def test_imports(tmp_path, numbers, profile_with):
    """Rows that do not fit are skipped, each with its code; padding is trimmed first."""
    file = tmp_path / "file"
    file.write_text("Phone,c\n,7\n, 8 \n,10\n,x\n+15550100,\n")
    rules = FileRules(contact_list=numbers, limits=profile_with().limits, semantics=profile_with().semantics)
    report = Report()
    rows = [row for chunk in read_chunks(file, rules, random.Random(1), report) for row in chunk.rows]
    assert [row.split(b'"')[3] for row in rows] == [b"7", b"8", b""]
    assert [(event.record, event.code) for event in report.events] == [
        (4, "IMPORT_FAILED_CONTACT_DATA_NOT_WITHIN_MIN_MAX_RANGE"),
        (5, "IMPORT_FAILED_CONTACT_DATA_INVALID_DATATYPE"),
    ]
