import base64

import httpx
import pytest

pytestmark = pytest.mark.anyio

GRANT = {"grant_type": "client_credentials"}


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text).decode()}


async def test_a_token(mock_org):
    """Client credentials are worth a bearer token for a day."""
    reply = await mock_org.client.post("/oauth/token", data=GRANT, auth=("mock-client", "mock-secret"))
    body = reply.json()
    assert (reply.status_code, body["token_type"], body["expires_in"]) == (200, "bearer", 86_400)
    headers = {"Authorization": f"bearer {body['access_token']}"}  # the schema's case does not matter
    assert (await mock_org.client.get("/api/v2/tokens/me", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "form", "error"),
    [
        (basic(b"mock-client:wrong"), GRANT, "invalid_client"),
        (basic(b"nobody:mock-secret"), GRANT, "invalid_client"),
        (basic(b"\xff:x"), GRANT, "invalid_client"),
        ({"Authorization": "Basic !!!"}, GRANT, "invalid_client"),
        ({"Authorization": b"Basic \xff"}, GRANT, "invalid_client"),
        ({"Authorization": ""}, GRANT, "invalid_client"),
        ({"Authorization": ""}, GRANT | {"client_id": "mock-client", "client_secret": "wrong"}, "invalid_client"),
        (basic(b"mock-client:mock-secret"), {}, "invalid_request"),
        (basic(b"mock-client:mock-secret"), {"grant_type": "password"}, "unsupported_grant_type"),
        (basic(b"mock-client:mock-secret"), {"grant_type": ["client_credentials"] * 2}, "invalid_request"),
    ],
)
@pytest.mark.hardening("mock-15")
async def test_refusals(mock_org, headers, form, error):
    """A refusal is a 400 with the token endpoint's own body, the same for a wrong secret and an unknown client."""
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = await mock_org.client.post("/oauth/token", data=form, headers=headers | form_type)
    assert (reply.status_code, reply.json()["error"]) == (400, error)
    assert reply.json().keys() == {"error", "description", "error_description"}


async def test_json_is_no_form(mock_org):
    """The body has to be a form."""
    reply = await mock_org.client.post("/oauth/token", json=GRANT, auth=("mock-client", "mock-secret"))
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(("accepted", "status"), [(True, 200), (False, 400)])
async def test_credentials_in_the_form(mock_org, accepted, status):
    """Whether id and secret may come as fields is the profile's to say."""
    mock_org.change(semantics__form_credentials=accepted)
    form = GRANT | {"client_id": "mock-client", "client_secret": "mock-secret"}
    async with httpx.AsyncClient(base_url=mock_org.client.base_url) as client:
        assert (await client.post("/oauth/token", data=form)).status_code == status


@pytest.mark.hardening("mock-15")
async def test_its_own_limit(mock_org):
    """The endpoint counts by itself, and refuses like the rest of the API."""
    mock_org.change(tokens__requests_per_window=1)
    replies = [
        await mock_org.client.post("/oauth/token", data=GRANT, auth=("mock-client", "mock-secret")) for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [200, 429]
    assert (replies[1].headers["Retry-After"], replies[1].json()["code"]) == ("60", "too.many.requests.retry.after")


@pytest.mark.hardening("mock-15")
async def test_wrong_secrets_one_after_the_other(mock_org):
    """Guessing becomes slow; the right secret is taken at once, and makes up for them."""

    async def took(secret):
        before = mock_org.clock.now()
        reply = await mock_org.client.post("/oauth/token", data=GRANT, auth=("mock-client", secret))
        return reply.status_code, mock_org.clock.now() - before

    assert [await took("wrong") for _ in range(6)] == [(400, 0.0)] * 5 + [(400, 1.0)]
    assert (await took("mock-secret"), await took("wrong")) == ((200, 0.0), (400, 0.0))


async def test_a_revoked_token(mock_org):
    """After DELETE the token opens nothing."""
    assert (await mock_org.client.get("/api/v2/tokens/me")).json()["OAuthClient"]["id"] == "mock-client"
    assert (await mock_org.client.delete("/api/v2/tokens/me")).status_code == 200
    assert (await mock_org.client.get("/api/v2/tokens/me")).json()["code"] == "bad.credentials"


@pytest.mark.hardening("mock-11")
async def test_tokens_are_kept_as_hashes(mock_org):
    """Nothing in the org's state is a token that works."""
    token = mock_org.client.headers["Authorization"].removeprefix("Bearer ")
    assert len(bytes.fromhex(token)) == 32
    assert token not in repr(list(mock_org.org.tokens))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v2/organizations/me", {"state": "active"}),
        ("/api/v2/authorization/divisions/home", {"name": "Home", "homeDivision": True}),
        ("/healthz", {"status": "ok"}),
    ],
)
async def test_platform(mock_org, path, expected):
    """What a client asks before it works is answered."""
    assert (await mock_org.client.get(path)).json().items() >= expected.items()
