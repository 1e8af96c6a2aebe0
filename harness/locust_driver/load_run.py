"""Runs as Locust tests: one strategy's upload, or a sequence of monthly uploads."""

import logging
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..client.oauth import MOCK_CREDENTIALS
from ..client.retry import RetryPolicy
from ..errors import RunError, UsageError
from ..files.atomic import own_folder
from ..leads.shard_csv import write_upload
from ..leads.synthetic import SyntheticLeads
from ..load import locust_options
from ..load.arrivals import pacing
from ..load.locust_options import free_folder
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import RunVerdict, thresholds
from ..monthly import MODES, MONTHS, MonthResult, Months, PreparedMonth, is_proved, of_month, table, write_months
from ..runs.prepare import UploadOrder, new_run_id, prepare
from ..runs.resolve_target import require_mock, resolve_target
from ..strategies import STRATEGIES, strategy
from ..strategies.dnc import exclude_leads
from ..strategies.job import Stage
from .driver import DRIVER

POLICY = RetryPolicy(unreachable_s=20.0)  # a load test does not wait long for a server that is gone
# The options that, with the org, identify a test.
ABOUT = ("contacts", "leads", "seed", "lists", "batch_size", "body_bytes", "contacts_per_list")
log = logging.getLogger("contactbench")


class LoadRun:
    """The runs of a scenario with one strategy. `defaults`: of options that differ in this scenario."""

    about: Sequence[str] = ABOUT

    def __init__(self, strategy: str, **defaults: Any) -> None:
        self.strategy, self.defaults = strategy, defaults
        self.form: Sequence[str] = locust_options.FORM
        if strategy.startswith("csv-import"):
            self.form = [name for name in locust_options.FORM if name != "batch_size"]
        DRIVER.scenarios.append(self)

    @property
    def run(self) -> SharedRun | RunSequence | None:
        """The current or last run."""
        return DRIVER.run

    def take_turn(self, user: Any) -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        DRIVER.take_turn(user)

    def settle(self, environment: Any) -> None:
        """Conclude the run if its last flow has ended."""
        DRIVER.settle(environment)

    def declare(self, parser: Any, form: Sequence[str]) -> None:
        """Add options that only this kind of scenario has."""

    def open_run(self, environment: Any, *, own_mock: bool) -> SharedRun | RunSequence:
        """Open the run that the options describe. Raises RunError."""
        given = environment.parsed_options
        repeatable = locust_options.is_repeatable(given, environment.host)
        folder = self.usual_folder(given)
        if repeatable:
            about = {name: getattr(given, name) for name in self.about} | {"host": environment.host}
            folder = free_folder(str(folder), about, lambda folder: self.is_over(folder, given))
        order = locust_options.order(
            given, self.strategy_of(given), environment.host, new_run_id(), sys.argv[1:], folder
        )
        order = replace(order, again=order.again or repeatable)
        return self.start(replace(order, credentials=MOCK_CREDENTIALS) if own_mock else order, given)

    def strategy_of(self, given: Namespace) -> str:
        return self.strategy

    def usual_folder(self, given: Namespace) -> Path:
        return Path(given.run_dir or f"runs/locust-{self.strategy}")

    def is_over(self, folder: Path, given: Namespace) -> bool:
        """Whether the folder's run has ended."""
        return (folder / "run.json").exists()

    def start(self, order: UploadOrder, given: Namespace) -> SharedRun | RunSequence:
        """Check the order and open its run. Raises RunError."""
        limits = thresholds(given)
        ready = prepare(order, log.info)
        if not ready.plan.preflight.leads:
            raise UsageError("NO_LEADS", f"{order.leads} holds no leads, so there is nothing to test; give --contacts.")
        return SharedRun(ready, POLICY, time.monotonic, pacing(given, ready.plan.strategy.main_op), limits)


# A sequence of monthly uploads.


OPTIONS: tuple[tuple[str, Any, str, tuple[str, ...] | None], ...] = (
    ("months", MONTHS, "How many months.", None),
    ("mode", "append", "How a month's leads join those of the months before.", MODES),
    ("strategy", "batch-api", "How they are uploaded.", tuple(STRATEGIES)),
    ("new-share", 0.2, "Share of a month's leads that is new; the same number has left.", None),
    ("dnc", False, "Keep a DNC list of the Lead IDs that have left.", None),
)


