"""Search criteria against contacts."""

from datetime import UTC, datetime

import msgspec
import pytest

from mockserver.contacts import search
from mockserver.contacts.selection import search_page
from mockserver.errors import BadRequest
from mockserver.http.list_filters import like
from mockserver.http.query import PageRequest
from mockserver.operations.bodies import read_as
from mockserver.operations.contacts import ContactListingRequest, Criteria, Predicate

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC).timestamp()


def predicate(operator, value=None, *, column="c", **more):
    return {"column": column, "operator": operator, "value": value, **more}


def criteria(*predicates, joined="AND"):
    return {"clauses": [{"filterType": joined, "predicates": list(predicates)}]}


def passes(cell, sent):
    return search.test_of(msgspec.convert(sent, Predicate), NOW)(cell)


NUMERIC = {"columnType": "numeric"}
OPEN, CLOSED = {"min": "2", "max": "10"}, {"min": "2", "max": "10", "minInclusive": True, "maxInclusive": True}


@pytest.mark.parametrize(
    ("sent", "matching", "others"),
    [
        (predicate("EQUALS", "7"), ["7"], ["007", "", "77"]),
        (predicate("EQUALS", "7", **NUMERIC), ["7", "007", "7.0", "+7"], ["", "x", "70", "nan"]),
        (predicate("EQUALS", 7, **NUMERIC), ["7"], ["8"]),
        (predicate("EQUALS", "90071992547409931", **NUMERIC), ["90071992547409931"], ["90071992547409930"]),
        (predicate("EQUALS", "7", inverted=True), ["8", ""], ["7"]),
        (predicate("LESS_THAN", "10", **NUMERIC), ["9", "-1"], ["10", "11", "x"]),
        (predicate("LESS_THAN", "10"), ["0", "1"], ["10", "9"]),
        (predicate("LESS_THAN_EQUALS", "10", **NUMERIC), ["10"], ["11"]),
        (predicate("GREATER_THAN", "10", **NUMERIC), ["11"], ["10", "9"]),
        (predicate("GREATER_THAN_EQUALS", "10", **NUMERIC), ["10"], ["9"]),
        (predicate("CONTAINS", "ea"), ["Lead"], ["EA", ""]),
        (predicate("BEGINS_WITH", "Le"), ["Lead"], ["aLe"]),
        (predicate("ENDS_WITH", "ad"), ["Lead"], ["ada"]),
        (predicate("BEFORE", "2026-01-01"), ["2025-12-31T23:59:59Z"], ["2026-01-01", "soon", ""]),
        (predicate("AFTER", "2026-01-01T00:00:00.000Z"), ["2026-01-01T00:00:00-01:00"], ["2026-01-01"]),
        (predicate("BEFORE", "P01DT00H00M"), ["2026-01-11T11:59:00Z"], ["2026-01-11T12:01:00Z"]),
        (predicate("AFTER", "-P01DT00H30M"), ["2026-01-09T12:00:00Z"], ["2026-01-09T11:00:00Z"]),
        (predicate("BETWEEN", range=OPEN, **NUMERIC), ["3", "9.9"], ["2", "10", "x"]),
        (predicate("BETWEEN", range=CLOSED, **NUMERIC), ["2", "10"], ["1.9", "10.1"]),
        (predicate("BETWEEN", range={"min": "b", "max": "d"}), ["c"], ["a", "b", "d"]),
        (predicate("BEFORE", "P01DT00H-30M"), ["2026-01-11T11:29:00Z"], ["2026-01-11T11:31:00Z"]),
        (predicate("AFTER", "P-01DT-08H-30M"), ["2026-01-09T03:31:00Z"], ["2026-01-09T03:29:00Z"]),
        (predicate("BETWEEN", range={"min": "-P1D", "max": "P1D"}), ["2026-01-10"], ["2026-01-01", "x"]),
        (predicate("IN", range={"inSet": ["a", "b"]}), ["a", "b"], ["ab", ""]),
        (predicate("IN", range={"inSet": [1, "02"]}, **NUMERIC), ["1", "2", "01"], ["3", "x"]),
    ],
)
def test_operators(sent, matching, others):
    """Each operator passes the cells it should, and no others."""
    assert [cell for cell in [*matching, *others] if passes(cell, sent)] == matching


@pytest.mark.parametrize(
    "sent",
    [
        predicate("EQUALS"),
        predicate("EQUALS", "x", **NUMERIC),
        predicate("BEFORE", "soon"),
        predicate("BETWEEN"),
        predicate("BETWEEN", range={"min": "1"}),
        predicate("IN"),
        predicate("IN", range={"inSet": ["x"]}, **NUMERIC),
    ],
)
def test_values_that_make_no_sense(sent):
    """They are invalid values, not searches without a result."""
    with pytest.raises(BadRequest) as refused:
        passes("1", sent)
    assert refused.value.code == "invalid.value"


@pytest.fixture
def search_for(bare_org, leads_list):
    """A function: the ids found among four contacts, and how many there are in all."""
    store = bare_org.store
    rows = [{"Lead ID": lead, "Phone": phone} for lead, phone in [("3", "a"), ("20", "b"), ("x", "a"), ("100", "b")]]
    store.add_contacts(leads_list.id, ["i1", "i2", "i3", "i4"], [msgspec.json.encode(row) for row in rows])

    def searched(page=None, **sent):
        wanted = read_as(sent, ContactListingRequest)
        return search_page(store, leads_list, wanted, page or PageRequest(1, 25), NOW)

    return searched


