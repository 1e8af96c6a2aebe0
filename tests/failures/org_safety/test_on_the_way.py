"""Gateways, certificates and proxies between this machine and a real org: servers on addresses of this machine."""

import asyncio
import base64
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from harness.client.oauth import Credentials
from harness.client.org_safety import OrgOptions, OrgSafetyLimits
from harness.client.target import Target
from harness.errors import Refused, RunError, SafetyStop
from harness.runs.account import merge_sources
from harness.runs.canary import verify_org_identity
from harness.runs.resolve_target import _hosts

HOST = "127.0.0.2"
ORG = "8a3f2d3c-0000-4000-8000-000000000001"
CREDENTIALS = Credentials("client", "s3cret", org_id=ORG)
ENVIRON = {"GENESYSCLOUD_OAUTHCLIENT_ID": "client", "GENESYSCLOUD_OAUTHCLIENT_SECRET": "s3cret"}


def as_an_org(request: web.Request) -> web.Response:
    """As a platform, or whoever stands for it, under any path."""
    if request.path.endswith("/oauth/token"):
        return web.json_response({"access_token": "t0ken", "token_type": "bearer", "expires_in": 86_400})
    return web.json_response({"id": ORG, "name": "Sandbox"})


@asynccontextmanager
async def served(
    answer: Callable[[web.Request], web.Response] = as_an_org, certified: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[web.Request]]]:
    """On an address that is not this machine's usual one: its port, and the requests that have come."""
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0, ssl_context=certified).start()
        yield runner.addresses[0][1], seen
    finally:
        await runner.cleanup()


def target(ca_file=None, **environ) -> Target:
    """What the official variables make of it."""
    variables = {f"GENESYSCLOUD_{name.upper()}": str(value) for name, value in environ.items()}
    found = _hosts(merge_sources(OrgOptions(), ENVIRON | variables, {}))
    terms = OrgSafetyLimits(org_id=ORG, confirmed=True)
    return Target(api=found.api, login=found.login, apps=found.apps, proxy=found.proxy, ca_file=ca_file, terms=terms)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate of 127.0.0.2 that no system trusts, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    folder = tmp_path_factory.mktemp("authority")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    about = ["-subj", "/CN=a gateway", "-addext", f"subjectAltName=IP:{HOST}", "-days", "2"]
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *about]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def test_a_gateway(tmp_path):
    """Login and API requests go to the gateway, each under its path, and the token goes nowhere else."""

    async def asked():
        async with served() as (port, seen):
            where = {"gateway_host": HOST, "gateway_port": port, "gateway_protocol": "http"}
            paths = {"gateway_path_name": "api", "gateway_path_value": "pure"}
            await verify_org_identity(target(**where, **paths), CREDENTIALS, tmp_path / "org.csv")
            return [request.path for request in seen]

    assert asyncio.run(asked()) == ["/oauth/token", "/pure/api/v2/organizations/me"]


@pytest.mark.hardening("harness-6")
@pytest.mark.parametrize("known", [True, False], ids=["given", "not given"])
def test_a_certificate_of_ones_own(tmp_path, authority, known):
    """Trusted if --ca-file has it; otherwise exit 6 TLS_REFUSED, and no request was sent."""
    context, certificate = authority

    async def asked():
        async with served(certified=context) as (port, seen):
            where = target(certificate if known else None, gateway_host=HOST, gateway_port=port)
            try:
                await verify_org_identity(where, CREDENTIALS, tmp_path / "org.csv")
            except RunError as error:
                return error.code, error.exit_code, len(seen)
            return "", 0, len(seen)

    assert asyncio.run(asked()) == (("", 0, 2) if known else ("TLS_REFUSED", Refused.exit_code, 0))


def test_a_proxy(tmp_path):
    """Every request goes through the proxy, with its user; HTTP_PROXY and the like are not read."""

    async def asked():
        async with served() as (port, seen):
            proxy = {"proxy_host": HOST, "proxy_port": port}
            user = {"proxy_auth_username": "me", "proxy_auth_password": "p@ss"}
            gateway = {"gateway_host": "127.0.0.3", "gateway_port": 9, "gateway_protocol": "http"}
            await verify_org_identity(target(**proxy, **user, **gateway), CREDENTIALS, tmp_path / "org.csv")
            return [(request.headers["Host"], request.headers["Proxy-Authorization"]) for request in seen]

    told = f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    assert asyncio.run(asked()) == [("127.0.0.3:9", told)] * 2


@pytest.mark.hardening("harness-4", "harness-5")
def test_a_redirect_elsewhere(tmp_path):
    """Exit 9 WRONG_ORG: the redirect is not followed, the token is not sent there, the org stays unidentified."""

    async def asked():
        async with served() as (elsewhere, seen):

            def redirecting(request):
                if request.path == "/oauth/token":
                    return as_an_org(request)
                return web.Response(status=307, headers={"Location": f"http://{HOST}:{elsewhere}{request.path}"})

            async with served(redirecting) as (port, _):
                where = target(gateway_host=HOST, gateway_port=port, gateway_protocol="http")
                with pytest.raises(SafetyStop, match="WRONG_ORG"):
                    await verify_org_identity(where, CREDENTIALS, tmp_path / "org.csv")
            return len(seen)

    assert asyncio.run(asked()) == 0
