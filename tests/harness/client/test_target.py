"""Where the requests to a real org go, and where they never do."""

import pytest

from harness.client.org_safety import OrgOptions, OrgSafetyLimits
from harness.client.target import Target
from harness.errors import SafetyStop
from harness.flow import Call
from harness.runs.account import Account
from harness.runs.resolve_target import _hosts, credentials_between, require_mock, resolve_target

REGION = Account(domain="mypurecloud.ie")
GATEWAY = Account(domain="mypurecloud.ie", gateway="https://gate.example:1443", login_path="/sign", api_path="/pure")
TERMS = OrgSafetyLimits(org_id="o", confirmed=True)


def hosts(account):
    target = _hosts(account)
    return Target(
        api=target.api, login=target.login, apps=target.apps, behind=target.behind, proxy=target.proxy, terms=TERMS
    )


@pytest.mark.parametrize(
    ("account", "host", "url", "sent_to"),
    [
        (REGION, "api", "/api/v2/x", "https://api.mypurecloud.ie/api/v2/x"),
        (REGION, "login", "/oauth/token", "https://login.mypurecloud.ie/oauth/token"),
        (REGION, "apps", "/uploads/v2/contactlist", "https://apps.mypurecloud.ie/uploads/v2/contactlist"),
        (Account(domain="use2.us-gov-pure.cloud"), "api", "/x", "https://api.use2.us-gov-pure.cloud/x"),
        (GATEWAY, "api", "/api/v2/x", "https://gate.example:1443/pure/api/v2/x"),
        (GATEWAY, "login", "/oauth/token", "https://gate.example:1443/sign/oauth/token"),
        (GATEWAY, "api", "https://api.mypurecloud.ie/api/v2/downloads/1",
         "https://gate.example:1443/pure/api/v2/downloads/1"),
    ],
)  # fmt: skip
def test_the_hosts_of_a_region(account, host, url, sent_to):
    """Each call to its own; behind a gateway all of them, also those that the platform names itself."""
    call = Call(op="x", method="GET", url=url, host=host, bearer=host != "login")
    assert hosts(account).url(call) == sent_to


@pytest.mark.hardening("harness-4")
@pytest.mark.parametrize(
    "url", ["https://api.mypurecloud.de/x", "http://api.mypurecloud.ie/x", "https://api.mypurecloud.ie.evil.example/x"]
)
@pytest.mark.parametrize("account", [REGION, GATEWAY], ids=["region", "gateway"])
def test_a_token_stays_where_it_is_good(account, url):
    """Another region, another scheme, a name that only begins so: exit 9 before a connection."""
    with pytest.raises(SafetyStop, match="HOST_NOT_ALLOWED"):
        hosts(account).url(Call(op="x", method="GET", url=url))


@pytest.mark.hardening("harness-5")
@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://downloads.mypurecloud.ie/x?Signature=s3cret", True),
        ("https://bucket.s3.amazonaws.com/x", True),
        ("http://downloads.mypurecloud.ie/x", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://10.1.2.3/x", False),
        ("https://localhost/x", False),
        ("https://files.internal/x?Signature=s3cret", False),
        ("https://evilmypurecloud.ie/x", False),
        ("https://bucket.s3.amazonaws.com.evil.example/x", False),
    ],
)
def test_where_a_signed_address_may_lead(url, allowed):
    """To where the platform keeps files, by https; the signature is not told."""
    call = Call(op="export.file", method="GET", url=url, bearer=False)
    if allowed:
        assert hosts(REGION).url(call) == url
    else:
        with pytest.raises(SafetyStop, match="HOST_NOT_ALLOWED") as stop:
            hosts(REGION).url(call)
        assert "s3cret" not in str(stop.value)


@pytest.mark.hardening("harness-9")
@pytest.mark.hardening("harness-5", "harness-7")
@pytest.mark.parametrize(
    ("host", "address", "expected"),
    [
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost", "192.0.2.1", False),
        ("localhost", "8.8.8.8", False),
        ("downloads.mypurecloud.ie", "8.8.8.8", True),
        ("downloads.mypurecloud.ie", "127.0.0.1", False),
        ("downloads.mypurecloud.ie", "::1", False),
        ("downloads.mypurecloud.ie", "::ffff:10.0.0.1", False),
        ("downloads.mypurecloud.ie", "169.254.169.254", False),
        ("downloads.mypurecloud.ie", "fe80::1%eth0", False),
        ("api.mypurecloud.ie", "10.0.0.1", True),  # a private link to the platform
    ],
)
def test_where_a_connection_may_end(host, address, expected):
    """A name of this machine on this machine, files outside of private networks, the platform wherever it is."""
    if expected:
        hosts(REGION).require_peer(host, address)
        return
    with pytest.raises(SafetyStop, match="HOST_NOT_ALLOWED"):
        hosts(REGION).require_peer(host, address)


@pytest.mark.parametrize(
    "name", ["https://api.mypurecloud.com", "https://api.mypurecloud.ie:443", "http://10.0.0.1:8080", "http://org"]
)
def test_a_real_org_has_no_url(name):
    """It is named by its region, and not by a slip in a URL: exit 9."""
    with pytest.raises(SafetyStop, match="HOST_NOT_ALLOWED"):
        resolve_target(name)


def test_a_gateway_beyond_this_machine_without_tls():
    """The secret would go over the wire as it is: exit 9."""
    with pytest.raises(SafetyStop, match="HOST_NOT_ALLOWED"):
        _hosts(Account(domain="", gateway="http://gate.example:8080"))


@pytest.mark.hardening("harness-11")
def test_what_never_meets_a_real_org():
    """A load shape asked for one: exit 9 MOCK_ONLY; of the mock nothing is asked."""
    require_mock(resolve_target("mock"), "a load shape")
    with pytest.raises(SafetyStop, match="MOCK_ONLY a load shape"):
        require_mock(hosts(REGION), "a load shape")


@pytest.mark.hardening("harness-9")
def test_a_mock_beside_a_real_org_is_not_shown_the_secret(tmp_path):
    """A comparison of the two logs in to the mock as the mock's client."""
    config = tmp_path / "config.toml"
    config.touch(mode=0o600)
    config.write_text('[DEFAULT]\nenvironment = "eu-west-1"\nclient_credentials = "real"\nclient_secret = "s3cret"\n')
    aim = OrgOptions(gc_config=config, terms=TERMS)
    known = credentials_between([resolve_target("org", aim), resolve_target("mock")], aim)
    assert [each.client_id for each in known] == ["real", "mock-client"]
