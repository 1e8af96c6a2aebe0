"""Where the org is and who asks: flags, then a file of credentials, GENESYSCLOUD_*, a profile of the official CLI.

Source of names and meanings: terraform-provider-genesyscloud provider_schema.go; official CLI 166.0.0
build/gc/config/config.go, whose flags --clientsecret and --accesstoken are left out: they would be seen in `ps`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import msgspec

from ..client.org_safety import OrgOptions, OrgSafetyLimits
from ..client.secret_sources import PREFIX, credentials_in, environment, keyring_secret, read_private
from ..errors import UsageError
from ..files.regular_file import settings_text

REGIONS = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",  # FedRAMP
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
}


def domain_of(region: str) -> str:
    """The domain of a region given by its name, with - or _, or by that domain. Raises UsageError for any other.

    An unknown domain is refused, since the client's secret would go there: a gateway has settings of its own.
    """
    said = region.strip().lower()
    if said in REGIONS.values():
        return said
    try:
        return REGIONS[said.replace("_", "-")]
    except KeyError:
        known = ", ".join(REGIONS)
        raise UsageError("UNKNOWN_REGION", f"{region!r} is no region of the platform: {known}.") from None


DEFAULT = "DEFAULT"  # the official CLI's first profile
STANDARD_INPUT = Path("-")
# A profile's words for what the environment calls otherwise.
OF_PROFILE = {
    "environment": "region",
    "client_credentials": "oauthclient_id",
    "client_secret": "oauthclient_secret",
    "proxy_username": "proxy_auth_username",
    "proxy_password": "proxy_auth_password",
}
NOTHING: Mapping[str, str] = MappingProxyType({})
GROUPS = ("gateway", "proxy")  # a source that gives the host gives the whole group


class _Said(msgspec.Struct, kw_only=True):
    """The environment's variables without their prefix, in lower case; a profile's keys are brought to them."""

    region: str = ""
    oauthclient_id: str = ""
    oauthclient_secret: str = ""
    access_token: str = ""
    proxy_host: str = ""
    proxy_port: str = ""
    proxy_protocol: str = ""
    proxy_auth_username: str = ""
    proxy_auth_password: str = ""
    gateway_host: str = ""
    gateway_port: str = ""
    gateway_protocol: str = ""
    gateway_path_name: str = ""
    gateway_path_value: str = ""
    gateway_pathparams: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where, and as whom. `origin` says where it was read, without any value."""

    domain: str  # of the region; "" behind a gateway without a region
    gateway: str = ""  # an address that stands for the region's hosts
    login_path: str = ""
    api_path: str = ""
    proxy: str | None = field(default=None, repr=False)  # may hold a password
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    token: str | None = field(default=None, repr=False)
    origin: str = ""


def account(aim: OrgOptions) -> Account:
    """The account of this process. Raises UsageError where something is missing or cannot be read."""
    return _account_once(replace(aim, terms=OrgSafetyLimits()))  # a pipe can be read only once, whatever the terms


@cache
def _account_once(aim: OrgOptions) -> Account:
    return merge_sources(aim, environment(), _profile(aim), credentials_in(aim.credentials_file))