IN_A = predicate("EQUALS", "a", column="Phone")
BIG = predicate("GREATER_THAN", "10", column="Lead ID", **NUMERIC)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, "i1 i2 i3 i4"),
        (criteria(), "i1 i2 i3 i4"),
        (criteria(IN_A), "i1 i3"),
        (criteria(IN_A | {"inverted": True}), "i2 i4"),
        (criteria(IN_A, BIG), ""),
        (criteria(IN_A, BIG, joined="OR"), "i1 i2 i3 i4"),
        ({"filterType": "OR", "clauses": [*criteria(IN_A)["clauses"], *criteria(BIG)["clauses"]]}, "i1 i2 i3 i4"),
        ({"clauses": [*criteria(IN_A)["clauses"], *criteria(BIG)["clauses"]]}, ""),
        (criteria(predicate("IN", column="Lead ID", range={"inSet": ["100", "3", "no"]})), "i1 i4"),
        (criteria(predicate("EQUALS", "i3", column="inin-outbound-id")), "i3"),
        (criteria(predicate("BEGINS_WITH", "i", column="inin-outbound-id"), BIG), "i2 i4"),
    ],
)
def test_roads_to_contacts(wanted, ids, search_for):
    """A page of all, an index and a look at each contact find the same contacts in order of creation."""
    got = search_for(criteria=wanted)
    assert (" ".join(got.ids), got.total) == (ids, len(ids.split()))


@pytest.mark.parametrize(
    ("sorts", "ids"),
    [
        ([{"fieldName": "Lead ID"}], "i4 i2 i1 i3"),
        ([{"fieldName": "Lead ID", "numeric": True}], "i1 i2 i4 i3"),
        (
            [{"fieldName": "Phone", "direction": "DESC"}, {"fieldName": "inin-outbound-id", "direction": "DESC"}],
            "i4 i2 i3 i1",
        ),
    ],
)
def test_sorting(sorts, ids, search_for):
    """The first of several orders counts most."""
    assert " ".join(search_for(contactSorts=sorts).ids) == ids


@pytest.mark.parametrize(
    "wanted", [{}, criteria(BIG), criteria(predicate("IN", column="Phone", range={"inSet": ["b"]}))]
)
def test_pages_are_cut_after_the_search(wanted, search_for):
    """The second page of one has the second match, by every road."""
    got = search_for(PageRequest(2, 1), criteria=wanted)
    assert [*got.ids] == ["i2" if wanted == {} else "i4"]
    assert got.total == (4 if wanted == {} else 2)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"criteria": criteria(predicate("EQUALS", "1", column="Fax"))}, "invalid.contact.columns"),
        ({"contactSorts": [{"fieldName": "Fax"}]}, "invalid.contact.columns"),
        ({"criteria": criteria(predicate("LIKE", "1", column="Phone"))}, "invalid.value"),
        ({"criteria": criteria(IN_A | {"columnType": "roman"})}, "invalid.value"),
        ({"criteria": criteria(IN_A, joined="XOR")}, "invalid.value"),
        ({"contactSorts": [{"fieldName": "Phone", "direction": "UP"}]}, "invalid.value"),
        ({"criteria": criteria(*[IN_A] * 21)}, "bad.request"),
    ],
)
def test_searches_that_are_refused(sent, code, search_for):
    """Unknown columns and operators are told from each other."""
    with pytest.raises(BadRequest) as refused:
        search_for(**sent)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (criteria(IN_A), ("Phone", ["a"])),
        (criteria(predicate("IN", column="Phone", range={"inSet": ["a", 1]})), ("Phone", ["a", "1"])),
        (criteria(IN_A | NUMERIC), None),
        (criteria(IN_A | {"inverted": True}), None),
        (criteria(IN_A, IN_A), None),
        (criteria(predicate("EQUALS", "", column="Phone")), None),
        ({}, None),
    ],
)
def test_lookup(sent, expected):
    """Only one exact predicate on text can be looked up."""
    assert search.lookup(msgspec.convert(sent, Criteria)) == expected


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("abc", ["abc"], ["ab", "abcd", "xabc"]),
        ("^a.c$", ["abc", "axc"], ["ac"]),
        (".*", ["", "x"], []),
        ("a.*", ["a", "ab"], ["ba"]),
        (".*bc", ["bc", "abc"], ["bcd"]),
        ("a.*b.*c", ["abc", "axbxc"], ["acb", "ac"]),
        ("ab.*bc", ["abbc"], ["abc"]),
        ("abc.*.*c", ["abcc"], ["abc"]),
    ],
)
def test_like(pattern, matching, others):
    """The few signs that are understood mean what they mean in a regular expression."""
    assert [name for name in [*matching, *others] if like(name, pattern)] == matching


def test_like_takes_no_time():
    """A pattern that would keep a backtracking engine busy for years is answered at once."""
    assert not like("a" * 64, ".*a" * 30 + "b")
