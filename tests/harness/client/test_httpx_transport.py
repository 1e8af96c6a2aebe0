"""Calls over HTTP: what went out, what came back, and whether anything can have left."""

import asyncio
import errno
import socket
import struct
from collections import deque
from contextlib import asynccontextmanager

import httpx
import pytest
import respx
from aiohttp import web

from harness.client import httpx_transport
from harness.client.answer_body import MAX_ANSWER_BYTES
from harness.client.target import Target
from harness.errors import LocalResource, SafetyStop
from harness.flow import Call, FilePart

from ...failures.network.proxy import proxied

pytestmark = pytest.mark.anyio

API = "http://api.example"
TARGET = Target(api=API, login="http://login.example", apps="http://apps.example")


def call(**changed):
    return Call(**{"op": "contacts.add", "method": "POST", "url": "/x", "body": b"[1]", **changed})


@pytest.fixture
def router():
    return respx.MockRouter(assert_all_called=False)


@pytest.fixture
async def client(router, anyio_backend):
    """A client whose answers come from the router."""
    async with httpx_transport.HttpxClient(transport=httpx.MockTransport(router.async_handler)) as client:
        yield client


@asynccontextmanager
async def raw_server(answer):
    """A server that reads a request and its three bytes of body, and then does what `answer` does with the writer."""

    async def serve(reader, writer):
        await reader.readuntil(b"[1]")
        answer(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield Target.one_host(f"http://{host}:{port}")


def reset(writer):
    """Close with a RST instead of a FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut_short(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{")


def cut_chunk(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n[{")


def nothing(writer):
    """A FIN without an answer."""


def no_http(writer):
    writer.write(b"220 mail.example ready\r\n")


@asynccontextmanager
async def served(*routes):
    """An aiohttp server on a free port of this machine."""
    app = web.Application()
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        yield Target.one_host(f"http://{host}:{port}")
    finally:
        await runner.cleanup()


class Failing(httpx.AsyncByteStream):
    """A body that breaks off."""

    async def __aiter__(self):
        yield b"[{"
        raise httpx.ReadError("reset")


# --- what is known of a call that failed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.UnsupportedProtocol, False),
        (httpx.WriteError, True),
        (httpx.WriteTimeout, True),
        (httpx.ReadError, True),
        (httpx.ReadTimeout, True),
        (httpx.RemoteProtocolError, True),
        (httpx.DecodingError, True),
        (httpx.TooManyRedirects, True),
    ],
)
async def test_an_error_says_whether_anything_can_have_left(router, client, error, sent):
    """A caller may repeat without a look only if the request certainly has not left."""
    router.post(f"{API}/x").mock(side_effect=error)
    reply = await httpx_transport.send(client, TARGET, call())
    assert (reply.status, reply.error, reply.sent, reply.ok) == (0, error.__name__, sent, False)


async def test_a_machine_without_descriptors_says_so():
    """It is no silence of the server's."""

    def refuse(request):
        raise httpx.ConnectError("all attempts failed") from OSError(errno.EMFILE, "Too many open files")

    async with httpx_transport.HttpxClient(transport=httpx.MockTransport(refuse)) as client:
        with pytest.raises(LocalResource, match="NO_DESCRIPTORS Too many open files"):
            await httpx_transport.send(client, TARGET, call())


async def test_a_body_that_breaks_off_is_no_answer(router, client):
    """The status had come already; it proves nothing."""
    router.post(f"{API}/x").mock(return_value=httpx.Response(200, stream=Failing()))
    reply = await httpx_transport.send(client, TARGET, call())
    assert (reply.status, reply.error, reply.sent) == (0, "ReadError", True)


@pytest.mark.parametrize("answer", [reset, nothing, no_http, cut_short, cut_chunk])
async def test_a_connection_that_breaks(answer):
    """The connection breaks after the whole body was read: the outcome is unknown."""
    async with raw_server(answer) as target, httpx_transport.open_client(target, 1) as client:
        reply = await httpx_transport.send(client, target, call(bearer=False))
    assert (reply.status, reply.sent, reply.ok) == (0, True, False)


async def test_what_was_given_up_is_not_sent_any_more():
    """A server that starts to read after that gets only part of the body."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = Target.one_host(f"http://127.0.0.1:{listener.getsockname()[1]}")
        async with httpx_transport.open_client(target, 1) as client:
            reply = await httpx_transport.send(client, target, call(body=bytes(1_000_000), timeout_s=0.2))
        accepted, _ = listener.accept()
    with accepted, pytest.raises(ConnectionResetError):
        deque(iter(lambda: accepted.recv(65_536), b""), maxlen=0)
    assert (reply.error, reply.sent) == ("TimeoutError", True)


async def test_calls_that_find_no_connection_wait_for_those_that_have_one():
    """A server that takes one connection at a time answers all of them."""
    began, may_end = asyncio.Event(), asyncio.Event()

    async def answer(request):
        began.set()
        await may_end.wait()
        return web.json_response({})

    async with (
        served(("POST", "/x", answer)) as server,
        proxied(server, most=1) as (target, proxy),
        httpx_transport.open_client(target, 8) as client,
    ):
        calls = [asyncio.create_task(httpx_transport.send(client, target, call(bearer=False)))]
        await began.wait()
        calls += [asyncio.create_task(httpx_transport.send(client, target, call(bearer=False))) for _ in range(7)]
        asyncio.get_running_loop().call_later(0.05, may_end.set)
        replies = await asyncio.gather(*calls)
    assert ([reply.status for reply in replies], proxy.accepted, client.under_way) == ([200] * 8, 1, 0)


async def test_nobody_listens():
    """On a port that was just given back."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = Target.one_host(f"http://127.0.0.1:{port}")
    async with httpx_transport.open_client(target, 1) as client:
        reply = await httpx_transport.send(client, target, call())
        replies = await asyncio.gather(*(httpx_transport.send(client, target, call()) for _ in range(8)))
    assert {(reply.status, reply.error, reply.sent) for reply in [reply, *replies]} == {(0, "ConnectError", False)}


async def test_an_answer_that_takes_too_long(router, client):
    """The call's time-out covers all of it; the body may have been sent."""

    async def never(request):
        await asyncio.Event().wait()

    router.post(f"{API}/x").mock(side_effect=never)
    reply = await httpx_transport.send(client, TARGET, call(timeout_s=0.01))
    assert (reply.status, reply.error, reply.sent) == (0, "TimeoutError", True)


@pytest.mark.hardening("harness-8")
async def test_an_answer_without_end(router, client):
    """No more is read than an answer of this API can need."""

    async def endless():
        for _ in range(MAX_ANSWER_BYTES // 2**20 + 1):
            yield bytes(2**20)

    router.post(f"{API}/x").mock(return_value=httpx.Response(200, content=endless()))
    reply = await httpx_transport.send(client, TARGET, call())
    assert (reply.status, reply.sent, reply.body) == (0, True, b"")


# --- what goes where --------------------------------------------------------------------------------------------------


@pytest.mark.hardening("harness-4", "harness-5")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status):
    """Redirects are not followed, so personal data reaches only the host it was sent to."""
    seen = []

    async def answer(request):
        seen.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    routes = ("POST", "/x", answer), ("*", "/elsewhere", answer)
    async with served(*routes) as target, httpx_transport.open_client(target, 1) as client:
        reply = await httpx_transport.send(client, target, call())
    assert (reply.status, reply.headers["location"], seen) == (status, "/elsewhere", ["/x"])


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 429, 500, 503])
async def test_every_status_is_an_answer(router, client, status):
    """With its body and headers, by lower-case names."""
    headers = {"Retry-After": "7", "Location": "http://elsewhere.example/"}
    router.post(f"{API}/x").mock(return_value=httpx.Response(status, headers=headers, content=b"body"))
    reply = await httpx_transport.send(client, TARGET, call())
    assert (reply.status, reply.body, reply.error) == (status, b"body", "")
    assert reply.headers["retry-after"] == "7"
    assert len(router.calls) == 1


