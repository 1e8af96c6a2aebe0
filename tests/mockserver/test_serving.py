"""Both ports as they are served, met with sockets that keep to no rule."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from contextlib import asynccontextmanager

import httpx
import pytest

from mockserver.config import Config
from mockserver.serving import connections_for, serving

pytestmark = pytest.mark.anyio

CANARY = "CANARY-7f3a"
LISTS = "/api/v2/outbound/contactlists"
FORM = {"grant_type": "client_credentials"}


@asynccontextmanager
async def served(**settings):
    """A mock on two free ports, and a client of it that holds a token."""
    async with serving(Config(port=0, pace="none", **settings)) as ready, httpx.AsyncClient(verify=False) as client:
        client.base_url = ready.url
        reply = await client.post("/oauth/token", data=FORM, auth=(ready.client_id, ready.client_secret))
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield ready, client


def at(url):
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host, int(port)


async def said(url, request, *, then_ends=False, timeout_s=5):
    """All that is answered to these bytes until the connection ends."""
    reader, writer = await asyncio.open_connection(*at(url))
    try:
        writer.write(request)
        if then_ends:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), timeout_s)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


def unreadable_requests(secret):
    """Bytes that are not HTTP, or not as the standard has it, each with something in it that must not come back."""
    head = f"Host: localhost\r\nAuthorization: Bearer {secret}\r\n"
    signed = f"GET /downloads/x?Expires=9&Signature={secret}"
    yield from (
        f"{signed} HTTP/x.1\r\n{head}\r\n",
        f"{signed} HTTP/1.1 more\r\n{head}\r\n",
        f"G@T /{secret} HTTP/1.1\r\n{head}\r\n",
        f"GET /{secret} HTTP/1.1\r\nNo colon {secret}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{head}X: {secret}\x00\r\n\r\n",
        f"GET / HTTP/1.1\r\n{head}X: a\x1b[31m\rX: {secret}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{head}X{secret} : a\r\n\r\n",
        f"GET / HTTP/1.1\r\n{head} folded {secret}\r\n\r\n",
        f"GET /{secret * 2_000} HTTP/1.1\r\n{head}\r\n",
        f"GET / HTTP/1.1\r\n{head}X: {secret * 2_000}\r\n\r\n",
        "GET / HTTP/1.1\r\n" + f"X: {secret}\r\n" * 1_000 + "\r\n",
        f"POST / HTTP/1.1\r\n{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{secret}",
        f"POST / HTTP/1.1\r\n{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{secret}",
        f"POST / HTTP/1.1\r\n{head}Content-Length: -1\r\n\r\n{secret}",
        f"POST / HTTP/1.1\r\n{head}Content-Length: 1_0\r\n\r\n{secret}",
        f"POST / HTTP/1.1\r\n{head}Transfer-Encoding: {secret}\r\n\r\n",
        f"POST / HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        f"\x16\x03\x01\x02{secret}\r\n\r\n",
        f"{secret}\r\n\r\n",
    )


def broken_bodies(secret, path):
    """Bodies that end early or are not framed as announced."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer {secret}"
    )
    for rest in (
        "zz\r\n{}\r\n",
        f"5;{secret}\r\nab",
        f"5\r\nabcdefg{secret}\r\n0\r\n\r\n",
        "-5\r\n",
        "ffffffffffffffffff\r\n",
    ):
        yield f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n{rest}"
    yield f"{head}\r\nContent-Length: 100\r\n\r\n{secret}"


def answers_in(reply):
    """Status, headers and body of the first answer."""
    head, _, body = reply.partition(b"\r\n\r\n")
    status, *headers = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in headers), body


