import asyncio
import dataclasses

import httpx
import msgspec
import pytest

from mockserver.app import serve
from mockserver.errors import BadRequest
from mockserver.faults import Faults, parse_rules
from mockserver.handling import Endpoint, PendingOperation, Response
from mockserver.http.body import read_json
from mockserver.operations.operation import Operation
from mockserver.state.auth import OAuthClient

from ...conftest import listening

pytestmark = pytest.mark.anyio


@pytest.fixture
async def notes(mock_org, tmp_path):
    """A made-up API behind the pipeline: POST stores a note; commits are what counts."""
    committed = []

    async def add(request):
        value = await read_json(request, 100)
        if value == "bug":
            raise KeyError("a secret of the server")
        if value == "bad":
            raise BadRequest("Not that one.", "invalid.value")

        def commit():
            committed.append(value)
            return Response(body=b'{"stored":true}')

        return PendingOperation(commit, contacts=1)

    async def download(request):
        del request
        (tmp_path / "export").write_bytes(b"x" * 600_000)
        return PendingOperation(
            lambda: Response(file=tmp_path / "export", content_type="text/csv", headers={"Expires": "1"})
        )

    table = [
        Endpoint(Operation("contacts.add", "POST", "/notes", "", "notes:add"), add),
        Endpoint(Operation("export.file", "GET", "/file", "", auth=False), download),
    ]
    async with listening(serve(mock_org.services, table), headers=dict(mock_org.client.headers)) as client:
        yield dataclasses.replace(mock_org, client=client), committed


def put_faults(mock, *rules):
    mock.org.faults = Faults(parse_rules([{"op": "contacts.add"} | rule for rule in rules]))


@pytest.mark.hardening("mock-5")
async def test_common_headers(notes):
    """Every answer carries the platform's headers, with the date of the org's own clock."""
    mock, _ = notes
    reply = await mock.client.post("/notes", json="a")
    assert reply.headers.items() >= {
        ("content-type", "application/json"),
        ("cache-control", "no-cache, no-store, must-revalidate"),
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
    }
    assert reply.headers["ININ-Correlation-Id"]
    assert reply.headers["X-Mock"].startswith("contactbench/")


async def test_refusals_are_error_bodies(notes):
    """A refusal has the platform's body, whose contextId is the correlation id."""
    mock, committed = notes
    reply = await mock.client.post("/notes", json="bad")
    assert reply.json() == {
        "message": "Not that one.",
        "code": "invalid.value",
        "status": 400,
        "contextId": reply.headers["ININ-Correlation-Id"],
        "details": [],
        "errors": [],
    }
    assert committed == []


@pytest.mark.hardening("mock-26")
async def test_a_bug_tells_nothing_but_an_id(notes, caplog):
    """An unexpected failure is a 500 with an id; what happened stands in the log under that id."""
    mock, _ = notes
    reply = await mock.client.post("/notes", json="bug")
    assert (reply.status_code, reply.json()["code"]) == (500, "internal.server.error")
    assert "secret" not in reply.text
    assert reply.json()["contextId"] in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "not.found"),
        ("PUT", "/notes", {}, 405, "method.not.allowed"),
        ("HEAD", "/notes", {}, 405, None),
        ("POST", "/notes", {"Host": "evil.example"}, 421, "misdirected.request"),
        ("POST", "/notes", {"Host": "127.0.0.1.evil.example:80"}, 421, "misdirected.request"),
        ("POST", "/notes", {"Content-Encoding": "gzip"}, 415, "unsupported.media.type"),
        ("POST", "/notes", {"Content-Type": "text/plain"}, 415, "unsupported.media.type"),
        ("POST", "/notes", {"Authorization": ""}, 401, "authentication.required"),
        ("POST", "/notes", {"Authorization": "Basic YTpi"}, 401, "authentication.required"),
        ("POST", "/notes", {"Authorization": "Bearer"}, 401, "authentication.required"),
        ("POST", "/notes", {"Authorization": "Bearer wrong"}, 401, "bad.credentials"),
        ("POST", "/notes?access_token=x", {"Authorization": ""}, 401, "authentication.required"),
    ],
)
@pytest.mark.hardening("mock-2", "mock-10", "mock-19", "mock-39")
async def test_what_is_refused_before_the_handler(notes, method, path, headers, status, code):
    """Wrong paths, methods, hosts, encodings and tokens never reach a handler."""
    mock, committed = notes
    headers = {"Content-Type": "application/json"} | headers
    reply = await mock.client.request(method, path, content=b'"a"', headers=headers)
    assert (status, code) == (reply.status_code, reply.json()["code"] if reply.content else None)
    assert committed == []


@pytest.mark.hardening("mock-39")
async def test_405_says_what_is_allowed(notes):
    """The Allow header names the methods there are."""
    mock, _ = notes
    assert (await mock.client.put("/notes", json="a")).headers["Allow"] == "POST"


