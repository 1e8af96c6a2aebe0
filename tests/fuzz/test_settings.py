"""Files that people write by hand: profiles, fault plans, thresholds, requests of the control API."""

import json

import msgspec

from harness.errors import UsageError
from harness.thresholds import load_thresholds
from mockserver.errors import ApiError
from mockserver.faults import Faults
from mockserver.faults.rules import parse_rules
from mockserver.http.body import parse_json
from mockserver.loaded_profile import ProfileError, flat, load, with_changes

from .mutation import Target, play

PROFILE = (
    (
        b'extends = "pessimistic"\n[rate]\nrequests_per_window = { value = 5, source = "a test" }\n'
        b'[latency."contacts.add"]\nbase_s = { value = 0.5, source = "a test" }\n'
    ),
    (
        b'extends = "default"\n[limits]\ncontact_id_pattern = { value = "[a-z-]+", source = "x" }\n'
        b'[faults]\nthrottled = { value = 0.1, source = "x" }\n'
    ),
)
RULES = (
    {"op": "contacts.add", "nth": 3, "times": 2, "action": {"status": 503, "headers": {"Retry-After": "3"}}},
    {"op": "*", "every": 5, "when": "after_commit", "action": {"reset": True}},
    {"op": "export.file", "action": {"truncate_at": 30}},
    {"op": "contacts.add", "contains": "L-1", "action": {"partial_commit": 3, "status": 500}},
    {"op": "import.upload", "action": {"job": "fail", "reason": "NO", "at_percent": 50}},
)
THRESHOLDS = (
    b"p95(contacts.add)<1500ms\nmapped==leads\n# a comment\n\nbatch-api: requests<=20\n",
    b"p(99.9,contacts.add,service)<1.5s\nrate(contacts.add)>=3/s\nrejected<1%\n",
)


def test_profiles(tmp_path, told):
    """A profile that is taken is whole, and is the same when its settings are given again."""
    path = tmp_path / "profile.toml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        loaded = load(str(path))
        assert with_changes(loaded.profile, flat(loaded.profile)) == loaded.profile

    words = (b'extends = "profile.toml"\n', b'extends = "/dev/zero"\n', b"[rate.per_op]\n", b"nan", b"inf", b"[[x]]\n")
    told(play(Target(name="profiles", read=read, seeds=PROFILE, refusals=(ProfileError,), words=words, few=60)))


def test_profile_changes(told):
    """PATCH /profile of the control API: dotted and nested names, values of any kind."""
    default = load("default").profile

    def read(data: bytes) -> None:
        patch = parse_json(data)
        if isinstance(patch, dict):
            flat(with_changes(default, patch))

    seeds = (
        b'{"rate.requests_per_window":5}',
        b'{"latency":{"*":{"base_s":0.1}},"limits":{"cell_chars":9}}',
    )
    words = (b'"rate.per_op.contacts.add":1', b'"latency":7', b'"":1', b'".":{}', b'"limits.contact_id_pattern":"("')
    refusals = (ProfileError, ApiError)
    told(play(Target(name="changes of a profile", read=read, seeds=seeds, refusals=refusals, words=words, few=60)))


def test_fault_plans(told):
    """A plan that is taken can be reported, and is the same when its report is given again."""

    def read(data: bytes) -> None:
        rules = parse_rules(parse_json(data))
        assert parse_rules(msgspec.to_builtins(rules)) == rules
        faults = Faults(rules)
        for op in ("contacts.add", "export.file"):
            for when in ("before_parse", "before_commit", "after_commit", "mid_response"):
                faults.fire(op, when, b"L-1")
        json.dumps(faults.report())

    seeds = [json.dumps(list(RULES)).encode(), *(json.dumps([rule]).encode() for rule in RULES), b'{"rules":[]}']
    words = (b'"stall_s":1e9', b'"when":"mid_response"', b'"rewrite":"shuffle"', b'"body":{}', b'"nth":1', b'"times":0')
    told(play(Target(name="fault plans", read=read, seeds=seeds, refusals=(ApiError,), words=words, few=300)))


def test_thresholds(tmp_path, told):
    """As lines and as TOML."""
    lines, toml = tmp_path / "limits.txt", tmp_path / "limits.toml"

    def read(data: bytes) -> None:
        path = toml if data.startswith(b"thresholds") else lines
        path.write_bytes(data)
        assert load_thresholds([], path, {})

    seeds = (*THRESHOLDS, b'thresholds = ["mapped==leads", "p50(lists.create)<1s"]\n')
    words = (b"p(", b"p101", b"<", b"==", b"leads", b"%", b"ms", b"/min", b"(", b"):", b"\xff\xfe")
    told(play(Target(name="thresholds", read=read, seeds=seeds, refusals=(UsageError,), words=words, few=100)))


def test_json_bodies(told):
    """Whatever the mock takes for JSON can be written and read again, and is not deep."""

    def read(data: bytes) -> None:
        value = parse_json(data)
        assert parse_json(msgspec.json.encode(value)) == value
        assert len(json.dumps(value)) <= 40 * len(data) + 400

    seeds = [json.dumps({"id": "a", "n": [1, -2.5, None, True, {"é": "\u2028"}]}).encode(), b"[]", b'""']
    words = (b'"a":1,"a":2', b"Infinity", b"1E400", b"-0", b"\\ud800", b"\xed\xa0\x80", b"\xf4\x90\x80\x80")
    told(play(Target(name="JSON bodies", read=read, seeds=seeds, refusals=(ApiError,), words=words, few=300)))
