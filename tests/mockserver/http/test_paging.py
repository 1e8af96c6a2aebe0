"""Pages and their envelope."""

import msgspec
import pytest
from multidict import MultiDict

from mockserver.errors import BadRequest
from mockserver.http.query import PageRequest, flag, listing, page_in, several

URI = "/things?kind=big&pageSize=10&pageNumber={}"


def envelope(number, total):
    body = listing("/things", PageRequest(number, 10), total, [], parameters=[("kind", "big"), ("pageNumber", "7")])
    return msgspec.json.decode(body)


@pytest.mark.parametrize(
    ("number", "total", "page_count", "last", "before", "after"),
    [
        (1, 0, 0, 1, None, None),
        (1, 10, 1, 1, None, None),
        (1, 11, 2, 2, None, 2),
        (2, 25, 3, 3, 1, 3),
        (3, 25, 3, 3, 2, None),
        (9, 25, 3, 3, None, None),  # far past the end
    ],
)
def test_listing(number, total, page_count, last, before, after):
    """Uris lead to the first, last, next and previous page, where there is one."""
    got = envelope(number, total)
    assert (got["pageCount"], got["total"], got["firstUri"], got["lastUri"]) == (
        page_count,
        total,
        URI.format(1),
        URI.format(last),
    )
    assert (got.get("previousUri"), got.get("nextUri")) == (
        before and URI.format(before),
        after and URI.format(after),
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, PageRequest(1, 25)),
        ({"pageSize": "7", "pageNumber": "3"}, PageRequest(3, 7)),
        ({"pageSize": "100"}, PageRequest(1, 100)),
    ],
)
def test_page_in(query, expected, profile_with):
    """The size has a default."""
    assert page_in(MultiDict(query), profile_with()) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"pageSize": "0"},
        {"pageNumber": "0"},
        {"pageSize": "-1"},
        {"pageNumber": "x"},
        {"pageSize": "9" * 40},
        {"pageSize": "101"},
    ],
)
def test_pages_that_are_refused(query, profile_with):
    """Anything but a whole number from 1, of the size as far as its limit, is an invalid value."""
    with pytest.raises(BadRequest) as refused:
        page_in(MultiDict(query), profile_with())
    assert refused.value.code == "invalid.value"


def test_large_pages_that_are_cut(profile_with):
    """An org may give as much as it gives at most instead."""
    profile = profile_with(semantics__large_pages="clamp")
    assert page_in(MultiDict({"pageSize": "5000"}), profile) == PageRequest(1, 100)


def test_page_of():
    """A page is its part of the whole."""
    assert (PageRequest(2, 3).of("abcdefgh"), PageRequest(4, 3).of("abcdefgh")) == ("def", "")


def test_several_values_repeated_or_joined():
    """Both ways of sending an array give the same values."""
    assert several(MultiDict([("id", "a,b"), ("id", "c"), ("id", "")]), "id") == ["a", "b", "c"]


@pytest.mark.parametrize(("query", "expected"), [({}, False), ({"x": "true"}, True), ({"x": "False"}, False)])
def test_flag(query, expected):
    """Booleans are words, and absent means false."""
    assert flag(MultiDict(query), "x") is expected


def test_flag_that_is_none():
    """Any other word is refused with the platform's sentence."""
    with pytest.raises(BadRequest, match=r"Value \[yes\] is not valid for field type \[Boolean\]"):
        flag(MultiDict(x="yes"), "x")