@pytest.mark.parametrize(
    ("changed", "url"),
    [
        ({}, "http://api.example/x"),
        ({"host": "login"}, "http://login.example/x"),
        ({"host": "apps"}, "http://apps.example/x"),
        ({"query": (("name", "a b&c"), ("pageSize", "100"))}, "http://api.example/x?name=a+b%26c&pageSize=100"),
        ({"url": "http://api.example/f?signature=a%2Bb"}, "http://api.example/f?signature=a%2Bb"),  # as it came
        ({"url": "/f?signature=a%2Bb"}, "http://api.example/f?signature=a%2Bb"),
    ],
)
async def test_where_a_call_goes(router, client, changed, url):
    """To one of the three hosts, or to the address that a server handed out."""
    router.route().mock(return_value=httpx.Response(200))
    await httpx_transport.send(client, TARGET, call(bearer=False, **changed))
    (sent,) = router.calls
    assert (str(sent.request.url), sent.request.content) == (url, b"[1]")


@pytest.mark.hardening("harness-4")
@pytest.mark.parametrize("url", ["https://evil.example/x", "https://api.example/x", "http://api.example:81/x"])
async def test_a_token_goes_to_the_platform_alone(router, client, url):
    """The token is not sent to another host, scheme or port."""
    with pytest.raises(SafetyStop):
        await httpx_transport.send(client, TARGET, call(url=url, headers={"Authorization": "Bearer t"}))
    assert not router.calls