class MonthlyRun(LoadRun):
    """One run for each month, with its own folder and proof."""

    about = (*LoadRun.about, "months", "new_share", "dnc")

    def __init__(self) -> None:
        super().__init__("monthly")
        self.form = ["months", "mode", "strategy", "contacts", "lists", "batch_size"]
        self._results: list[MonthResult] = []
        self._under_way: PreparedMonth | None = None

    def declare(self, parser: Any, form: Sequence[str]) -> None:
        group = parser.add_argument_group("contactbench: months")
        for name, default, text, choices in OPTIONS:
            kind: dict[str, Any] = {"action": "store_true"} if default is False else {"type": type(default)}
            locust_options.add(group, name, form, default=default, help=f"{text} [{default}]", choices=choices, **kind)

    def strategy_of(self, given: Namespace) -> str:
        return str(given.strategy)

    def usual_folder(self, given: Namespace) -> Path:
        return Path(given.run_dir or f"runs/locust-monthly-{given.strategy}-{given.mode}")

    def is_over(self, folder: Path, given: Namespace) -> bool:
        return is_proved(folder, given.months)

    def start(self, order: UploadOrder, given: Namespace) -> RunSequence:
        if given.months < 1 or not 0 <= given.new_share <= 1:
            raise UsageError("BAD_OPTION", "--months must be at least 1, --new-share between 0 and 1.")
        if given.mode not in MODES:
            raise UsageError("BAD_OPTION", f"--mode {given.mode!r}: choose from {', '.join(MODES)}.")
        if given.rate:
            raise UsageError("BAD_OPTION", "--rate: the months run as fast as answers come; omit it.")
        months = _months(order, given)
        self._results, limits = [], thresholds(given)
        ended, summary = partial(self._month_ended, months, given), partial(self._summary, months)
        return RunSequence(self._runs(months, given, limits), ended, summary)

    def _runs(self, months: Months, given: Any, limits: Any) -> Iterator[SharedRun]:
        """Each run is opened when the previous one is proved. Months proved by an earlier start are skipped, except for
        the last one."""
        for number in range(1, given.months + 1):
            month = self._under_way = months.month(number, log.info)
            if month.ready is None or (number < given.months and months.is_proved(number)):
                self._results.append(of_month(months, month, "", excludes=given.dnc))
                continue
            stages = _dnc_stage(months, month) if given.dnc and month.gone else ()
            yield SharedRun(month.ready, POLICY, time.monotonic, None, limits, stages)

    def _month_ended(self, months: Months, given: Any, verdict: RunVerdict) -> None:
        month = self._under_way
        if month is None or any(row.month == month.number for row in self._results):
            return
        fails = "" if verdict.complete and verdict.exit_code in (0, 3) else verdict.text.splitlines()[-1]
        self._results.append(of_month(months, month, fails, excludes=given.dnc))
        log.info("month %d of %d: %s", month.number, given.months, fails or "proved")

    def _summary(self, months: Months) -> str:
        path = write_months(months.root, months.mode, months.strategy.name, self._results)
        return f"{table(months.mode, self._results)}\nwrote {path}"


def _months(order: UploadOrder, given: Namespace) -> Months:
    require_mock(resolve_target(order.target, order.aim), "a year of uploads in one go")
    file = partial(_month_file, given.leads) if given.leads else partial(_synthetic_file, given)
    return Months(order, order.run_folder(), given.mode, strategy(given.strategy), file)


def _month_file(pattern: str, number: int, folder: Path) -> Path:
    """The user's file for the month."""
    del folder
    return Path(pattern.replace("{month}", str(number)))


def _synthetic_file(given: Any, number: int, folder: Path) -> Path:
    """A window over the same invented leads, which moves by the number of new ones each month."""
    new = round(given.contacts * given.new_share)
    path = folder / "leads.csv"
    if not path.exists():
        own_folder(folder)
        first = (number - 1) * new
        write_upload(SyntheticLeads(first + given.contacts, given.seed), path, first, given.contacts)
    return path


def _dnc_stage(months: Months, month: PreparedMonth) -> Iterator[Stage]:
    if month.ready is None:
        raise RunError("NO_MONTH", "a month without an upload has no stages.")
    plan, first = month.ready.plan, months.run_id(1)
    to = months.folder(month.number) / "dnc.csv"
    column = plan.preflight.source.columns.lead_id
    yield Stage("dnc", [exclude_leads(f"contactbench dnc {first}", column, month.gone, plan.settings, to)])