@pytest.mark.hardening("mock-5", "mock-26", "mock-35", "mock-36", "mock-38")
async def test_requests_that_cannot_be_read(caplog, capfd):
    """400 in the platform's words on both ports, without an echo; a log line with the reason and nothing sent."""
    caplog.set_level(logging.DEBUG)
    async with served() as (ready, client):
        token = client.headers["Authorization"].removeprefix("Bearer ")
        for url in (ready.url, ready.control_url):
            for request in unreadable_requests(CANARY):
                reply = await said(url, request.encode("latin-1"))
                status, headers, body = answers_in(reply)
                assert (status, json.loads(body)["code"]) == (400, "bad.request"), request
                assert (headers["content-type"], headers["server"]) == ("application/json", "contactbench-mock")
                assert headers["x-mock"].startswith("contactbench/")
                assert CANARY.encode() not in reply
            for path in (LISTS, "/faults", "/oauth/token", "/nowhere"):
                for request in broken_bodies(token if url == ready.url else ready.control_token, path):
                    reply = await said(url, request.encode("latin-1"), then_ends=True)
                    assert b" 500 " not in reply
    logged = [json.loads(record.getMessage()) for record in caplog.records if record.name.startswith("mockserver")]
    assert {line["status"] for line in logged} == {400}
    served_by = [record.getMessage() for record in caplog.records if not record.name.startswith(("http", "asyncio"))]
    written = "".join(served_by) + "".join(capfd.readouterr())
    for secret in (CANARY, token, ready.control_token, "Traceback"):
        assert secret not in written


@pytest.mark.slow
@pytest.mark.hardening("mock-38")
def test_requests_that_the_other_parser_cannot_read():
    """The same with the parser that is written in Python, which aiohttp has where its C parser is not built."""
    test = f"{__file__}::{test_requests_that_cannot_be_read.__name__}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    ended = subprocess.run(command, env=os.environ | {"AIOHTTP_NO_EXTENSIONS": "1"}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.hardening("mock-5", "mock-26")
@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/state", 200), ("GET", "/no", 404), ("PUT", "/state", 405)]
)
async def test_the_control_port_says_what_it_is(method, path, status):
    """Its answers carry the mock's headers, refusals the platform's body with the id of the header."""
    async with served() as (ready, client):
        headers = {"Authorization": f"Bearer {ready.control_token}"}
        reply = await client.request(method, ready.control_url + path, headers=headers)
    assert (reply.status_code, reply.headers["Server"]) == (status, "contactbench-mock")
    assert reply.headers["X-Mock"].startswith("contactbench/")
    if status != 200:
        assert reply.json()["contextId"] == reply.headers["ININ-Correlation-Id"]


@pytest.mark.hardening("mock-17")
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", LISTS), ("DELETE", f"{LISTS}/x"), ("POST", f"{LISTS}/x/clear"), ("POST", "/nowhere"), ("POST", "control")],
)
async def test_a_body_that_nobody_reads(method, path):
    """50 MB to a route without a body: the answer comes, and the rest is not taken."""
    async with served() as (ready, client):
        url, token = ready.url, client.headers["Authorization"]
        if path == "control":
            url, path, token = ready.control_url, "/reset", f"Bearer {ready.control_token}"
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nConnection: close\r\n"
        head += "Transfer-Encoding: chunked\r\n\r\n"
        _, writer = await asyncio.open_connection(*at(url))
        writer.write(head.encode())
        sent, block = 0, b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
        try:
            while sent < 50:
                writer.write(block)
                await asyncio.wait_for(writer.drain(), 5)
                sent += 1
        except ConnectionError:
            pass
        writer.transport.abort()
        assert sent < 20
        reply = await said(url, f"{head}3\r\nabc\r\n0\r\n\r\n".encode())
    assert answers_in(reply)[0] in (200, 204, 404)


@pytest.mark.hardening("mock-22")
async def test_pipelined_requests():
    """They are served one after the other, few are kept waiting in memory, and each gets its answer."""
    head = b"GET /api/v2/tokens/me HTTP/1.1\r\nHost: localhost\r\n"
    async with served() as (ready, _):
        reply = await said(ready.url, (head + b"\r\n") * 99 + head + b"Connection: close\r\n\r\n")
    assert reply.count(b"HTTP/1.1 401") == 100


@pytest.mark.hardening("mock-3")
@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 101), ("http://{host}", 101), ("http://pages.example", 101), ("http://evil.example", 403), ("null", 403)],
)
async def test_pages_that_open_a_websocket(origin, status):
    """Only pages of the mock's own origin, or of one that was allowed, get one; programs send none."""
    async with served(allowed_origins=frozenset({"http://pages.example"})) as (ready, client):
        channel = (await client.post("/api/v2/notifications/channels")).json()
        host = ready.url.removeprefix("http://")
        origin = f"Origin: {origin.format(host=host)}\r\n" if origin else ""
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        upgrade += "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        path = channel["connectUri"].partition(host)[2]
        reader, writer = await asyncio.open_connection(*at(ready.url))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{origin}{upgrade}\r\n".encode())
        reply = await reader.readuntil(b"\r\n")
        writer.transport.abort()
    assert int(reply.split()[1]) == status


