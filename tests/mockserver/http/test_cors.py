"""Pages of other origins: who may ask, what they may read, and how they log in."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from mockserver.config import Config, ConfigError

from ...conftest import log_in

pytestmark = pytest.mark.anyio

PAGE = "http://localhost:3000"
LISTS = "/api/v2/outbound/contactlists"
ASKED = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,purecloud-sdk"}


@pytest.fixture
def org_for_pages(mock_org):
    """An org that lets pages of one origin ask."""
    mock_org.org.browser_origins = frozenset({PAGE})
    return mock_org


def cors(reply):
    """What of the answer concerns other origins."""
    return {name: value for name, value in reply.headers.items() if name.startswith("access-control") or name == "vary"}


async def test_row_06_a_browser_asks_before_it_sends(org_for_pages):
    """The answer needs no token, and names the one origin, never any; nobody is told to send cookies."""
    client = org_for_pages.client
    del client.headers["Authorization"]
    reply = await client.options(f"{LISTS}/any/contacts", headers={"Origin": PAGE} | ASKED)
    assert (reply.status_code, reply.content) == (204, b"")
    assert cors(reply) == {
        "vary": "Origin",
        "access-control-allow-origin": PAGE,
        "access-control-expose-headers": cors(reply)["access-control-expose-headers"],
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization,purecloud-sdk",
        "access-control-max-age": "600",
    }


@pytest.mark.parametrize("path", [LISTS, f"{LISTS}/no", "/nowhere", "/oauth/token"])
async def test_row_06_a_page_reads_answers_and_refusals(org_for_pages, path):
    """With the headers that tell of limits."""
    reply = await org_for_pages.client.get(path, headers={"Origin": PAGE})
    assert reply.headers["Access-Control-Allow-Origin"] == PAGE
    readable = reply.headers["Access-Control-Expose-Headers"].lower().split(", ")
    assert {"inin-correlation-id", "inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"} <= {
        *readable
    }


@pytest.mark.parametrize(
    "origin", ["http://localhost:3001", "https://localhost:3000", "http://localhost", f"{PAGE}.example", "null", "*"]
)
@pytest.mark.hardening("mock-3", "mock-39")
async def test_row_06_other_origins_get_nothing(org_for_pages, origin):
    """Neither the question nor the request itself is answered for them; caches are told why."""
    asked = await org_for_pages.client.options(LISTS, headers={"Origin": origin} | ASKED)
    assert (asked.status_code, cors(asked)) == (405, {"vary": "Origin"})
    assert cors(await org_for_pages.client.get(LISTS, headers={"Origin": origin})) == {"vary": "Origin"}


@pytest.mark.hardening("mock-3", "mock-39")
async def test_without_the_option_nothing_is_said(mock_org):
    asked = await mock_org.client.options(LISTS, headers={"Origin": PAGE} | ASKED)
    assert (asked.status_code, cors(asked)) == (405, {})
    assert cors(await mock_org.client.get(LISTS, headers={"Origin": PAGE})) == {}


@pytest.mark.parametrize("origin", ["*", "null", "localhost:3000", "http://localhost:3000/", "file://", ""])
def test_what_is_no_origin(origin):
    with pytest.raises(ConfigError, match="--allow-origin takes one such as"):
        Config(allowed_origins=frozenset({origin})).check()


@pytest.mark.parametrize("origin", [PAGE, "https://app.example", "http://[::1]:8000"])
def test_origins(origin):
    Config(allowed_origins=frozenset({origin})).check()


VERIFIER = "a-text-that-only-the-page-knows-0123456789-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
IMPLICIT = {"client_id": "mock-client", "redirect_uri": f"{PAGE}/app?a=1", "response_type": "token", "state": "x y&z"}
PKCE = IMPLICIT | {"response_type": "code", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}


async def works(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.get("/api/v2/tokens/me", headers=headers)).status_code == 200


async def test_an_implicit_login(org_for_pages):
    """The browser is sent back with a token behind the #, where no server sees it."""
    reply = await org_for_pages.client.get("/oauth/authorize", params=IMPLICIT)
    to = urlsplit(reply.headers["Location"])
    assert (reply.status_code, to.geturl().partition("#")[0]) == (302, f"{PAGE}/app?a=1")
    given = {name: value for name, [value] in parse_qs(to.fragment).items()}
    assert (given["token_type"], given["expires_in"], given["state"]) == ("bearer", "86400", "x y&z")
    assert await works(org_for_pages.client, given["access_token"])


async def code(client):
    reply = await client.get("/oauth/authorize", params=PKCE)
    given = {name: value for name, [value] in parse_qs(urlsplit(reply.headers["Location"]).query).items()}
    assert (reply.status_code, given["a"], given["state"]) == (302, "1", "x y&z")
    return given["code"]


def exchange(code):
    return {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": VERIFIER,
        "client_id": "mock-client",
        "redirect_uri": PKCE["redirect_uri"],
    }


@pytest.mark.parametrize("by_form", [True, False])
async def test_a_login_by_pkce(org_for_pages, by_form):
    """A code is worth one token, without a secret, whatever the profile says of secrets in forms."""
    org_for_pages.change(semantics__form_credentials=by_form)
    client = org_for_pages.client
    form = exchange(await code(client))
    reply = await client.post("/oauth/token", data=form, headers={"Origin": PAGE})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert await works(client, reply.json()["access_token"])
    again = await client.post("/oauth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "no"},
        {"code_verifier": "another"},
        {"client_id": "other"},
        {"redirect_uri": f"{PAGE}/"},
        {"code_verifier": CHALLENGE},
    ],
)
async def test_a_code_is_for_one_page(org_for_pages, wrong):
    """Whoever has caught it needs the verifier, the client and the address too."""
    reply = await org_for_pages.client.post("/oauth/token", data=exchange(await code(org_for_pages.client)) | wrong)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")


async def test_a_code_expires(org_for_pages):
    form = exchange(await code(org_for_pages.client))
    org_for_pages.clock.advance(60)
    assert (await org_for_pages.client.post("/oauth/token", data=form)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"redirect_uri": "http://localhost:3001/"}, "invalid_request"),
        ({"redirect_uri": f"{PAGE}@evil.example/"}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
async def test_logins_that_are_refused(org_for_pages, wrong, error):
    """Nobody is sent anywhere."""
    reply = await org_for_pages.client.get("/oauth/authorize", params=PKCE | wrong)
    assert (reply.status_code, reply.json()["error"], "Location" in reply.headers) == (400, error, False)


async def test_without_the_option_no_page_logs_in(mock_org):
    reply = await mock_org.client.get("/oauth/authorize", params=IMPLICIT)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


async def test_a_token_of_one_s_own_is_left_alone(org_for_pages):
    """A login by client credentials is as before."""
    await log_in(org_for_pages.client)
    assert (await org_for_pages.client.get(LISTS)).status_code == 200
