"""Call -> Reply on httpx. The only module that imports it."""

import asyncio
import logging
import resource
import socket
import ssl
import struct
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpcore
import httpx

from ..errors import (
    LocalResource,
    SafetyStop,
    UsageError,
    connection_error,
    ends_handshakes,
    out_of_descriptors,
    wrong_scheme,
)
from ..flow import Call, FilePart, Reply
from .answer_body import ACCEPT, AnswerBody, UnusableAnswer
from .request_context import CUT
from .target import Target

# Nothing of the body can have left when one of these is raised.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
NO_COOKIES = DefaultCookiePolicy(allowed_domains=())  # what one host sets, no other must see
NO_TIMEOUT = httpx.Timeout(None)  # each call has one of its own, over everything it does
HANDSHAKE_S = 2.0
FILES = 30  # that an upload may have open besides its connections: 27 were counted
NO_CONNECTION = httpx.ConnectError.__name__
# What a call that was given up has not sent yet goes with its connection: otherwise the system would send it for as
# long as the server reads, and a write could happen long after it was looked for in vain.
RESET_ON_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

# Below this they log headers, and addresses with their signatures.
for library in ("asyncio", "httpcore", "httpx", "urllib3"):
    logging.getLogger(library).setLevel(logging.WARNING)


class HttpxClient(httpx.AsyncClient):
    """One that knows of the calls under way: they share what connections the server, or this machine, has left."""

    def __init__(self, most: int = 1000, **options: Any) -> None:
        super().__init__(headers=ACCEPT, cookies=CookieJar(NO_COOKIES), **options)
        self.under_way = 0
        self.heard = False  # an answer, ever
        self.room = asyncio.Semaphore(most)
        self._ended = asyncio.Event()

    async def another_ended(self) -> None:
        self._ended.clear()
        await self._ended.wait()

    async def track(self, answer: Awaitable[Reply]) -> Reply:
        """The reply. Who waits hears of its end, unless it too found no connection while others had theirs."""
        self.under_way += 1
        full = False
        try:
            reply = await answer
            full = reply.error == NO_CONNECTION and self.under_way > 1
            return reply
        finally:
            self.under_way -= 1
            if not full:
                self._ended.set()


@asynccontextmanager
async def open_client(target: Target, connections: int) -> AsyncIterator[HttpxClient]:
    """A client with a bounded pool that follows no redirect and reads no proxy or netrc from the environment."""
    connections = min(connections, max(1, _descriptors() - FILES))
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    transport = httpx.AsyncHTTPTransport(
        verify=_tls_context(target.ca_file),
        limits=limits,
        proxy=target.proxy,
        uds=None if target.socket is None else str(target.socket),
        socket_options=[RESET_ON_CLOSE],
    )
    if target.proxy is None:  # through a proxy, it is the proxy that looks up names
        transport._pool._network_backend = _CheckedNetwork(target)  # httpx has no option for it
    async with HttpxClient(
        connections, transport=transport, timeout=NO_TIMEOUT, follow_redirects=False, trust_env=False
    ) as client:
        yield client


class _CheckedNetwork(httpcore.AnyIOBackend):
    """Connects as httpx does, and sends nothing to an address at which the host cannot be."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def connect_tcp(self, host: str, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(host, *args, **options)
        try:
            if (peer := stream.get_extra_info("server_addr")) is None:
                raise httpcore.ConnectError("closed by the server at once")
            self._target.require_peer(host, peer[0])
        except (SafetyStop, httpcore.ConnectError):
            await stream.aclose()
            raise
        return stream


def _descriptors() -> int:
    """How many files and connections this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


@cache
def _tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """The system's certificates and those of the file, read once a process: that takes a tenth of a second."""
    trusted = ssl.create_default_context()
    if ca_file is not None:
        try:
            trusted.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise UsageError("BAD_CA_FILE", f"{ca_file}: {error.strerror or 'no certificates in it'}.") from None
    return trusted


async def send(client: HttpxClient, target: Target, call: Call) -> Reply:
    """The answer to `call`; a lost connection is a Reply too, so that callers have one path."""
    while True:
        async with client.room:
            reply = await client.track(_answer(client, target, call))
        if reply.error != NO_CONNECTION or not client.under_way:
            return reply
        await client.another_ended()  # the server is there, but takes no more of them


async def _answer(client: HttpxClient, target: Target, call: Call) -> Reply:
    try:
        async with asyncio.timeout(call.timeout_s), AsyncExitStack() as files:
            content = _content(call, files)
            async with client.stream(
                call.method, target.url(call), params=call.query or None, headers=dict(call.headers), **content
            ) as response:
                client.heard = True
                headers = {key.lower(): value for key, value in response.headers.items()}
                response.headers.pop("content-encoding", None)  # httpx would decompress it, in steps of any size
                with AnswerBody(call, response.status_code, headers) as body:
                    async for piece in response.aiter_bytes():
                        body.feed(piece)
                    return Reply(status=response.status_code, headers=headers, body=body.content())
    except NEVER_SENT as error:
        if client.under_way == 1 and (trouble := out_of_descriptors(error)) is not None:
            raise trouble from None
        if (mistake := connection_error(error, target.url(call))) is not None:
            raise mistake from None
        return Reply(status=0, error=CUT if ends_handshakes(error) else type(error).__name__, sent=False)
    except UnusableAnswer as unusable:
        return Reply(status=0, error=str(unusable))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        hung_up = isinstance(error, httpx.RemoteProtocolError) and not client.heard
        if hung_up and call.host == "login" and target.socket is None and await _speaks_tls(target.url(call)):
            raise wrong_scheme(target.url(call)) from None
        return Reply(status=0, error=type(error).__name__)


async def _speaks_tls(url: str) -> bool:
    """Whether a server that hung up on plain http takes a handshake. Nothing is sent, and nobody is trusted."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(HANDSHAKE_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, ssl=anybody)
        writer.close()
        return True
    return False


def _content(call: Call, files: AsyncExitStack) -> dict[str, Any]:
    if call.form is None:
        return {"content": call.body}
    fields = {name: value for name, value in call.form if isinstance(value, str)}
    parts = {}
    for name, value in call.form:
        if isinstance(value, FilePart):
            parts[name] = (value.filename, files.enter_context(_open_upload(value.path)), value.content_type)
    return {"data": fields, "files": parts}


def _open_upload(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise LocalResource("NOT_READ", f"{path}: {error.strerror}; run the same command again.") from None
