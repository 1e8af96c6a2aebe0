"""An upload to a mock over TLS: with the right certificate as any other, with a wrong one not a single request."""

import asyncio
import socket
import ssl
import threading
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from harness.client.asyncio_driver import open_driver
from harness.client.request_context import FIRST_TRIES, NullJournal
from harness.client.target import Target
from harness.errors import Refused
from harness.flow import Call
from mockserver.app import create_app
from mockserver.serving import listening

from ...end_to_end.processes import Mock, ended, start
from .answer_probe import outcomes

trustme = pytest.importorskip("trustme")

CALL = Call(op="contacts.add", method="POST", url="/x", body=b"[1]", bearer=False)
LEADS = "Lead ID,Phone\nL-1,+1 555 0100\n"


def upload(tmp_path, url, *more):
    (tmp_path / "leads.csv").write_text(LEADS)
    columns = ["--lead-id", "Lead ID", "--phone", "Phone", "--strategy", "batch-api"]
    arguments = ["upload", "--leads", "leads.csv", *columns, "--target", url, "--run", "run", "--json", *more]
    return ended(start(arguments, tmp_path))


@pytest.mark.hardening("mock-40", "harness-6")
def test_a_mock_over_tls(tmp_path):
    """Whoever trusts the authority of the ready file is served; it ends with the mock."""
    mock = Mock(tmp_path / "mock", "--tls", "--pace", "none")
    ran = upload(tmp_path, mock.url, "--ca-file", str(mock.ca_file))
    assert (ran.code, ran.entry["mapped"]) == (0, 1), ran.err
    with httpx.Client(base_url=mock.url, verify=ssl.create_default_context(cafile=mock.ca_file)) as client:
        form = {"grant_type": "client_credentials"}
        token = client.post("/oauth/token", data=form, auth=mock.client).json()["access_token"]
        channel = client.post("/api/v2/notifications/channels", headers={"Authorization": f"Bearer {token}"}).json()
    assert channel["connectUri"].startswith(mock.url.replace("https", "wss"))
    mock.stop()
    assert (mock.url[:8], mock.ca_file.exists()) == ("https://", False)


def certified(authority, flaw):
    """What a server shows that has this flaw."""
    name = "elsewhere.example" if flaw == "wrong name" else "127.0.0.1"
    until = datetime(2024, 1, 1, tzinfo=UTC) if flaw == "expired" else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=until).configure_cert(context)
    return context


@pytest.mark.anyio
@pytest.mark.hardening("mock-40", "harness-6")
@pytest.mark.parametrize(
    "flaw",
    ["wrong name", *(pytest.param(flaw, marks=pytest.mark.slow) for flaw in ("untrusted", "expired"))],
)
async def test_certificates_that_are_refused(mock_org, tmp_path, flaw):
    """Exit 6 TLS_REFUSED, and the server has seen no request."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    trust = [] if flaw == "untrusted" else ["--ca-file", "ca.pem"]
    seen = mock_org.org.request_log.counts()
    async with listening(create_app(mock_org.services), "127.0.0.1", 0, tls=certified(authority, flaw)) as url:
        ran = await asyncio.to_thread(upload, tmp_path, url, *trust)
    assert (ran.code, ran.complaint) == (6, "TLS_REFUSED"), ran.err
    assert mock_org.org.request_log.counts() == seen


@pytest.mark.hardening("mock-40", "harness-6")
def test_an_old_version_of_tls(tmp_path):
    """The same for a server that has nothing newer than TLS 1.1. asyncio's would hang up without saying why."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with shaking_hands(only_tls_1_1(certified(authority, None))) as (url, ends):
        ran = upload(tmp_path, url, "--ca-file", "ca.pem")
    assert (ran.code, ran.complaint, {*ends}) == (6, "TLS_REFUSED", {"UNSUPPORTED_PROTOCOL"}), ran.err


@pytest.mark.smoke
@pytest.mark.hardening("harness-6")
@pytest.mark.parametrize("flaw", ["TLS 1.1", "untrusted"])
def test_a_refusal_under_locust(tmp_path, flaw):
    """It has the same name there."""
    context = certified(trustme.CA(), None)
    with shaking_hands(only_tls_1_1(context) if flaw == "TLS 1.1" else context) as (url, _):
        assert outcomes("gevent", url, tmp_path, ["/fine"])["/fine"][0] == "TLS_REFUSED"


@pytest.mark.hardening("harness-6")
def test_a_server_that_ends_handshakes(tmp_path):
    """It may be back soon, and nothing was sent. One that has never done anything else is named TLS_REFUSED, too."""

    async def main():
        async def hang_up(reader, writer):
            await reader.read(1)
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            target = Target.one_host(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            async with open_driver(target, NullJournal(), tmp_path / "requests.csv", 1) as driver:
                replies = [await driver.send(CALL) for _ in range(FIRST_TRIES - 1)]
                with pytest.raises(Refused, match="TLS_REFUSED"):
                    await driver.send(CALL)
            return replies

    assert {(reply.status, reply.sent) for reply in asyncio.run(main())} == {(0, False)}


def only_tls_1_1(context):
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


@contextmanager
def shaking_hands(context):
    """The address of a server that does nothing else, and how each handshake has ended."""
    ends = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=shake_hands, args=(server, context, ends), daemon=True).start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}", ends
        finally:
            server.shutdown(socket.SHUT_RDWR)


def shake_hands(server, context, ends):
    """Note how each handshake has ended; "" if it has not failed."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        try:
            with connection, context.wrap_socket(connection, server_side=True):
                ends.append("")
        except OSError as error:
            ends.append(getattr(error, "reason", str(error)))