def merge_sources(
    aim: OrgOptions, environ: Mapping[str, str], profile: Mapping[str, Any], file: Mapping[str, str] = NOTHING
) -> Account:
    """The account from flags, a file of credentials, environment and profile; the first source that gives a value
    wins."""
    given_in = {"credentials file": _variables(file), "environment": _variables(environ)}
    variables = given_in["environment"] | given_in["credentials file"]
    named = {OF_PROFILE.get(key, key): str(value) for key, value in profile.items()}
    for group in GROUPS:
        if variables.get(f"{group}_host"):
            named = {key: value for key, value in named.items() if not key.startswith(f"{group}_")}
    flags = {"region": aim.region} if aim.region else {}
    given = named | variables | flags
    said = msgspec.convert(given, _Said)
    origins = [name for name, source in (given_in | {"profile": named}).items() if _has_client(source)]
    if aim.keyring and not said.access_token:
        said.oauthclient_secret = keyring_secret(said.oauthclient_id)
        origins.insert(0, "keyring")
    return _account(said, " over ".join(origins))


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Those that say something, by the names of `_Said`."""
    return {key.removeprefix(PREFIX).lower(): said for key, said in environ.items() if key.startswith(PREFIX) and said}


def _has_client(source: Mapping[str, str]) -> bool:
    return any(source.get(key) for key in ("access_token", "oauthclient_id", "oauthclient_secret"))


def _account(said: _Said, origin: str) -> Account:
    if not said.access_token and not (said.oauthclient_id and said.oauthclient_secret):
        raise UsageError(
            "NO_CREDENTIALS",
            "a real org needs an OAuth client: set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or"
            " GENESYSCLOUD_ACCESS_TOKEN, in the environment or a --credentials-file, or name a profile of"
            " ~/.gc/config.toml with --gc-profile.",
        )
    gateway = _address("gateway", said.gateway_host, said.gateway_port, said.gateway_protocol)
    if not said.region and not gateway:
        raise UsageError("NO_REGION", "say where the org is: --region eu-west-1, or GENESYSCLOUD_REGION.")
    local = _local(said.region)
    paths = _paths(said)
    return Account(
        domain="" if local or not said.region else domain_of(said.region),
        gateway=gateway or local,
        login_path=paths.get("login", ""),
        api_path=paths.get("api", ""),
        proxy=_proxy(said),
        # A ready token wins, as in the Terraform provider, and nothing is at hand to renew it by mistake.
        client_id="" if said.access_token else said.oauthclient_id,
        client_secret="" if said.access_token else said.oauthclient_secret,
        token=said.access_token or None,
        origin=origin,
    )


def _local(region: str) -> str:
    """`localhost` and `localhost:8080` are regions of the official CLI: plain HTTP to this machine."""
    host, _, port = region.strip().lower().partition(":")
    return _address("region", host, port, "http") if host == "localhost" else ""


def _address(what: str, host: str, port: str, protocol: str) -> str:
    if not host:
        return ""
    scheme = protocol.lower() or "https"
    if scheme not in ("http", "https") or not (port == "" or port.isdecimal()) or set(host) & set("/@?#: "):
        raise UsageError("BAD_SETTING", f"the {what}'s protocol, host and port do not make an address.")
    return f"{scheme}://{host}{f':{port}' if port else ''}"


def _paths(said: _Said) -> dict[str, str]:
    """What goes between a gateway's host and a path: by name, `login` and `api`. The CLI writes {login: a, api: b}."""
    pairs = [pair.partition(":") for pair in said.gateway_pathparams.strip("{} ").split(",")]
    paths = {name.strip(): value.strip() for name, _, value in pairs if value}
    if said.gateway_path_name:
        paths[said.gateway_path_name] = said.gateway_path_value
    return {name: f"/{value.strip('/')}" for name, value in paths.items() if value.strip("/")}


def _proxy(said: _Said) -> str | None:
    address = _address("proxy", said.proxy_host, said.proxy_port, said.proxy_protocol or "http")
    if not address or not said.proxy_auth_username:
        return address or None
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{quote(said.proxy_auth_username, '')}:{quote(said.proxy_auth_password, '')}@{rest}"


# --- profiles of the official CLI -------------------------------------------------------------------------------------


def _profile(aim: OrgOptions) -> Mapping[str, Any]:
    """The table of the profile; empty without a file, unless one was named."""
    path = aim.gc_config or Path.home() / ".gc" / "config.toml"
    named = aim.gc_config is not None or aim.gc_profile
    if path != STANDARD_INPUT and not path.exists():
        if named:
            raise UsageError("NO_PROFILE", f"{path} is not there; `gc profiles new` makes it.")
        return {}
    tables = _tables(path)
    name = aim.gc_profile or DEFAULT
    # The CLI reads keys in any letter case.
    found = next((table for key, table in tables.items() if key.lower() == name.lower()), None)
    if found is None and named:
        raise UsageError("NO_PROFILE", f"{path} has no profile {name!r}.")
    return {key.lower(): value for key, value in found.items()} if isinstance(found, dict) else {}


def _tables(path: Path) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if path == STANDARD_INPUT else read_private(path)
        return dict(msgspec.toml.decode(settings_text(content)))
    except OSError as error:
        raise UsageError("NO_PROFILE", f"{path}: {error.strerror}.") from None
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError):  # its message may quote a secret
        raise UsageError("NO_PROFILE", f"{path} is not the TOML of a `gc` configuration.") from None
