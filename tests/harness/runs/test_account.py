"""Where an org is and who asks: flags over the environment over a profile of the official CLI."""

import pytest

from harness.client.org_safety import OrgOptions
from harness.errors import UsageError
from harness.runs.account import REGIONS, _profile, domain_of, merge_sources

CLIENT = {"GENESYSCLOUD_OAUTHCLIENT_ID": "env-id", "GENESYSCLOUD_OAUTHCLIENT_SECRET": "env-s3cret"}
PROFILE = {"environment": "mypurecloud.ie", "client_credentials": "profile-id", "client_secret": "profile-s3cret"}
GATEWAY = {"GENESYSCLOUD_GATEWAY_HOST": "gate.example", "GENESYSCLOUD_GATEWAY_PORT": "1443"}
PROXY = {"GENESYSCLOUD_PROXY_HOST": "proxy.example", "GENESYSCLOUD_PROXY_PORT": "3128"}


@pytest.mark.parametrize(
    ("region", "environ", "profile", "found"),
    [
        ("", CLIENT | {"GENESYSCLOUD_REGION": "us-west-2"}, {}, ("usw2.pure.cloud", "env-id", "env-s3cret")),
        ("", {}, PROFILE, ("mypurecloud.ie", "profile-id", "profile-s3cret")),
        ("", CLIENT, PROFILE, ("mypurecloud.ie", "env-id", "env-s3cret")),
        ("", {"GENESYSCLOUD_REGION": "us-east-2"}, PROFILE, ("use2.us-gov-pure.cloud", "profile-id", "profile-s3cret")),
        ("ap_northeast_3", {"GENESYSCLOUD_REGION": "us-east-2"}, PROFILE,
         ("apne3.pure.cloud", "profile-id", "profile-s3cret")),
        ("", {"GENESYSCLOUD_REGION": ""}, PROFILE, ("mypurecloud.ie", "profile-id", "profile-s3cret")),
    ],
)  # fmt: skip
def test_who_says_it_first(region, environ, profile, found):
    """A flag, then the environment, then the profile; a variable that is empty says nothing."""
    account = merge_sources(OrgOptions(region=region), environ, profile)
    assert (account.domain, account.client_id, account.client_secret) == found


def test_a_ready_token_wins():
    """As in the Terraform provider; the client is left out of it, so that nothing renews the token by mistake."""
    account = merge_sources(OrgOptions(region="eu-west-1"), CLIENT | {"GENESYSCLOUD_ACCESS_TOKEN": "t0ken"}, PROFILE)
    assert (account.token, account.client_id, account.client_secret) == ("t0ken", "", "")


@pytest.mark.parametrize(
    ("environ", "profile", "found"),
    [
        (GATEWAY, {}, ("https://gate.example:1443", "", "")),
        (GATEWAY | {"GENESYSCLOUD_GATEWAY_PROTOCOL": "http"}, {}, ("http://gate.example:1443", "", "")),
        (GATEWAY | {"GENESYSCLOUD_GATEWAY_PATH_NAME": "login", "GENESYSCLOUD_GATEWAY_PATH_VALUE": "/sign/in/"}, {},
         ("https://gate.example:1443", "/sign/in", "")),
        ({}, {"gateway_host": "own.example", "gateway_protocol": "https", "gateway_pathparams": "{login: l, api: a}"},
         ("https://own.example", "/l", "/a")),
        (GATEWAY, {"gateway_host": "own.example", "gateway_pathparams": "{api: a}"},
         ("https://gate.example:1443", "", "")),
        ({"GENESYSCLOUD_REGION": "localhost:8080"}, {}, ("http://localhost:8080", "", "")),
    ],
)  # fmt: skip
def test_a_gateway(environ, profile, found):
    """All of it is said by who says its host; `localhost:port` is a region of the official CLI."""
    account = merge_sources(OrgOptions(), CLIENT | environ, profile)
    assert (account.gateway, account.login_path, account.api_path) == found


