import json

import PureCloudPlatformClientV2 as Genesys
import pytest
from PureCloudPlatformClientV2.rest import ApiException

from .answers import CheckedClient, refused

pytestmark = pytest.mark.conformance


def test_login(client):
    """The SDK finds its token in the answer, and says who it is with it."""
    info = Genesys.TokensApi(client).get_tokens_me()
    assert len(client.access_token) >= 32
    assert info.o_auth_client.id == "mock-client"


@pytest.mark.parametrize(("name", "secret"), [("mock-client", "wrong"), ("nobody", "mock-secret"), ("", "")])
def test_refused_logins(mock, name, secret):
    """A wrong secret and an unknown client look the same: 400 with a body that only this endpoint has."""
    with pytest.raises(ApiException) as refusal:
        Genesys.api_client.ApiClient(host=mock.url).get_client_credentials_token(name, secret)
    body = {"error": "invalid_client", "description": "authentication failed"}
    assert refusal.value.status == 400
    assert json.loads(refusal.value.body) == body | {"error_description": body["description"]}
    assert refusal.value.headers["ININ-Correlation-Id"]


def test_no_token(mock):
    """Without a login the SDK sends no header at all."""
    with refused(401, "authentication.required"):
        Genesys.OutboundApi(CheckedClient(host=mock.url)).get_outbound_contactlists()


@pytest.mark.parametrize("token", ["nonsense", "x" * 4000])
def test_wrong_token(client, api, token):
    """A token nobody issued."""
    client.access_token = token
    with refused(401, "bad.credentials"):
        api.get_outbound_contactlists()


def test_expired_token(settings, client, api):
    """A token past its time is as good as none, and the SDK does not renew one of this grant; a new login helps."""
    settings(tokens__lifetime_s=0)
    client.get_client_credentials_token("mock-client", "mock-secret")
    with refused(401, "bad.credentials"):
        api.get_outbound_contactlists()
    settings(tokens__lifetime_s=300)
    client.get_client_credentials_token("mock-client", "mock-secret")
    assert api.get_outbound_contactlists().total == 0


def test_revoked_token(client, api):
    """A token that was given back opens nothing any more."""
    Genesys.TokensApi(client).delete_tokens_me()
    with refused(401, "bad.credentials"):
        api.get_outbound_contactlists()


def test_logins_that_are_too_many(settings, client):
    """The token endpoint has a limit of its own; the SDK waits as long as it is told to and gets its token."""
    settings(tokens__requests_per_window=1, rate__window_s=0.5)
    first, second = (client.get_client_credentials_token("mock-client", "mock-secret").access_token for _ in range(2))
    assert first != second


def test_who_and_where(client):
    """The organization is one and the same for all who ask, and its home division is called Home."""
    organization = Genesys.OrganizationApi(client).get_organizations_me()
    assert (organization.state, organization.id) == (
        "active",
        Genesys.TokensApi(client).get_tokens_me().organization.id,
    )
    home = Genesys.AuthorizationApi(client).get_authorization_divisions_home()
    assert (home.name, home.home_division) == ("Home", True)


def test_a_gateway(mock):
    """The SDK's other way to another host."""
    client = CheckedClient()
    host, _, port = mock.url.removeprefix("http://").partition(":")
    client.set_gateway(host, "http", int(port), None, None)
    client.get_client_credentials_token("mock-client", "mock-secret")
    assert Genesys.OutboundApi(client).get_outbound_contactlists().entities == []
