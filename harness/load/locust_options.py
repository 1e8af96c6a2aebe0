"""The options that every scenario adds to Locust's own, and the order they make."""

import json
import math
import os
import shlex
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count as numbers_from
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..client.org_safety import ORG_OPTIONS, org_of_options
from ..errors import UsageError
from ..files.atomic import own_folder
from ..leads.csv_leads import COMMA
from ..leads.shard_csv import write_csv
from ..leads.synthetic import SyntheticLeads
from ..runs.prepare import UploadOrder
from ..runs.resolve_target import (
    MOCK_URL,
    ORG,
    credentials_for,
    reach,
    require_mock,
    resolve_target,
)
from ..strategies.job import Settings
from ..wording import count_of
from .arrivals import ARRIVAL_PATTERNS, per_second

# Zero or nothing stands for "not given": Locust's web UI keeps the type of a default, and knows none that is absent.
OPTIONS: dict[str, tuple[tuple[str, Any, str], ...]] = {
    "leads": (
        ("contacts", 10_000, "How many leads to invent."),
        ("leads", "", "A .csv, .parquet or .xlsx file of leads, instead of invented ones."),
        ("lead-id", "Lead ID", "The Lead ID column of that file."),
        ("phone", "Phone", "The phone column of that file."),
        ("separator", ",", "What separates the cells of that file: a sign such as ; or |, or tab."),
        ("seed", 1, "The seed of all random choices: leads, back-off."),
        ("again", False, "Load leads even if an earlier run loaded them."),
    ),
    "requests": (
        ("lists", 0, "Number of lists; 0: as few as the cap allows, or one per user for CSV imports."),
        ("batch-size", 1000, "Contacts in one POST, at most 1000."),
        ("body-bytes", 3_000_000, "Bytes in one POST at most."),
        ("contacts-per-list", 1_000_000, "Contacts in one list at most."),
        (
            "quiet-period",
            "",
            "Seconds after which a lost request can no longer take effect. [20 on this machine, 60 in an org]",
        ),
    ),
    "load": (
        (
            "rate",
            "",
            "Arrivals of an open model: POSTs or uploads, such as 300/min; none: as fast as users get answers.",
        ),
        ("shape", "constant", "How the rate changes: constant, burst, soak, or search for the limit."),
        ("burst-factor", 10.0, "burst: multiple of the rate at the beginning."),
        ("burst-seconds", 60.0, "burst: how long the multiple applies."),
        ("soak-seconds", 3600.0, "soak: duration, for which enough leads are invented."),
        ("search-window", 60.0, "search: the longest window, in seconds, that the limit may have."),
    ),
    "a real org, which --host org stands for": (
        # --rate is that of an open model, and Locust's client takes no certificates.
        *(
            ("max-rate" if name == "rate" else name.replace("_", "-"), *about)
            for name, about in ORG_OPTIONS.items()
            if name != "ca_file"
        ),
    ),
    "run": (
        ("max-duration", 14_400.0, "Seconds before giving up; the same command resumes."),
        ("run-dir", "", "Run folder; give the same one to resume. [runs/locust-<strategy>, -2, -3, ...]"),
        ("no-mock", False, "Without --host: if no mock is running, end instead of starting one."),
        ("thresholds", "", "A file of thresholds, one per line."),
    ),
}