# --- files ------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def files_server():
    """Takes uploads and keeps what it was sent; serves a file."""
    seen = []

    async def take(request):
        parts = await request.multipart()
        seen.extend([(part.name, part.filename, await part.read()) async for part in parts])
        return web.json_response({})

    async def give(request):
        return web.Response(status=int(request.query["status"]), body=b"row\n" * 100_000)

    async with served(("POST", "/upload", take), ("GET", "/file", give)) as target:
        yield target, seen


async def test_a_form_streams_its_file(tmp_path):
    """Fields first, in their order, then the file under its name, as it lies on the disk."""
    path = tmp_path / "leads.csv"
    path.write_bytes(b"Lead ID\n" + b"A\n" * 200_000)
    form = (("id", "list-1"), ("fileType", "contactlist"), ("file", FilePart(path=path, filename="leads.csv")))
    async with files_server() as (target, seen), httpx_transport.open_client(target, 1) as client:
        reply = await httpx_transport.send(client, target, call(url="/upload", body=None, form=form))
    assert reply.ok
    assert seen == [
        ("id", None, b"list-1"),
        ("fileType", None, b"contactlist"),
        ("file", "leads.csv", path.read_bytes()),
    ]


async def test_a_form_whose_file_is_gone(router, client, tmp_path):
    """It is a trouble of this machine, told before anything is sent."""
    form = (("file", FilePart(path=tmp_path / "none.csv", filename="none.csv")),)
    with pytest.raises(LocalResource):
        await httpx_transport.send(client, TARGET, call(body=None, form=form))
    assert not router.calls


@pytest.mark.parametrize(("status", "saved"), [(200, True), (404, False), (302, False)])
async def test_only_a_good_answer_is_saved(tmp_path, status, saved):
    """The body of a no is read as a body; the file holds the file or nothing."""
    to = tmp_path / "export.csv"
    download = call(method="GET", url=f"/file?status={status}", body=None, save_to=to)
    async with files_server() as (target, _), httpx_transport.open_client(target, 1) as client:
        reply = await httpx_transport.send(client, target, download)
    assert (reply.status, to.exists()) == (status, saved)
    assert len(to.read_bytes() if saved else reply.body) == 400_000
    assert bool(reply.body) is not saved


async def test_a_file_that_cannot_be_written(router, client, tmp_path):
    """A full or missing disk is told as such, not as a server's fault."""
    router.get(f"{API}/x").mock(return_value=httpx.Response(200, content=b"rows"))
    with pytest.raises(LocalResource):
        await httpx_transport.send(client, TARGET, call(method="GET", save_to=tmp_path / "none" / "export.csv"))
