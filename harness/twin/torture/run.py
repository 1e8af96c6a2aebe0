"""One tortured run: killed, restarted, given again until it ends; and what is wrong with what it then says."""

import asyncio
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockserver.faults.engine import Faults, parse_rules
from mockserver.org import Org
from mockserver.profile import LoadedProfile, changed

from ...errors import RunError
from ...execution import Outcome, Plan
from ...flow import AsyncShell
from ...leads.preflight import Preflight, check
from ...leads.source import open_leads
from ...leads.synthetic import COLUMNS, SyntheticLeads
from ...results import complaint, strategy_entry
from ...runner import complete
from ...strategies import strategy
from ...strategies.job import Settings
from ...transport import Target
from .. import mock_org, virtual_time
from .check import complaints
from .killing import Killed, KillingShell, Runaway, restarted
from .plan import CELL_CHARS, Kill, Torture

MOST_STARTS = 24  # of the same command; every trouble has come to its end by then
TOO_LONG = "x" * (CELL_CHARS + 20)  # too long for the org, and not for the check of the input
STEPS_A_START = 5_000
STEPS_A_BATCH = 40
ALLOWED = {0, 3, 4, 5, 6}  # exit codes that some trouble explains; any other is a fault of the harness
FINISHED = {0, 3}  # and verified
WRITES = ("lists.create", "lists.delete", "contacts.add", "import.upload")


@dataclass(slots=True)
class Ordeal:
    """What happened, and what should not have."""

    torture: Torture
    endings: list[str] = field(default_factory=list)  # of each start: "killed", or its exit code and error code
    code: int = 1  # of the last one
    requests: int = 0
    struck: int = 0  # how often troubles did
    virtual_s: float = 0.0
    violations: list[str] = field(default_factory=list)


def tortured(torture: Torture, profile: LoadedProfile, folder: Path) -> Ordeal:
    """Everything of it takes place in `folder` and in virtual time."""
    return virtual_time.run(_Torturer(torture, profile, folder).ordeal())


