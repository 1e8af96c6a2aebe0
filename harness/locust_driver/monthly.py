"""A sequence of monthly uploads as one Locust test."""

import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import RunError, UsageError
from ..files.atomic import own_folder
from ..leads.shard_csv import write_upload
from ..leads.synthetic import SyntheticLeads
from ..load import locust_options
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import RunVerdict, thresholds
from ..monthly.months import MODES, MONTHS, MonthResult, Months, PreparedMonth, is_proved, of_month, table, write_months
from ..runs.prepare import UploadOrder
from ..runs.resolve_target import require_mock, resolve_target
from ..strategies import STRATEGIES, strategy
from ..strategies.dnc import exclude_leads
from ..strategies.job import Stage
from .load_run import POLICY, LoadRun, log

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