def count(text: str) -> int:
    """A number as people write one, for argparse."""
    try:
        return count_of(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


TYPES = dict.fromkeys(("contacts", "contacts-per-list", "max-contacts"), count)
CHOICES = {"shape": ARRIVAL_PATTERNS}
# What the web UI's form may change. Where the leads go, on whose word, under which caps, and every path: never.
FORM = ("contacts", "lists", "batch_size", "rate", "shape")
AT_LEAST = {"contacts": 0, "batch_size": 1, "body_bytes": 1024, "contacts_per_list": 1, "lists": 0}


def declare(parser: Any, form: Collection[str] = FORM, defaults: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Add the options to Locust's parser, in groups; those of `form` to that of its web UI. None of them is a secret:
    those come from the environment alone, which no form and no process list shows."""
    for heading, options in OPTIONS.items():
        group = parser.add_argument_group(f"contactbench: {heading}")
        for name, usual, text in options:
            default = defaults.get(name.replace("-", "_"), usual)
            shown = f"{text} [{default}]" if default else text
            kind: dict[str, Any] = (
                {"action": "store_true"} if default is False else {"type": TYPES.get(name, type(default))}
            )
            add(group, name, form, default=default, help=shown, choices=CHOICES.get(name), **kind)
    add(group, "threshold", form, default=[], action="append", help="What must hold, such as p95(contacts.add)<1500ms.")


def add(group: Any, name: str, form: Collection[str], **options: Any) -> None:
    """An option of a group, with its variable of the environment."""
    variable = f"CONTACTBENCH_LOCUST_{name.upper().replace('-', '_')}"
    given = {key: value for key, value in options.items() if value is not None}
    action = group.add_argument(f"--{name}", env_var=variable, **given)
    action.include_in_web_ui = action.dest in form


def from_form(options: Namespace, form: Mapping[str, str]) -> dict[str, str]:
    """What the web UI's form gives for options, as Locust can convert it. Raises UsageError."""
    changed = Namespace(**vars(options))
    for name, text in form.items():
        kind = TYPES.get(name, type(getattr(options, name)))
        try:
            setattr(changed, name, kind(text.strip()))
        except (ArgumentTypeError, ValueError):
            raise UsageError("BAD_OPTION", f"--{name.replace('_', '-')}: {text!r} is not a number.") from None
    require_sense(changed)
    return {name: str(getattr(changed, name)) for name in form}


def is_repeatable(options: Namespace, host: str | None) -> bool:
    """Whether each start is a test of its own: with invented leads, unless a run folder was named."""
    return not options.run_dir and host != ORG and (options.again or not options.leads)


def order(
    options: Namespace,
    strategy: str,
    host: str | None,
    run_id: str,
    arguments: Sequence[str],
    folder: Path | None = None,
) -> UploadOrder:
    """What the options ask for, in `folder` or the usual one. Invented leads are written there. Raises UsageError."""
    require_sense(options)
    aim = org_of_options(vars(options) | {"rate": options.max_rate})  # --yes stands for the question at a terminal
    where_to = host or MOCK_URL
    where = resolve_target(where_to, aim)
    if where.terms is not None and (options.rate or options.shape != "constant"):
        require_mock(where, "a load shape, or a rate that does not heed the answers,")
    if where.proxy or where.ca_file:
        raise UsageError("NO_PROXY", "Locust's client takes no proxy; `contactbench upload` does.")
    folder = folder or Path(options.run_dir or f"runs/locust-{strategy}")
    invented = None if options.leads else SyntheticLeads(_contacts(options), options.seed)
    return UploadOrder(
        strategy=strategy,
        leads=Path(options.leads) if invented is None else _write_leads(invented, folder),
        lead_id=options.lead_id if invented is None else invented.columns.lead_id,
        phone=options.phone if invented is None else invented.columns.phone,
        separator=options.separator if invented is None else COMMA,
        target=where_to,
        credentials=credentials_for(where, aim),
        run_id=run_id,
        folder=folder,
        contacts_per_list=options.contacts_per_list,
        lists=options.lists or (None if options.leads or where.terms else _lists(options, strategy)),
        again=options.again,
        concurrency=options.num_users or 1,
        seed=options.seed,
        deadline_s=options.max_duration,
        settings=Settings.for_target(
            reach(where_to),
            _quiet_s(options.quiet_period),
            batch_size=options.batch_size,
            body_bytes=options.body_bytes,
        ),
        command=shlex.join(["locust", *arguments]),
        aim=aim,
        sends_canaries=False,
        journal=os.environ.get("CONTACTBENCH_JOURNAL", ""),  # it may hold a password
    )


def _quiet_s(given: str) -> float | None:
    """The seconds; None where nothing is said. 0 is none at all."""
    try:
        in_flight_grace_s = float(given) if given else None
    except ValueError:
        in_flight_grace_s = -1.0
    if in_flight_grace_s is not None and not 0 <= in_flight_grace_s < math.inf:
        raise UsageError("BAD_OPTION", f"--quiet-period {given!r}: give seconds, from 0 on.")
    return in_flight_grace_s


def require_sense(options: Namespace) -> None:
    """Raises UsageError for a value that no run can have."""
    for name, least in AT_LEAST.items():
        if getattr(options, name) < least:
            raise UsageError("BAD_OPTION", f"--{name.replace('_', '-')} must be at least {least}.")
    if options.shape not in ARRIVAL_PATTERNS:
        raise UsageError("BAD_OPTION", f"--shape {options.shape!r}: choose from {', '.join(ARRIVAL_PATTERNS)}.")
    if options.rate or options.shape != "constant":
        per_second(options.rate)
    if options.batch_size > 1000:
        raise UsageError("BAD_OPTION", "--batch-size must be at most 1000: no POST takes more contacts.")


def _contacts(options: Namespace) -> int:
    """How many leads to invent: a soak wants as many as its rate takes."""
    if options.shape == "soak":
        return int(options.batch_size) * round(per_second(options.rate) * float(options.soak_seconds))
    return int(options.contacts)


def _lists(options: Namespace, strategy: str) -> int | None:
    """A CSV import is one user's, who fills a list: as many as users, so that none of them idles."""
    if not strategy.startswith("csv-import"):
        return None
    return max(int(options.num_users or 1), -(-_contacts(options) // int(options.contacts_per_list)))


def _write_leads(leads: SyntheticLeads, folder: Path) -> Path:
    """The leads as a file, named for what it holds: other leads do not replace those of an earlier run."""
    own_folder(folder)
    path = folder / f"leads-{leads.count}-{leads.seed}.csv"
    write_csv(leads, path)
    return path


ABOUT = "about.json"


def free_folder(usual: str, about: Mapping[str, Any], is_over: Callable[[Path], bool]) -> Path:
    """The first of `usual`, `usual`-2, ... that is new, or whose run is about the same and not over: that one goes
    on."""
    for number in numbers_from(1):
        folder = Path(usual if number == 1 else f"{usual}-{number}")
        note = folder / ABOUT
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            note.write_text(json.dumps(about))
            return folder
        if note.exists() and json.loads(note.read_text()) == about and not is_over(folder):
            return folder
    raise AssertionError("counting has no end")