@pytest.mark.hardening("mock-10")
async def test_a_doubled_token_header(notes):
    """Two Authorization headers are ambiguous, even if one of them is right."""
    mock, _ = notes
    given = mock.client.headers["Authorization"]
    bare = httpx.AsyncClient(base_url=mock.client.base_url, headers=[("Authorization", given), ("Authorization", "x")])
    async with bare as client:
        assert (await client.post("/notes", json="a")).json()["code"] == "bad.credentials"


@pytest.mark.hardening("mock-10")
async def test_an_expired_token(notes):
    """After its lifetime a token is as good as none, to the second."""
    mock, _ = notes
    mock.clock.advance(86_399)
    assert (await mock.client.post("/notes", json="a")).status_code == 200
    mock.clock.advance(1)
    reply = await mock.client.post("/notes", json="a")
    assert (reply.status_code, reply.json()["code"]) == (401, "bad.credentials")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.hardening("mock-12")
async def test_a_missing_permission_is_named(notes):
    """A client without the permission learns which one it lacks."""
    mock, _ = notes
    mock.org.clients["mock-client"] = OAuthClient("mock-client", "mock-secret", frozenset({"other"}))
    reply = await mock.client.post("/notes", json="a")
    assert (reply.status_code, reply.json()["code"]) == (403, "missing.permissions")
    assert reply.json()["message"].endswith("missing the following permission(s): notes:add")


async def test_the_rate_limit(notes):
    """The request over the limit gets the platform's 429, and its Retry-After is enough."""
    mock, committed = notes
    mock.change(rate__requests_per_window=2)
    replies = [await mock.client.post("/notes", json=n) for n in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert [reply.headers["inin-ratelimit-count"] for reply in replies] == ["1", "2", "2"]
    assert replies[2].headers["Retry-After"] == "60"
    assert replies[2].json()["code"] == "too.many.requests.retry.after"
    assert replies[2].json()["message"] == "Rate limit exceeded the maximum. Retry the request in [60] seconds"
    mock.clock.advance(60)
    assert (await mock.client.post("/notes", json=3)).status_code == 200
    assert committed == [0, 1, 3]


@pytest.mark.parametrize(("scope", "status"), [("token", 200), ("client", 429)])
async def test_what_a_second_token_is_worth(mock_org, scope, status):
    """Limits count by token or by client, as the profile says."""
    mock_org.change(rate__requests_per_window=1, rate__scope=scope)
    await mock_org.client.get("/api/v2/tokens/me")
    form = {"grant_type": "client_credentials"}
    token = (await mock_org.client.post("/oauth/token", data=form, auth=("mock-client", "mock-secret"))).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await mock_org.client.get("/api/v2/tokens/me", headers=headers)).status_code == status


@pytest.mark.hardening("mock-17")
async def test_a_body_over_the_limit(notes):
    """Bytes are counted as they arrive when no length is announced, and the message says how many."""
    mock, _ = notes

    async def chunks():
        for _ in range(30):
            yield b" " * 10

    headers = {"Content-Type": "application/json"}
    announced = await mock.client.post("/notes", content=b" " * 101, headers=headers)
    streamed = await mock.client.post("/notes", content=chunks(), headers=headers)
    assert announced.json()["message"] == "The request is over the size limit. Content-Length: 101, Maximum bytes: 100"
    assert {announced.status_code, streamed.status_code} == {413}
    assert announced.headers["Connection"] == "close"


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{", b"NaN", b'{"a":1,"a":2}', b"[" * 30 + b"]" * 30, b'"\xff"', b'"\\ud800"', b"1 2"]
)
@pytest.mark.hardening("mock-20")
async def test_json_that_is_refused(notes, body):
    """Malformed, ambiguous and deeply nested JSON is a 400 of its own."""
    mock, _ = notes
    reply = await mock.client.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad.request")


async def test_latency(notes):
    """A request takes what the profile says, before it has its effect."""
    mock, _ = notes
    mock.change(latency={"contacts.add": {"base_s": 2.0, "per_contact_s": 0.5}})
    before = mock.clock.now()
    await mock.client.post("/notes", json="a")
    assert mock.clock.now() - before == 2.5


async def test_a_timeout_answers_504_and_commits_later(notes):
    """The answer comes when patience ends; the work is done all the same."""
    mock, committed = notes
    mock.change(latency={"contacts.add": {"base_s": 90.0}})
    reply = await mock.client.post("/notes", json="late")
    for _ in range(5):
        await asyncio.sleep(0)
    assert (reply.status_code, reply.json()["code"], committed) == (504, "request.timeout", ["late"])


