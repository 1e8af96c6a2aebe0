"""Rows into parts, and what the lists are called."""

import json

import pytest

from mockserver.model import Reference
from mockserver.templates.plans import NamedFilter, list_name, parts
from mockserver.templates.rules import ImportTemplate, Splitting

ROWS = [json.dumps({"id": str(n), "city": city}).encode() for n, city in enumerate(["Ulm", "Bonn", "", "Ulm", "Kiel"])]
MOMENT = 1_767_323_045.0  # 2026-01-02T03:04:05Z


def city(name):
    return NamedFilter(name, lambda row: json.loads(row)["city"] == name)


ANY = NamedFilter("Any", lambda row: json.loads(row)["city"] != "")


def split(criteria="Quantity", value="2", main=None, filters=(), **options):
    found = parts(ROWS, Splitting(criteria=criteria, criteria_value=value, **options), main, filters)
    return [(list(part.places), part.value, part.filter_name) for part in found]


@pytest.mark.parametrize(
    ("criteria", "value", "places"),
    [
        ("Quantity", "2", [[0, 1], [2, 3], [4]]),
        ("Quantity", "5", [[0, 1, 2, 3, 4]]),
        ("Percentage", "40", [[0, 1], [2, 3], [4]]),
        ("Percentage", "50", [[0, 1], [2, 3], [4]]),  # at most half of five
        ("Percentage", "1", [[0], [1], [2], [3], [4]]),
        ("Percentage", "100", [[0, 1, 2, 3, 4]]),
    ],
)
def test_by_size(criteria, value, places):
    """In the order of the file; no list holds more than the criteria say, and no row is lost."""
    assert [part[0] for part in split(criteria, value)] == places


@pytest.mark.parametrize(("remainder", "rest"), [(False, []), (True, [([2], "Remainder", "")])])
def test_by_column(remainder, rest):
    """A list a value, as they first come; rows without one are the remainder."""
    expected = [([0, 3], "Ulm", ""), ([1], "Bonn", ""), ([4], "Kiel", "")]
    assert split("Column", "city", create_remainder_contact_list=remainder) == expected + rest


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [([0, 3], "", "Ulm"), ([0, 1, 3, 4], "", "Any")]),
        ({"use_waterfall_rule": True}, [([0, 3], "", "Ulm"), ([1, 4], "", "Any")]),
        (
            {"use_waterfall_rule": True, "create_remainder_contact_list": True},
            [([0, 3], "", "Ulm"), ([1, 4], "", "Any"), ([2], "Remainder", "Remainder")],
        ),
    ],
    ids=["each", "waterfall", "remainder"],
)
def test_by_filters(options, expected):
    """With the waterfall rule each row is in the first list it fits; a filter that nothing passes has no list."""
    assert split("Custom", "a,b", filters=[city("Ulm"), city("Rom"), ANY], **options) == expected


def test_the_main_filter_comes_first():
    """Only rows that pass it are split, and sizes are shares of those."""
    assert split("Percentage", "50", main=ANY) == [([0, 1], "", "Any"), ([3, 4], "", "Any")]
    assert parts(ROWS, None, city("Rom"), ()) == []


@pytest.mark.parametrize(
    ("form", "custom", "name"),
    [
        ("ListNamePrefix", None, "May %P"),
        ("ListNamePrefixMonthDayYear", None, "May %P 01-02-2026"),
        ("ListNamePrefixMonthDayYearHourMinuteSecond", None, "May %P 01-02-2026 03-04-05"),
        ("ListNamePrefixPart", None, "May %P Part 7"),
        ("ListNamePrefixMonthDayYearPart", None, "May %P 01-02-2026 Part 7"),
        ("ListNamePrefixMonthDayYearHourMinuteSecondPart", None, "May %P 01-02-2026 03-04-05 Part 7"),
        ("Custom", "%N_%F_%C_%P_YYYY-MM-DDThh:mm:ss", "May %P_VIPs_Ulm_7_2026-01-02T03:04:05"),
    ],
)
def test_names(form, custom, name):
    """Tokens are replaced once: what looks like one in the prefix stays."""
    template = ImportTemplate(
        id="t",
        name="T",
        date_created="",
        date_modified="",
        contact_list_template=Reference(id="c"),
        list_name_format=form,
        custom_list_name_format_value=custom,
    )
    assert list_name(template, prefix="May %P", part=7, filter_name="VIPs", value="Ulm", at=MOMENT) == name
