"""The options of commands that can load a real org, and the confirmation by the user."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from ..client.org_safety import ORG_OPTIONS, ORG_PATHS, OrgOptions, OrgSafetyLimits, org_of_options
from ..errors import SafetyStop
from .options import number
from .output import progress

NO_ORG = OrgOptions()  # for a command without a real org
Options = dict[str, tuple[Any, Any]]  # by name: type, and Typer's option


def _option(name: str, *names: str, **about: Any) -> tuple[Any, Any]:
    default, text = ORG_OPTIONS[name]
    kind = Path | None if name in ORG_PATHS else type(default)
    about |= {"help": text, "rich_help_panel": "A real org (--target org)"}
    return kind, typer.Option(None if kind == Path | None else default, *names, **about)


WHO: Options = {
    "region": _option("region"),
    "org_id": _option("org_id"),
    "yes": _option("yes", "--yes"),
    "gc_profile": _option("gc_profile"),
    "gc_config": _option("gc_config"),
    "credentials_file": _option("credentials_file"),
    "keyring": _option("keyring", "--keyring"),
    "ca_file": _option("ca_file"),
}
CAPS: Options = {
    "max_contacts": _option("max_contacts", **number(1)),
    "max_requests": _option("max_requests", min=1),
    "max_minutes": _option("max_minutes", min=0.1),
    "rate": _option("rate", min=1),
    "real_numbers": _option("real_numbers", "--real-numbers"),
}


def with_org_options(*groups: Options) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds the options of `WHO` and of these groups to a command, which gets them as its parameter `aim`.

    The command's own option of the same name takes precedence.
    """
    options = {name: option for group in (WHO, *groups) for name, option in group.items()}

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.name != "aim"]
        more = {name: option for name, option in options.items() if name not in signature.parameters}

        @wraps(command)
        def wrapper(**given: Any) -> None:
            org_options = {name: given.pop(name) for name in more}
            command(**given, aim=org_of_options(org_options))

        kind = inspect.Parameter.KEYWORD_ONLY
        added = [
            inspect.Parameter(name, kind, default=option, annotation=type_) for name, (type_, option) in more.items()
        ]
        wrapper.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        wrapper.__annotations__ = {each.name: each.annotation for each in [*own, *added]} | {"return": None}
        return wrapper

    return with_options


def without_phone_check(aim: OrgOptions) -> OrgOptions:
    """For a command that writes no contacts: the phone numbers of the leads do not matter."""
    return replace(aim, terms=replace(aim.terms, real_numbers=True))


def with_rate(aim: OrgOptions, per_minute: int | None) -> OrgOptions:
    """For a command that has its own option for the rate."""
    return aim if per_minute is None else replace(aim, terms=replace(aim.terms, per_minute=per_minute))


def confirm_org(aim: OrgOptions, *targets: str) -> OrgOptions:
    """`aim`, confirmed by --yes or by typing the org's id at a terminal if one of the targets is a real org.

    Raises SafetyStop.
    """
    from ..client.org_safety import require_named
    from ..runs.resolve_target import ORG, resolve_target

    if ORG not in targets:
        return aim
    require_named(aim.terms)
    progress(f"a real org: {aim.terms.org_id} at {resolve_target(ORG, aim).api}; {_bounds(aim.terms)}")
    if aim.terms.confirmed:
        return aim
    if not sys.stdin.isatty():
        raise SafetyStop("NOT_CONFIRMED", "there is no terminal to confirm it at; add --yes if this org is meant.")
    try:
        typed = str(typer.prompt("Type the id of the org to continue", err=True))
    except typer.Abort:
        typed = ""
    if typed.strip().lower() != aim.terms.org_id.lower():
        raise SafetyStop("NOT_CONFIRMED", "that is not the id given with --org-id; nothing was sent.")
    return replace(aim, terms=replace(aim.terms, confirmed=True))


def _bounds(terms: OrgSafetyLimits) -> str:
    caps = [
        (terms.max_contacts, "contacts"),
        (terms.max_requests, "requests"),
        (terms.max_minutes, "minutes"),
        (terms.per_minute, "requests a minute"),
    ]
    return "at most " + ", ".join(f"{cap:,g} {unit}" for cap, unit in caps if cap is not None)
