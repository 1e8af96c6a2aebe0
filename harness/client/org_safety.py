"""What must hold before a request may leave for a real org. Pure: learns from answers, says no by SafetyStop.

The request context of every driver asks it, and nothing is sent in another way: a flow that forgets to ask who the org
is, or whether a list is dialled, is stopped here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import api
from ..domain import LeadReader
from ..errors import SafetyStop
from ..flow import Call, Reply
from .rate_budget import MINUTE_S, LastMinute

# On which terms a real org is loaded, and what a command was told of it. `guard` and `load.caps` hold to them.


CANARIES = (10, 1_000)  # leads that are loaded and proved before the next, and before the rest
REQUESTS = 500
MINUTES = 60.0
PER_MINUTE = 150  # Source: 300 a minute is a client's limit (contract notes, 7.1): half is left to other integrations


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgSafetyLimits:
    """Everything that must hold before a request leaves. None: no such cap, where a command has caps of its own."""

    org_id: str = ""  # as it was typed, or as the run's folder has it
    confirmed: bool = False  # by a person at a terminal, or by --yes
    max_contacts: int | None = sum(CANARIES)
    max_requests: int | None = REQUESTS
    max_minutes: float | None = MINUTES
    per_minute: int = PER_MINUTE
    real_numbers: bool = False  # numbers that could be dialled are meant to be loaded
    last_minute: LastMinute = field(default_factory=LastMinute, compare=False, repr=False)  # of all that is sent there


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgOptions:
    """What the options say of a real org; empty where they say nothing. No secret: those come by other ways."""

    region: str = ""
    gc_profile: str = ""
    gc_config: Path | None = None  # "-": standard input
    credentials_file: Path | None = None
    keyring: bool = False
    ca_file: Path | None = None
    terms: OrgSafetyLimits = field(default_factory=OrgSafetyLimits)


# The options that say which real org is meant and what may be sent to it, by name: default and help. The command line
# and Locust's parser declare them each in its own way. Secrets are no options: the list of processes would show them.
ORG_OPTIONS: dict[str, tuple[Any, str]] = {
    "region": ("", "Its region, such as eu-west-1. [GENESYSCLOUD_REGION, or the profile's]"),
    "org_id": ("", "The id of the org that is meant; nothing is sent to any other."),
    "yes": (False, "Do not ask at the terminal: this org is meant."),
    "gc_profile": ("", "A profile of the `gc` CLI. [DEFAULT]"),
    "gc_config": ("", "The file of those profiles; - is standard input. [~/.gc/config.toml]"),
    "credentials_file": ("", "A file of lines GENESYSCLOUD_NAME=value that only you can read, or /dev/fd/N."),
    "keyring": (False, "Take the OAuth client's secret from the system's keyring: service contactbench."),
    "ca_file": ("", "Certificates to trust besides the system's, a PEM file."),
    "max_contacts": (sum(CANARIES), "Contacts to send at most; the default allows only the canaries."),
    "max_requests": (REQUESTS, "Requests to send at most."),
    "max_minutes": (MINUTES, "Minutes to load at most."),
    "rate": (PER_MINUTE, "Requests a minute at most."),
    "real_numbers": (False, "Allow phone numbers that a campaign could dial."),
}
ORG_PATHS = ("gc_config", "credentials_file", "ca_file")


def org_of_options(given: Mapping[str, Any]) -> OrgOptions:
    """The org that these options name. A command without options of caps has caps of its own."""
    terms = OrgSafetyLimits(
        org_id=given["org_id"].strip(),
        confirmed=given.get("yes", False),
        max_contacts=given.get("max_contacts"),
        max_requests=given.get("max_requests"),
        max_minutes=given.get("max_minutes"),
        per_minute=given.get("rate", PER_MINUTE),
        real_numbers=given.get("real_numbers", False),
    )
    paths = {name: Path(given[name]) for name in ORG_PATHS if given.get(name)}
    return OrgOptions(
        region=given["region"],
        gc_profile=given["gc_profile"],
        keyring=given.get("keyring", False),
        terms=terms,
        **paths,
    )


ANYTIME = ("oauth.token", "organizations.me")


@dataclass(slots=True)
class SafetyGuard:
    """Of one run. `terms` None: a server on this machine, which may be asked anything."""

    terms: OrgSafetyLimits | None = None
    org_seen: bool = False  # the org has said that it is the one that was meant
    _idle: set[tuple[str, str]] = field(default_factory=set)  # operation and list: it told of no campaign

    def admit(self, call: Call) -> None:
        """Raises SafetyStop unless `call` may leave."""
        if self.terms is None:
            return
        require_named(self.terms)
        if not self.terms.confirmed:
            raise SafetyStop("NOT_CONFIRMED", f"nobody has confirmed that org {self.terms.org_id} is to be loaded.")
        if call.op not in ANYTIME and call.bearer and not self.org_seen:
            raise SafetyStop("ORG_NOT_CHECKED", f"op={call.op}: the org has not said yet which one it is.")
        if call.contacts and not self.is_idle(api.list_of(call)):
            raise SafetyStop("LIST_NOT_CHECKED", f"op={call.op}: nobody has asked whether the list is being dialled.")

    def record_reply(self, call: Call, reply: Reply) -> None:
        """Learn from an answer. Raises SafetyStop where it comes from another org."""
        if self.terms is None or not reply.ok:
            return
        if call.op == "organizations.me":
            require_org(reply, self.terms.org_id)
            self.org_seen = True
        elif call.op in api.CAMPAIGNS:
            known = call.op, call.contact_list_id
            self._idle.discard(known)
            if api.campaigns(reply) == []:
                self._idle.add(known)

    def is_idle(self, list_id: str) -> bool:
        """Whether every kind of campaign has been asked for, and none uses the list."""
        return bool(list_id) and all((op, list_id) in self._idle for op in api.CAMPAIGNS)


def require_named(terms: OrgSafetyLimits) -> None:
    """Raises SafetyStop unless somebody has said which org is meant."""
    if not terms.org_id:
        raise SafetyStop("ORG_ID_MISSING", "say which org is meant: --org-id ID, as `gc organizations me` tells it.")


def require_org(reply: Reply, org_id: str) -> None:
    """Raises SafetyStop unless the org that answers is the one of this id."""
    try:
        found = api.organization(reply)
    except (api.Refusal, api.BadResponse) as trouble:
        raise SafetyStop("WRONG_ORG", f"op=organizations.me: the org does not say who it is: {trouble}.") from None
    if found.id.lower() != org_id.lower():
        raise SafetyStop(
            "WRONG_ORG",
            f"op=organizations.me: these credentials are of org {found.name!r} ({found.id}), {org_id} was meant;"
            " nothing was asked of it but its name.",
        )


# Whether somebody could be called: numbers of leads that are not kept for fiction.


# 555-0100 to 555-0199, with or without an area code. Source: North American Numbering Plan, numbers kept for fiction.
FICTIONAL = re.compile(r"1?(\d{3})?55501\d\d")
NOT_DIGITS = re.compile(r"\D+")
BLOCK = 10_000


def is_fictional(number: str) -> bool:
    digits = NOT_DIGITS.sub("", number)
    return not digits or FICTIONAL.fullmatch(digits) is not None


def require_fictional(source: LeadReader, name: str) -> None:
    """Raises SafetyStop at the first lead whose number could be dialled; the number itself is not told."""
    column = source.columns.names.index(source.columns.phone)
    for leads in source.batches(BLOCK):
        for place, row in enumerate(leads.rows):
            if not is_fictional(row[column]):
                raise SafetyStop(
                    "REAL_NUMBERS",
                    f"{name}: lead number {leads.first + place + 1} has a {source.columns.phone!r} that a campaign"
                    " could dial. Load invented leads (`contactbench leads`), or add --real-numbers if they are meant.",
                )


# What a run may ask of an org at the most: the request that would go beyond never leaves.


@dataclass(slots=True, kw_only=True)
class RunCaps:
    """Counts of the whole run; None: no cap. Times in seconds on the run's own clock."""

    requests: int | None = None
    contacts: int | None = None  # sent, whether or not they were taken
    per_minute: int | None = None  # requests in any 60 s
    minutes: float | None = None
    requests_sent: int = 0  # those of the run's earlier starts among them
    contacts_sent: int = 0
    last_minute: LastMinute = field(default_factory=LastMinute)

    def within(self, terms: OrgSafetyLimits | None) -> "RunCaps":
        """These caps, and where they leave something open those of the terms on which a real org is loaded."""
        if terms is not None:
            self.requests = terms.max_requests if self.requests is None else self.requests
            self.contacts = terms.max_contacts if self.contacts is None else self.contacts
            self.minutes = terms.max_minutes if self.minutes is None else self.minutes
            self.last_minute = terms.last_minute
            self.per_minute = min(terms.per_minute, self.per_minute or terms.per_minute)
        return self

    def wait_s(self, at: float) -> float:
        """Seconds until the next request may go; 0: now. `at` is on the process's clock, as for `take`."""
        return 0.0 if self.per_minute is None else self.last_minute.wait_s(self.per_minute, at)

    def take(self, call: Call, now: float, at: float) -> None:
        """Count `call`, which leaves now. Raises SafetyStop instead of letting it go beyond a cap."""
        self._require(self.requests_sent + 1, self.requests, "requests", call)
        self._require(self.contacts_sent + call.contacts, self.contacts, "contacts", call)
        if self.minutes is not None and now > self.minutes * MINUTE_S:
            raise SafetyStop(
                "TIME_CAP",
                f"op={call.op}: the run has lasted the {self.minutes:g} minutes that it may; nothing more was sent."
                " Raise --max-minutes if that is meant.",
            )
        self.requests_sent += 1
        self.contacts_sent += call.contacts
        if self.per_minute is not None:
            self.last_minute.record_sent(at)

    def _require(self, wanted: int, most: int | None, what: str, call: Call) -> None:
        if most is not None and wanted > most:
            raise SafetyStop(
                "RUN_CAP",
                f"op={call.op}: this would be {wanted:,} {what}, the run may send {most:,}; nothing more was sent."
                f" Raise --max-{what} if that is meant.",
            )