@pytest.mark.hardening("mock-35", "mock-36")
async def test_the_access_log(tmp_path):
    """A JSON line for each answer of both ports: what was asked by its template, and no word that a client sent."""
    file = tmp_path / "access.jsonl"
    async with served(access_log=file) as (ready, client):
        listing = await client.get(f"{LISTS}/{CANARY}?name={CANARY}", headers={"X-Note": CANARY})
        await client.get(
            f"{ready.control_url}/state?x={CANARY}", headers={"Authorization": f"Bearer {ready.control_token}"}
        )
        await client.request("PROPFIND", "/nowhere")
        await said(ready.url, next(iter(unreadable_requests(CANARY))).encode())
    text = file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/oauth/token", 200),
        ("GET", f"{LISTS}/{{contact_list_id}}", 404),
        ("GET", "/state", 200),
        ("other", "", 404),
        ("other", "", 400),
    ]
    assert (lines[1]["correlationId"], len(lines[1]["token"])) == (listing.headers["ININ-Correlation-Id"], 6)
    assert lines[1].keys() == {"method", "route", "status", "bytes", "ms", "correlationId", "token"}
    assert "CANARY" not in text
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.hardening("mock-23")
async def test_open_files(monkeypatch, caplog):
    """A process that may open few files serves fewer connections, and says so; the limit is raised as far as it may."""
    limits = [(40, 40)]
    monkeypatch.setattr("resource.getrlimit", lambda kind: limits[-1])
    monkeypatch.setattr("resource.setrlimit", lambda kind, pair: limits.append(pair))
    assert (connections_for(1_000), "at most 20 connections" in caplog.text) == (20, True)
    limits[:] = [(1_024, 4_096)]
    assert (connections_for(1_000), limits[-1]) == (1_000, (1_256, 4_096))


async def idle(url, request, ended):
    """Somebody who asks once, or says nothing, and then holds the connection; turned away, the same again."""
    while not ended.is_set():
        reader, writer = await asyncio.open_connection(*at(url))
        try:
            writer.write(request)
            while not ended.is_set() and await reader.read(65_536):
                pass
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
        await asyncio.sleep(1)


async def drip(url, token, ended):
    """A body of megabytes, a byte a second, by somebody with a token; turned away, the same again."""
    head = f"POST {LISTS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 2800000\r\n\r\n"
    while not ended.is_set():
        _, writer = await asyncio.open_connection(*at(url))
        writer.write(head.encode())
        try:
            while not (ended.is_set() or writer.transport.is_closing()):
                writer.write(b" ")
                await asyncio.sleep(1)
        finally:
            writer.transport.abort()


async def times_of(client, requests, every_s):
    """Seconds that each of so many requests took, every other one on a connection of its own. Each is answered 200."""
    loop, times = asyncio.get_running_loop(), []
    for number in range(requests):
        began = loop.time()
        reply = await client.get("/api/v2/tokens/me", headers={"Connection": "close"} if number % 2 else {})
        times.append(loop.time() - began)
        assert reply.status_code == 200
        await asyncio.sleep(every_s)
    return sorted(times)


@pytest.mark.hardening("mock-22", "mock-23")
@pytest.mark.parametrize(
    ("connections", "idlers", "drippers", "requests"),
    [(40, 40, 8, 30), pytest.param(1_000, 1_000, 100, 1_000, marks=[pytest.mark.slow, pytest.mark.timeout(300)])],
)
async def test_an_honest_client_in_a_crowd(connections, idlers, drippers, requests):
    """Idle and dripping clients that fill all connections delay nobody: p99 under 1 s, and no request is refused."""
    async with served(max_connections=connections, allowed_hosts=frozenset()) as (ready, client):
        token, ended = client.headers["Authorization"], asyncio.Event()
        asks = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        crowd = [asyncio.create_task(idle(ready.url, asks if n % 2 else b"", ended)) for n in range(idlers)]
        crowd += [asyncio.create_task(drip(ready.url, token, ended)) for _ in range(drippers)]
        await asyncio.sleep(0.5 if connections < 100 else 5)
        times = await times_of(client, requests, 0.02)
        ended.set()
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        await asyncio.sleep(0.05)  # for the ends of their connections
    p99 = times[int(len(times) * 0.99) - 1]
    assert p99 < 1.0
