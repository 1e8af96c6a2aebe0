"""Where a run goes to: the mock on this machine, or a real org on its terms. Nothing leaves before this says yes."""

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from .credentials import MOCK, credentials
from .errors import SafetyStop, StateError, UsageError
from .hosts import Target
from .oauth import Credentials
from .org import Aim
from .org.account import Account, account
from .strategies.job import Reach

MOCK_URL = "http://127.0.0.1:8080"
ORG = "org"


def resolved(name: str, aim: Aim | None = None) -> Target:
    """`mock`, the URL of a server on this machine, or `org`. Raises SafetyStop for any other host."""
    if name == ORG:
        aim = aim or Aim()
        return replace(_hosts(account(aim)), ca_file=aim.ca_file, terms=aim.terms)
    url = MOCK_URL if name == "mock" else name
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("BAD_TARGET", f"{name!r} is neither `mock`, `org` nor a URL such as {MOCK_URL}.")
    if not is_loopback(parts.hostname):
        raise SafetyStop(
            "HOST_NOT_ALLOWED",
            f"{parts.hostname}: a server is named by its address on this machine only; start one with"
            " `contactbench mock`. A real org is `--target org` with its region.",
        )
    return Target.one_host(f"{parts.scheme}://{parts.netloc}")


def reach(name: str) -> Reach:
    """How far away it is, for settings that hang on that."""
    return "org" if name == ORG else "local"


def credentials_for(target: Target, aim: Aim | None = None) -> Credentials:
    """Of a server on this machine as the environment says or the mock's own; of a real org its account's."""
    if target.terms is None:
        return credentials()
    known = account(aim or Aim())
    return Credentials(known.client_id, known.client_secret, known.token, target.terms.org_id)


def credentials_between(targets: Sequence[Target], aim: Aim) -> list[Credentials]:
    """Of two that are compared. Beside a real org the other one is a mock, which is not shown the org's secret."""
    real = any(target.terms is not None for target in targets)
    return [MOCK if real and each.terms is None else credentials_for(each, aim) for each in targets]


def visited(host: str, org_id: str, aim: Aim) -> tuple[Target, Credentials]:
    """Where an earlier run has been, as its folder says, and who may go there again. Raises StateError.

    The org's id was typed when the run began, and nothing is loaded now: so much is confirmed. A caller that removes
    something asks again.
    """
    if not org_id:
        target = resolved(host)
        return target, credentials_for(target)
    terms = replace(aim.terms, org_id=aim.terms.org_id or org_id, confirmed=True)
    aim = replace(aim, terms=terms)
    target = resolved(ORG, aim)
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


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