@pytest.mark.parametrize(
    ("when", "effect"), [("before_parse", []), ("before_commit", []), ("after_commit", ["a"]), ("mid_response", ["a"])]
)
async def test_a_cut_connection(notes, when, effect):
    """Whether a request whose connection was cut had its effect depends on the moment."""
    mock, committed = notes
    put_faults(mock, {"when": when, "nth": 1, "action": {"reset": True}})
    with pytest.raises(httpx.TransportError):
        await mock.client.post("/notes", json="a")
    assert committed == effect
    assert (await mock.client.post("/notes", json="b")).status_code == 200


@pytest.mark.parametrize(("when", "effect"), [("before_parse", []), ("before_commit", []), ("after_commit", ["a"])])
async def test_a_status_instead(notes, when, effect):
    """A rule answers for the handler: in the platform's words unless it brings its own."""
    mock, committed = notes
    put_faults(mock, {"when": when, "nth": 1, "action": {"status": 503}})
    reply = await mock.client.post("/notes", json="a")
    assert (reply.status_code, reply.json()["code"], committed) == (503, "service.unavailable", effect)
    assert reply.json()["contextId"] == reply.headers["ININ-Correlation-Id"]


@pytest.mark.parametrize(
    ("action", "retry_after", "text"),
    [
        ({"status": 429}, "1", "in [1] seconds"),
        ({"status": 429, "headers": {"retry-after": "7"}}, "7", "in [7] seconds"),
        ({"status": 429, "headers": {"Retry-After": None}}, None, "too.many.requests.retry.after"),
        ({"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<h1>Bad Gateway</h1>"}, None, "<h1>"),
        ({"status": 500, "body": {"own": 1}}, None, '{"own":1}'),
    ],
)
async def test_headers_and_bodies_of_faults(notes, action, retry_after, text):
    """A rule sets headers, leaves them out, and brings its own body."""
    mock, _ = notes
    put_faults(mock, {"action": action})
    reply = await mock.client.post("/notes", json="a")
    assert reply.headers.get("Retry-After") == retry_after
    assert text in reply.text


@pytest.mark.parametrize("when", ["before_parse", "before_commit", "after_commit", "mid_response"])
async def test_a_stall(notes, when):
    """A stalled request takes longer, and then goes on as if nothing had been."""
    mock, committed = notes
    put_faults(mock, {"when": when, "action": {"stall_s": 30}})
    before = mock.clock.now()
    reply = await mock.client.post("/notes", json="a")
    assert (reply.json(), mock.clock.now() - before, committed) == ({"stored": True}, 30.0, ["a"])


async def test_contains(notes):
    """A rule finds its requests by what is in them."""
    mock, committed = notes
    put_faults(mock, {"contains": "L-7", "action": {"status": 500}})
    replies = [await mock.client.post("/notes", json=lead) for lead in ("L-6", "L-7", "L-8")]
    assert [reply.status_code for reply in replies] == [200, 500, 200]
    assert committed == ["L-6", "L-8"]


async def test_files_are_streamed(notes):
    """A file arrives whole, with its length, and the handler's own headers win."""
    mock, _ = notes
    reply = await mock.client.get("/file")
    assert (len(reply.content), reply.headers["Content-Length"], reply.headers["Expires"]) == (600_000, "600000", "1")
    mock.org.faults = Faults(parse_rules([{"op": "export.file", "when": "mid_response", "action": {"reset": True}}]))
    with pytest.raises(httpx.RemoteProtocolError):
        await mock.client.get("/file")


async def test_the_ledger(notes):
    """Every request is written down with its outcome: 0 if nobody was answered."""
    mock, _ = notes
    start = mock.org.request_log.since(0)[-1].seq
    await mock.client.post("/notes", json="a")
    put_faults(mock, {"action": {"reset": True}})
    with pytest.raises(httpx.TransportError):
        await mock.client.post("/notes", json="b")
    await mock.client.get("/nowhere")
    entries = mock.org.request_log.since(start)
    assert [(entry.op, entry.status) for entry in entries] == [("contacts.add", 200), ("contacts.add", 0), ("", 404)]
    assert (entries[0].bytes, len(entries[0].token), entries[0].t) == (3, 6, mock.clock.now())
    assert mock.org.request_log.counts()["contacts.add"] == {0: 1, 200: 1}


@pytest.mark.hardening("mock-35")
async def test_no_secret_is_logged(notes, caplog):
    """Neither tokens nor bodies reach a log or the ledger."""
    caplog.set_level("DEBUG")
    mock, _ = notes
    token = mock.client.headers["Authorization"].removeprefix("Bearer ")
    for value in ("canary-1", "bug"):
        await mock.client.post("/notes", json=value)
    written = caplog.text.replace("bug", "") + msgspec.json.encode(mock.org.request_log.since(0)).decode()
    assert token not in written
    assert "canary-1" not in written
