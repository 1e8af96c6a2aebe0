import pytest

from mockserver.errors import BadRequest
from mockserver.faults import Faults, parse_rules

BUSY = {"status": 503}


def struck(rule, requests=6, op="contacts.add", body=b"", when="before_parse"):
    """Numbers of the requests, from 1, that the rule strikes."""
    faults = Faults(parse_rules([{"op": "contacts.add", "action": BUSY} | rule]))
    return [n for n in range(1, requests + 1) if faults.fire(op, when, body)]


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"times": 2}, [1, 2]),
        ({"nth": 3}, [3]),
        ({"nth": 3, "times": 2}, [3, 4]),
        ({"every": 2}, [2, 4, 6]),
        ({"every": 2, "times": 1}, [2]),
        ({"op": "*", "nth": 1}, [1]),
        ({"op": "lists.get"}, []),
        ({"when": "after_commit"}, []),
    ],
)
def test_which_requests_are_struck(rule, numbers):
    """A rule strikes the requests it names, no more often than it may."""
    assert numbers == struck(rule)


def test_contains_looks_into_the_body():
    """Only requests whose body holds the text are counted."""
    assert struck({"contains": "L-7", "nth": 2, "times": 2}, requests=3, body=b'[{"id":"L-7"}]') == [2, 3]
    assert struck({"contains": "L-7"}, body=b'[{"id":"L-8"}]') == []


def test_the_first_rule_that_strikes_decides():
    """Rules after it still count the request."""
    rules = [
        {"op": "contacts.add", "nth": 1, "action": {"reset": True}},
        {"op": "*", "nth": 2, "action": {"status": 500}},
    ]
    faults = Faults(parse_rules(rules))
    actions = [faults.fire("contacts.add", "before_parse") for _ in range(3)]
    assert [action and (action.reset or None) for action in actions] == [True, None, None]
    assert [(r["planned"], r["seen"], r["fired"]) for r in faults.report()] == [(1, 3, 1), (1, 3, 1)]


@pytest.mark.parametrize(
    ("op", "action", "when"),
    [
        ("contacts.add", {"late_commit_s": 1}, "before_commit"),
        ("contacts.add", {"partial_commit": 1}, "before_commit"),
        ("contacts.add", {"rewrite": "shuffle"}, "after_commit"),
        ("contacts.add", {"truncate_at": 1}, "mid_response"),
        ("contacts.add", {"headers": {"Retry-After": None}}, "after_commit"),
        ("contacts.add", BUSY, "before_parse"),
    ],
)
def test_moments(op, action, when):
    """An action has its own moment, or else the first."""
    assert Faults(parse_rules([{"op": op, "action": action}])).report()[0]["when"] == when
    assert struck({"action": action}, requests=1, when=when) == [1]


@pytest.mark.hardening("mock-9")
def test_unfired():
    """Rules that have not struck as planned are told; endless ones count once they have struck."""
    rules = [{"op": "contacts.add", "nth": 1, "times": 2, "action": BUSY}, {"op": "lists.get", "action": BUSY}]
    faults = Faults(parse_rules(rules))
    faults.fire("contacts.add", "before_parse"), faults.fire("lists.get", "before_parse")
    assert [(rule["op"], rule["fired"]) for rule in faults.shortfalls()] == [("contacts.add", 1)]


def test_report_gives_the_rule_back():
    """A rule is reported as it was put, with its counts."""
    rule = {
        "op": "contacts.add",
        "every": 3,
        "when": "before_commit",
        "action": {"status": 429, "headers": {"A": None}},
    }
    assert [rule | {"planned": None, "seen": 0, "fired": 0}] == Faults(parse_rules([rule])).report()


@pytest.mark.hardening("mock-9")
@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ("x", "list"),
        ([{}], "op"),
        ([{"op": "contacts.add"}], "action"),
        ([{"op": "nonsense", "action": BUSY}], "nonsense"),
        ([{"op": "*", "action": BUSY, "sometimes": 1}], "sometimes"),
        ([{"op": "*", "action": {"status": 503, "delay": 1}}], "delay"),
        ([{"op": "*", "action": {}}], "does nothing"),
        ([{"op": "*", "action": {"status": 99}}], "99|>= 200"),
        ([{"op": "*", "action": {"status": 500, "reset": True}}], "not both"),
        ([{"op": "*", "action": {"reset": True, "headers": {"A": "b"}}}], "belong to a `status`"),
        ([{"op": "*", "action": {"status": 200, "headers": {"A": "b\r\nC: d"}}}], "pattern|regex"),
        ([{"op": "*", "nth": 0, "action": BUSY}], ">= 1"),
        ([{"op": "*", "nth": 1, "every": 1, "action": BUSY}], "exclude"),
        ([{"op": "*", "when": "mid_response", "action": BUSY}], "half an answer"),
        ([{"op": "import.upload", "contains": "x", "action": BUSY}], "streamed"),
        ([{"op": "*", "action": {"job": "fail"}}], "job"),
        ([{"op": "export.create", "action": {"job": "fail"}}], "no `job` of this kind"),
        ([{"op": "import.upload", "action": {"job": "drop_rows"}}], "belong together"),
        ([{"op": "import.upload", "action": {"job": "drop_rows", "rows": 1, "at_percent": 1}}], "at_percent"),
        ([{"op": "import.upload", "action": {"job": "freeze", "reason": "x"}}], "reason"),
        ([{"op": "*", "action": {"rewrite": "shuffle"}}], "rewrite"),
        ([{"op": "contacts.add", "action": {"rewrite": "shake"}}], "shake"),
        ([{"op": "export.file", "action": {"rewrite": "wrong_list"}}], "wrong_list"),
        ([{"op": "*", "action": {"partial_commit": 1}}], "contacts.add"),
        ([{"op": "contacts.add", "action": {"partial_commit": 1, "late_commit_s": 1}}], "two rules"),
        ([{"op": "*", "action": {"truncate_at": 1, "reset": True}}], "excludes"),
        ([{"op": "*", "action": {"truncate_at": 1, "status": 200}}], "half an answer"),
        ([{"op": "*", "action": BUSY}] * 1001, "1000"),
    ],
)
def test_rules_that_are_refused(rules, complaint):
    """The message names what is wrong."""
    with pytest.raises(BadRequest, match=complaint):
        parse_rules(rules)


def test_an_operation_that_is_none():
    """The message says which there are."""
    with pytest.raises(BadRequest, match=r"contacts\.add, contacts\.bulk"):
        parse_rules([{"op": "contact.add", "action": BUSY}])
