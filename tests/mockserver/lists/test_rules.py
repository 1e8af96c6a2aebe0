"""What a contact list may look like."""

import pytest

from mockserver.lists import rules as list_rules
from mockserver.lists import rules as list_spec
from mockserver.model import Reference
from mockserver.operations.bodies import read_as
from mockserver.operations.lists import SentContactList

HOME = Reference(id="home", name="Home")
GOOD = {
    "name": "January",
    "columnNames": ["Lead ID", "Phone", "Zip", "Hours"],
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
}
PHONE_ID = {"columnName": "inin-outbound-id", "type": "cell"}


def made(body, *, list_id="new"):
    spec = read_as(body, SentContactList)
    return list_spec.contact_list(spec, list_id=list_id, created="", modified="", version=1, home=HOME)


def codes(body, limits, others=()):
    return [problem.code for problem in list_rules.problems(made(body), limits, others)]


@pytest.fixture
def limits(profile_with):
    return profile_with().limits


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": None}, ["name.cannot.be.blank"]),
        ({"name": "  "}, ["name.cannot.be.blank"]),
        ({"name": "n" * 65}, ["name.length.exceeded"]),
        ({"name": "Taken"}, ["duplicate.name"]),
        ({"columnNames": []}, ["no.contact.columns.defined", "contact.columns.do.not.contain.phone.number.column"]),
        ({"columnNames": ["Phone", *(str(n) for n in range(50))]}, ["contact.columns.limit.exceeded"]),
        ({"columnNames": ["Phone", "Phone"]}, ["not.unique.contact.columns"]),
        ({"columnNames": ["Phone", "c" * 129]}, ["contact.column.length.limit.exceeded"]),
        ({"columnNames": ["Phone", "a\\b"]}, ["bad.request"]),
        ({"columnNames": ["Phone", ""]}, ["bad.request"]),
        ({"phoneColumns": []}, ["contact.list.both.phone.email.column.empty"]),
        ({"phoneColumns": [], "emailColumns": [{"columnName": "Zip", "type": "work"}]}, []),
        ({"columnNames": ["inin-outbound-id"], "phoneColumns": [PHONE_ID]}, ["system.column.phone.column"]),
        (
            {"phoneColumns": [{"columnName": "Fax", "type": "f"}]},
            ["contact.columns.do.not.contain.phone.number.column"],
        ),
        ({"phoneColumns": GOOD["phoneColumns"] * 2}, ["not.unique.phone.columns"]),
        ({"phoneColumns": [{"columnName": "Phone"}]}, ["invalid.contact.phone.column"]),
        (
            {"phoneColumns": [{"columnName": "Phone", "type": "cell", "callableTimeColumn": "Never"}]},
            ["invalid.contact.phone.column"],
        ),
        (
            {
                "phoneColumns": [{"columnName": "Phone", "type": "cell", "callableTimeColumn": "Hours"}],
                "automaticTimeZoneMapping": True,
            },
            ["cannot.have.callable.time.column.with.automatic.time.zone.mapping"],
        ),
        (
            {"zipCodeColumnName": "Zip"},
            ["cannot.have.zip.code.column.without.automatic.time.zone.mapping"],
        ),
        ({"zipCodeColumnName": "Phone", "automaticTimeZoneMapping": True}, ["invalid.zip.code.column"]),
        ({"emailColumns": [{"columnName": "Mail", "type": "work"}]}, ["invalid.value"]),
        ({"retentionType": "Sometimes"}, ["invalid.value"]),
        ({"retentionType": "DateExpiration"}, ["invalid.value"]),  # of a contact it is one
        ({"retentionType": "RetentionDays"}, ["invalid.value"]),
        ({"dateExpiration": "tomorrow"}, ["invalid.date"]),
        ({"dateExpiration": "2026-02-01T00:00:00.000Z"}, []),
    ],
)
def test_problems(changes, expected, limits):
    """Each rule has its own code, and a good list has none."""
    assert codes(GOOD | changes, limits, [made(GOOD | {"name": "Taken"}, list_id="other")]) == expected


def test_the_first_problem_is_always_the_same(limits):
    """A list with several faults is refused for its name first."""
    assert codes({}, limits) == [
        "name.cannot.be.blank",
        "no.contact.columns.defined",
        "contact.list.both.phone.email.column.empty",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "February"}, []),
        ({"columnNames": ["Phone"]}, ["cannot.update.contact.column.names"]),
        ({"phoneColumns": [{"columnName": "Phone", "type": "home"}]}, ["cannot.update.phone.columns"]),
        ({"automaticTimeZoneMapping": True}, ["cannot.edit.automatic.time.zone.mapping.settings"]),
        ({"emailColumns": [{"columnName": "Zip", "type": "work"}]}, ["invalid.update"]),
    ],
)
def test_change_problems(changes, expected):
    """Columns and time zone settings stay as they were created."""
    assert [problem.code for problem in list_rules.change_problems(made(GOOD), made(GOOD | changes))] == expected


def test_a_full_org_takes_no_more_lists(profile_with):
    """The number of lists is limited."""
    limits = profile_with(limits__lists_per_org=1).limits
    assert [problem.code for problem in list_rules.count_problems(limits, [made(GOOD)])] == ["max.entity.count.reached"]
    assert not [*list_rules.count_problems(limits, [])]