@pytest.mark.parametrize(
    ("environ", "profile", "proxy"),
    [
        (PROXY, {}, "http://proxy.example:3128"),
        (PROXY | {"GENESYSCLOUD_PROXY_AUTH_USERNAME": "me", "GENESYSCLOUD_PROXY_AUTH_PASSWORD": "p@ss/w"}, {},
         "http://me:p%40ss%2Fw@proxy.example:3128"),
        ({}, {"proxy_host": "own.example", "proxy_protocol": "https", "proxy_username": "me", "proxy_password": "x"},
         "https://me:x@own.example"),
    ],
)  # fmt: skip
def test_a_proxy(environ, profile, proxy):
    """With its user and password, which no repr shows."""
    account = merge_sources(OrgOptions(region="eu-west-1"), CLIENT | environ, profile)
    assert account.proxy == proxy
    assert not [word for word in ("s3cret", "p%40ss", ":x@") if word in repr(account)]


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"GENESYSCLOUD_REGION": "eu-west-1"}, "NO_CREDENTIALS"),
        ({"GENESYSCLOUD_REGION": "eu-west-1", "GENESYSCLOUD_OAUTHCLIENT_ID": "alone"}, "NO_CREDENTIALS"),
        (CLIENT, "NO_REGION"),
        (CLIENT | {"GENESYSCLOUD_REGION": "eu-west-9"}, "UNKNOWN_REGION"),
        (CLIENT | {"GENESYSCLOUD_REGION": "mypurecloud.ie.evil.example"}, "UNKNOWN_REGION"),
        (CLIENT | {"GENESYSCLOUD_GATEWAY_HOST": "user@gate.example"}, "BAD_SETTING"),
        (CLIENT | GATEWAY | {"GENESYSCLOUD_GATEWAY_PROTOCOL": "ftp"}, "BAD_SETTING"),
        (CLIENT | GATEWAY | {"GENESYSCLOUD_GATEWAY_PORT": "x"}, "BAD_SETTING"),
    ],
)
def test_what_is_missing_or_makes_no_sense(environ, code):
    """Told before anything is sent, and without a secret."""
    with pytest.raises(UsageError) as error:
        merge_sources(OrgOptions(), environ, {})
    assert (error.value.code, "s3cret" in str(error.value)) == (code, False)


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_region(region):
    """By its name in either spelling and any case, or by its domain."""
    said = (region, region.replace("-", "_").upper(), REGIONS[region])
    assert {domain_of(name) for name in said} == {REGIONS[region]}


def test_a_profile_of_the_cli(tmp_path):
    """The table of its name, whatever the case; without a name DEFAULT."""
    path = tmp_path / "config.toml"
    content = '[DEFAULT]\nenvironment = "eu-west-1"\n[Sandbox]\nClient_Credentials = "id"\n'
    path.write_text(content, encoding="utf-8-sig")  # as some editors save it
    path.chmod(0o600)
    assert _profile(OrgOptions(gc_config=path)) == {"environment": "eu-west-1"}
    assert _profile(OrgOptions(gc_config=path, gc_profile="sandbox")) == {"client_credentials": "id"}


@pytest.mark.hardening("harness-1")
@pytest.mark.parametrize(
    ("content", "mode", "name", "code"),
    [
        ("[DEFAULT]\n", 0o644, "", "NOT_PRIVATE"),
        ("[DEFAULT]\nclient_secret = s3cret\n", 0o600, "", "NO_PROFILE"),
        ("[DEFAULT]\n", 0o600, "other", "NO_PROFILE"),
        ("deep = " + "[" * 2_000, 0o600, "", "NO_PROFILE"),
        (None, 0o600, "", "NO_PROFILE"),
    ],
)
def test_a_file_of_profiles_that_cannot_be_used(tmp_path, content, mode, name, code):
    """One that others can read is refused; what is wrong in one is told without a word of it."""
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(UsageError) as error:
        _profile(OrgOptions(gc_config=path, gc_profile=name))
    assert (error.value.code, "s3cret" in str(error.value)) == (code, False)
