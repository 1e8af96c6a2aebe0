"""Filters on fields of contact lists, as a query names them."""

import pytest
from multidict import MultiDict
from yarl import URL

from mockserver.http.list_filters import field_tests, inline
from mockserver.model import ContactColumn, ContactList, Reference

LEADS = ContactList(
    id="1",
    name="Leads",
    date_created="2026-03-01T00:00:00.000Z",
    date_modified="2026-03-01T00:00:00.000Z",
    version=10,
    column_names=("Lead ID", "Phone"),
    phone_columns=(ContactColumn(column_name="Phone", type="cell"),),
    attempt_limits=Reference(id="limits"),
    time_zone="Europe/Paris",
)


def found(query):
    return all(test(LEADS) for test in field_tests(MultiDict(URL(f"/?{query}").query)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", True),
        ("timeZone=Europe/Paris", True),
        ("timeZone=Europe", False),
        ("timeZone=prefix:Europe", True),
        ("timeZone=Contains:Par", True),
        ("timeZone=endswith:London", False),
        ("dateCreated=greaterthan:2026-02-28T23:00:00Z", True),
        ("dateCreated=2026-03-01T01:00:00%2B01:00", True),  # the same moment
        ("dateCreated=greaterthan:2026-01-01&dateCreated=lessthan:2026-02-01", False),
        ("dateCreated=greaterthan:2026-01-01,lessthan:2026-04-01", True),
        ("dateExpiration=lessthan:2030-01-01", False),  # it has none
        ("version=greaterthan:9", True),
        ("version=lessthanequalto:9", False),
        ("automaticTimeZoneMapping=false", True),
        ("columnNames=Phone", True),
        ("phoneColumns=Lead ID", False),
        ("attemptLimits=limits", True),
        ("pageSize=3&somethingElse=x&timeZone=", True),
    ],
)
def test_fields(query, expected):
    """All values have to fit; what is no field is not looked at."""
    assert found(query) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("greaterthanequalto:5", ("GreaterThanEqualTo", "5")),
        ("10:30", ("Equals", "10:30")),
        ("equals", ("Equals", "equals")),
        ("regex:", ("RegEx", "")),
    ],
)
def test_inline_filter_types(value, expected):
    """Only a filter type before a colon is one."""
    assert inline(value) == expected
