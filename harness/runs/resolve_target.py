"""Where a run goes to: the mock on this machine, or a real org on its terms. Nothing leaves before this says yes."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from urllib.parse import SplitResult, urlsplit

from .. import __version__
from ..client.oauth import MOCK_CREDENTIALS, Credentials
from ..client.org_safety import OrgOptions
from ..client.secret_sources import credentials_in, environment
from ..client.target import Target, is_loopback
from ..errors import SafetyStop, StateError, UsageError
from ..strategies.job import Reach
from .account import Account, account

ID, SECRET = "GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"
MOCK_URL = "http://127.0.0.1:8080"
ORG = "org"
PORT = "has no such port: it is a number from 1 to 65535"
BRACKETS = "is no address; an IPv6 one stands in brackets, as http://[::1]:8080"
NO_TARGET = f"is neither `mock`, `org` nor a URL such as {MOCK_URL}"


def resolve_target(name: str, aim: OrgOptions | None = None) -> Target:
    """`mock`, the URL of a server on this machine, or `org`. Raises SafetyStop for any other host."""
    if name == ORG:
        aim = aim or OrgOptions()
        return replace(_hosts(account(aim)), ca_file=aim.ca_file, terms=aim.terms)
    parts = _parts(MOCK_URL if name == "mock" else name)
    if not is_loopback(parts.hostname or ""):
        raise SafetyStop(
            "HOST_NOT_ALLOWED",
            f"{parts.hostname}: a server is named by its address on this machine only; start one with"
            " `contactbench mock`. A real org is named `org`, not by address: --target org, under Locust --host org.",
        )
    local = Target.one_host(f"{parts.scheme}://{parts.netloc.rstrip(':')}")
    return replace(local, ca_file=aim.ca_file if aim else None)


def _parts(url: str) -> SplitResult:
    """The parts of a server's address. Raises UsageError for what is none, with what to write in its place."""
    if "@" in url:  # whatever is wrong besides: it is not repeated
        raise UsageError(
            "BAD_TARGET",
            "an address holds no user name and no password: write it without, such as"
            f" {MOCK_URL}, and give the OAuth client in the environment, as {ID} and {SECRET}.",
        )
    if url.split() != [url] or not url.isascii():
        raise _bad(url, "is empty, or holds a blank or a letter beyond ASCII, which no address has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad(url, PORT if "ort" in str(error) and url.count(":") < 3 else BRACKETS) from None
    if not parts.hostname or parts.scheme not in ("http", "https"):
        bare = "://" not in url and is_loopback(url.partition(":")[0])
        raise _bad(url, f"has no scheme; write http://{url}" if bare else NO_TARGET)
    if port == 0:
        raise _bad(url, PORT)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError("BAD_TARGET", f"nothing follows the host and its port; write {parts.scheme}://{parts.netloc}.")
    return parts


def _bad(url: str, why: str) -> UsageError:
    return UsageError("BAD_TARGET", f"{url!r} {why}.")


def reach(name: str) -> Reach:
    """How far away it is, for settings that hang on that."""
    return "org" if name == ORG else "local"


def credentials_for(target: Target, aim: OrgOptions | None = None) -> Credentials:
    """Of a server on this machine as the environment says or the mock's own; of a real org its account's."""
    credentials = _credentials(target, aim or OrgOptions())
    org = f"org {target.org_id} at " if target.org_id else ""
    _announce(f"contactbench {__version__}, target {org}{target.api}, credentials: {credentials.origin}")
    return credentials


def _credentials(target: Target, aim: OrgOptions) -> Credentials:
    if target.terms is not None:
        known = account(aim)
        return Credentials(known.client_id, known.client_secret, known.token, target.terms.org_id, known.origin)
    usual, file = MOCK_CREDENTIALS, credentials_in(aim.credentials_file)
    given = environment() | file
    if not {ID, SECRET} & given.keys():
        return usual
    origin = "credentials file" if {ID, SECRET} & file.keys() else "environment"
    return Credentials(given.get(ID, usual.client_id), given.get(SECRET, usual.client_secret), origin=origin)


@cache
def _announce(line: str) -> None:
    """Say once, before the first request, what goes where: a log alone then tells it."""
    logging.getLogger("contactbench").warning(line)


def credentials_between(targets: Sequence[Target], aim: OrgOptions) -> list[Credentials]:
    """Of two that are compared. Beside a real org the other one is a mock, which is not shown the org's secret."""
    real = any(target.terms is not None for target in targets)
    return [MOCK_CREDENTIALS if real and each.terms is None else credentials_for(each, aim) for each in targets]


def target_of_run(host: str, org_id: str, aim: OrgOptions) -> tuple[Target, Credentials]:
    """Where an earlier run has been, as its folder says, and who may go there again. Raises StateError.

    The org's id was typed when the run began, and nothing is loaded now: so much is confirmed. A caller that removes
    something asks again.
    """
    if not org_id:
        target = resolve_target(host)
        return target, credentials_for(target)
    terms = replace(aim.terms, org_id=aim.terms.org_id or org_id, confirmed=True)
    aim = replace(aim, terms=terms)
    target = resolve_target(ORG, aim)
    if (target.api, terms.org_id.lower()) != (host, org_id.lower()):
        raise StateError(
            "STATE_MISMATCH",
            f"this run's folder belongs to org {org_id} at {host}, not {terms.org_id} at {target.api}.",
        )
    return target, credentials_for(target, aim)


def require_mock(target: Target, what: str) -> None:
    """Raises SafetyStop where something that must never meet a real org is aimed at one."""
    if target.terms is not None:
        raise SafetyStop("MOCK_ONLY", f"{what} is for a server on this machine; it never meets a real org.")


def _hosts(known: Account) -> Target:
    """The three hosts of a region; or a gateway in their place, and the region's own API that it stands for."""
    region = f"https://api.{known.domain}" if known.domain else ""
    if not known.gateway:
        login, apps = (f"https://{name}.{known.domain}" for name in ("login", "apps"))
        return Target(api=region, login=login, apps=apps, proxy=known.proxy)
    parts = urlsplit(known.gateway)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise SafetyStop(
            "HOST_NOT_ALLOWED", f"{parts.hostname}: a gateway beyond this machine is reached by https only."
        )
    api = known.gateway + known.api_path
    # Assumption: what the API's path leads to takes uploads too; no official tool sends them through a gateway.
    return Target(api=api, login=known.gateway + known.login_path, apps=api, proxy=known.proxy, behind=region)
