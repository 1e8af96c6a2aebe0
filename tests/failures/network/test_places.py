"""Downloads that lead elsewhere: to another server, to another one after that, to a name inside this network."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from harness.api import Export, download_file
from harness.client import httpx_transport
from harness.client.asyncio_driver import open_driver
from harness.client.oauth import Credentials, Session, with_authorization
from harness.client.org_safety import OrgSafetyLimits
from harness.client.request_context import NullJournal
from harness.client.target import Target
from harness.errors import SafetyStop
from harness.flow import adrive
from harness.strategies.export import download_export

FILE = b"inin-outbound-id,Lead ID\n"


@asynccontextmanager
async def listening(answer=lambda path: b""):
    """A server on this machine: its port, and the head of each request."""
    seen = []

    async def serve(reader, writer):
        with suppress(asyncio.IncompleteReadError):
            while True:
                seen.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer(seen[-1].split()[1].decode()))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], seen


def leading_to(location, then=b""):
    """A first hop that sets a cookie and leads there; what is there is the file, or `then`."""

    def answer(path):
        if path.startswith("/api/"):
            return (
                b"HTTP/1.1 303 See Other\r\nSet-Cookie: first=hop; Path=/\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n"
                % location
            )
        return then or b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(FILE), FILE)

    return answer


async def downloaded(port, to):
    """The reply to the last hop of a download from the server at this port, by an org's ready token."""
    target = Target.one_host(f"http://127.0.0.1:{port}")
    export = Export(f"{target.api}/api/v2/downloads/1", "now")
    async with open_driver(target, NullJournal(), to.with_name("requests.csv"), 1, deadline_s=5.0) as driver:
        session = Session(Credentials("", "", token="t0ken"), driver.context.now)
        return await adrive(with_authorization(download_export(export, "list-1", to), session), driver)


@pytest.mark.hardening("harness-4", "harness-5")
def test_the_second_hop_of_a_download(tmp_path):
    """Has the file, and is shown neither the token nor the cookie of the first."""

    async def main():
        async with listening(leading_to(b"/files/1?signature=s")) as (port, seen):
            reply = await downloaded(port, tmp_path / "export.csv")
            return reply.status, seen

    status, (first, second) = asyncio.run(main())
    assert (status, (tmp_path / "export.csv").read_bytes()) == (200, FILE)
    assert b"Bearer t0ken" in first
    assert [word for word in (b"t0ken", b"authorization", b"cookie") if word in second.lower()] == []


@pytest.mark.hardening("harness-5")
@pytest.mark.parametrize("place", ["https://127.0.0.1:{}/x", "https://localhost:{}/x", "http://127.0.0.1:{}/x"])
def test_a_download_of_a_mock_that_leads_to_another_server(tmp_path, place):
    """Exit 9, and nobody connects to it."""

    async def main():
        async with listening() as (elsewhere, seen):
            away = leading_to(place.format(elsewhere).encode())
            async with listening(away) as (port, _):
                with pytest.raises(SafetyStop, match=r"(HOST_NOT_ALLOWED|REDIRECT_REFUSED) op=export\.(file|download)"):
                    await downloaded(port, tmp_path / "export.csv")
            return seen

    assert asyncio.run(main()) == []


@pytest.mark.hardening("harness-5")
def test_a_redirect_after_the_redirect(tmp_path):
    """One hop is followed, not two."""

    async def main():
        async with listening() as (elsewhere, seen):
            again = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:%d/x\r\n\r\n" % elsewhere
            async with listening(leading_to(b"/files/1", again)) as (port, _):
                reply = await downloaded(port, tmp_path / "export.csv")
            return reply.status, seen

    assert asyncio.run(main()) == (302, [])
    assert not (tmp_path / "export.csv").exists()


@pytest.mark.hardening("harness-5", "harness-7")
def test_a_storage_host_whose_name_leads_into_this_network(monkeypatch, tmp_path):
    """Exit 9: the connection is closed before a byte of TLS, whatever a name server has said before."""
    host, api = "bucket.s3.amazonaws.com", "https://api.mypurecloud.ie"
    target = Target(api=api, login=api, apps=api, terms=OrgSafetyLimits(org_id="o", confirmed=True))

    async def send(call):
        async with httpx_transport.open_client(target, 1) as client:
            await httpx_transport.send(client, target, call)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", address)])
        call = download_file(f"https://{host}:{address[1]}/x", "list-1", tmp_path / "export.csv")
        with pytest.raises(SafetyStop, match=f"HOST_NOT_ALLOWED {host} leads to 127.0.0.1"):
            asyncio.run(send(replace(call, timeout_s=1.0)))
        with listener.accept()[0] as connection, suppress(ConnectionResetError):
            assert connection.recv(1) == b""