class _Torturer:
    def __init__(self, torture: Torture, profile: LoadedProfile, folder: Path) -> None:
        self._torture, self._folder = torture, folder
        changes, _ = changed(profile.profile, torture.settings)
        self._profile = LoadedProfile(changes, profile.sources)
        self._leads = _leads(torture)
        _write(self._leads, folder / "leads.csv")
        source = open_leads(folder / "leads.csv", lead_id=COLUMNS.lead_id, phone=COLUMNS.phone)
        self._plan = _plan(torture, check(source, folder / "leads.parquet"), folder / "leads.parquet")
        self._told = Ordeal(torture)
        self._sent: Counter[str] = Counter()  # by the newest start

    async def ordeal(self) -> Ordeal:
        async with mock_org.served(self._profile, self._torture.seed) as (target, org):
            org.faults = Faults(parse_rules([trouble.rule for trouble in self._torture.troubles]))
            kills = iter(self._torture.kills)
            for _ in range(MOST_STARTS):
                if await self._start(target, org, next(kills, None)):
                    break
            self._told.violations += self._wrong_ending()
            self._told.struck = sum(rule["fired"] for rule in org.faults.report())
            if self._told.code in FINISHED and not self._told.violations:
                await self._again(target, org)
            self._told.requests = sum(sum(by_status.values()) for by_status in org.ledger.counts().values())
            self._told.virtual_s = asyncio.get_running_loop().time()
        return self._told

    async def _start(self, target: Target, org: Org, kill: Kill | None) -> bool:
        """The command once; whether the run has come to its end."""
        try:
            code, text = await self._command(target, kill)
        except Killed:
            restarted(self._run, self._kept)
            self._told.endings.append("killed")
            await asyncio.sleep(kill.away_s if kill else 0.0)
            return False
        self._told.code = code
        self._told.endings.append(f"{code} {text}".strip())
        if code == 4 and self._torture.honest:
            self._told.violations.append("exit 4, although the org never lied")
        if code in FINISHED:
            self._told.violations += [f"exit {code}, but {what}" for what in self._amiss(org)]
        return code in FINISHED or code not in ALLOWED or bool(self._told.violations) or self._in_vain()

    async def _command(self, target: Target, kill: Kill | None) -> tuple[int, str]:
        """Exit code and error code, as a shell would see them."""
        steps = STEPS_A_START + STEPS_A_BATCH * (self._torture.leads // self._torture.batch_size)

        def around(shell: AsyncShell) -> AsyncShell:
            killing = KillingShell(shell, kill, steps, self._run, self._kept)
            self._sent = killing.sent
            return killing

        try:
            outcome = await complete(self._plan, target, mock_org.CREDENTIALS, self._run, around)
            return _code_of(outcome)
        except RunError as error:
            return error.exit_code, error.code
        except BaseExceptionGroup as group:
            return _only_killed(group)
        except Exception as error:
            return 1, f"{type(error).__name__}: {error}"

    def _in_vain(self) -> bool:
        """Whether a person would stop trying: the same answer three times, from an org that is not to be trusted."""
        last = self._told.endings[-3:]
        hopeless = len(last) == 3 and len(set(last)) == 1 and self._told.code != 5
        return hopeless and not self._torture.honest

    def _amiss(self, org: Org) -> list[str]:
        leads = {row[0]: dict(zip(COLUMNS.names, row, strict=True)) for row in self._leads}
        return complaints(org, self._run, leads, COLUMNS.lead_id)

    def _wrong_ending(self) -> Iterator[str]:
        if self._told.code not in ALLOWED:
            yield f"exit {self._told.code} is no answer to any of its troubles"
        elif self._torture.honest and self._told.code != (3 if self._torture.refused else 0):
            yield f"exit {self._told.code} in the end, although the org never lied"
        elif self._told.code == 5:
            yield f"exit 5 after {len(self._told.endings)} starts: it says run again, and that does not help"

    async def _again(self, target: Target, org: Org) -> None:
        """The same command on a finished run: the same answer, nothing written, not a byte of the mapping changed."""
        org.faults = Faults()
        mapping = (self._run / "mapping.csv").read_bytes()
        code, _ = await self._command(target, None)
        if code != self._told.code or (self._run / "mapping.csv").read_bytes() != mapping:
            self._told.violations.append(f"C10: exit {code} after {self._told.code}, or another mapping")
        if written := [op for op in WRITES if self._sent[op]]:
            self._told.violations.append(f"C10: {', '.join(written)} although everything was done")

    @property
    def _run(self) -> Path:
        return self._folder / "run"

    @property
    def _kept(self) -> Path:
        return self._folder / "kept"


def _leads(torture: Torture) -> list[list[str]]:
    """Invented ones; those that are to be refused have a cell longer than the org takes."""
    leads = [list(row) for _, row in SyntheticLeads(torture.leads, torture.seed).read()]
    for position in torture.refused:
        leads[position][-1] = TOO_LONG
    return leads


def _write(leads: list[list[str]], to: Path) -> None:
    with to.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS.names, *leads])


def _plan(torture: Torture, preflight: Preflight, leads: Path) -> Plan:
    return Plan(
        strategy=strategy(torture.strategy),
        preflight=preflight,
        leads=leads,
        contacts_per_list=torture.contacts_per_list,
        run_id=f"torture-{torture.seed}",
        seed=torture.seed,
        concurrency=torture.concurrency,
        settings=Settings(batch_size=torture.batch_size),
    )


def _code_of(outcome: Outcome) -> tuple[int, str]:
    problem = complaint({"strategies": [strategy_entry(outcome, ".")]})
    return (0, "") if problem is None else (problem.exit_code, problem.code)


def _only_killed(group: BaseExceptionGroup[Any]) -> tuple[int, str]:
    """Raises Killed if that is all there is; else what went wrong besides."""
    runaways, _ = group.split(Runaway)
    others = group.split((Killed, Runaway))[1]
    if runaways is not None:
        return 1, f"C9: no end after {runaways.exceptions[0]}"
    if others is not None:
        return 1, f"{others!r}"
    raise Killed
