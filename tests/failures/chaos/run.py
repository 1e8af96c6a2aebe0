"""One tortured run: killed, restarted, given again until it ends; and what is wrong with what it then says."""

import asyncio
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness import simulator
from harness.leads.preflight import Preflight, check
from harness.leads.source import open_leads
from harness.leads.synthetic import COLUMNS, SyntheticLeads
from harness.runs.run import RunPlan
from harness.strategies import strategy
from harness.strategies.job import Settings
from mockserver.faults import Faults, parse_rules
from mockserver.loaded_profile import LoadedProfile, with_changes
from mockserver.services import Services

from ...oracle import complaints, stored_contacts
from .command import Command
from .killing import Killed, restarted
from .leaks import leaks
from .meddling import Meddling, meddle
from .plan import CELL_CHARS, Kill, Torture

MOST_STARTS = 48  # of the same command; every trouble has come to its end by then
TOO_LONG = "x" * (CELL_CHARS + 20)  # too long for the org, and not for the check of the input
ALLOWED = {0, 3, 4, 5, 6}  # exit codes that some trouble explains; any other is a fault of the harness
ALLOWED_BY_A_LIE = ALLOWED | {9}  # an address that is not the platform's
FINISHED = {0, 3}  # and verified
NOT_PROVED = 4
POLL_CAP_S = 20.0  # half of all requests would be polls
STALLED_S = 240.0  # longer than any job of these orgs takes; four times that is 200 requests to one that froze
LONGEST_LAG_S = 60.0  # every size and every search tells what was done so long ago
PLATFORM = {"localhost"}
WRITES = ("lists.create", "lists.delete", "contacts.add", "import.upload")
RUN = "run"  # the run's folder, beside its input

Planted = Callable[[RunPlan], RunPlan]  # puts a fault into what is tortured


@dataclass(slots=True)
class Ordeal:
    """What happened, and what should not have."""

    torture: Torture
    endings: list[str] = field(default_factory=list)  # of each start: "killed", or its exit code and error code
    code: int = 1  # of the last one
    requests: int = 0
    most_requests: int = 0  # of one start
    struck: int = 0  # how often troubles did
    meddled: bool = False  # somebody else did something to its contacts
    virtual_s: float = 0.0
    violations: list[str] = field(default_factory=list)


def tortured(torture: Torture, profile: LoadedProfile, folder: Path, planted: Planted = lambda plan: plan) -> Ordeal:
    """Everything of it takes place in `folder`, which is empty, and in virtual time."""
    return simulator.run(_Torturer(torture, profile, folder, planted).ordeal())


class _Torturer:
    def __init__(self, torture: Torture, profile: LoadedProfile, folder: Path, planted: Planted) -> None:
        self._torture, self._run, self._kept = torture, folder / RUN, folder / "kept"
        changes = with_changes(profile.profile, torture.settings)
        self._profile = LoadedProfile(changes, profile.sources)
        self._leads = folder / "leads.csv"
        _write(_leads(torture), self._leads)
        source = open_leads(self._leads, lead_id=COLUMNS.lead_id, phone=COLUMNS.phone)
        self._plan = planted(_plan(torture, check(source, folder / "leads.parquet"), folder / "leads.parquet"))
        self._told = Ordeal(torture)

    async def ordeal(self) -> Ordeal:
        async with simulator.serve_in_process(self._profile, self._torture.seed) as (target, services):
            services.org.faults = Faults(parse_rules([trouble.rule for trouble in self._torture.troubles]))
            command = Command(self._plan, target, self._run, self._kept)
            kills = iter(self._torture.kills)
            for _ in range(MOST_STARTS):
                if await self._start(command, services, next(kills, None)):
                    break
            self._told.violations += self._wrong_ending()
            self._told.struck = sum(rule["fired"] for rule in services.org.faults.report())
            if self._told.code in FINISHED and not self._told.violations:
                await self._afterwards(command, services)
            self._told.violations += self._indiscretions(command)
            self._told.requests = sum(
                sum(by_status.values()) for by_status in services.org.request_log.counts().values()
            )
            self._told.virtual_s = asyncio.get_running_loop().time()
        return self._told

    async def _start(self, command: Command, services: Services, kill: Kill | None) -> bool:
        """The command once; whether the run has come to its end."""
        try:
            code, text = await command.given(kill)
        except Killed:
            restarted(self._run, self._kept)
            self._told.endings.append("killed")
            await asyncio.sleep(kill.away_s if kill else 0.0)
            return False
        finally:
            self._told.most_requests = max(self._told.most_requests, command.sent.total())
        self._told.code = code
        self._told.endings.append(f"{code} {text}".strip())
        if code == NOT_PROVED and self._torture.honest:
            self._told.violations.append("exit 4, although the org never lied")
        if code in FINISHED:
            amiss = complaints(stored_contacts(services), self._run, self._leads)
            self._told.violations += [f"exit {code}, but {what}" for what in amiss]
        return code in FINISHED or code not in self._allowed or bool(self._told.violations) or self._in_vain()

    @property
    def _allowed(self) -> set[int]:
        return ALLOWED if self._torture.honest else ALLOWED_BY_A_LIE

    def _in_vain(self) -> bool:
        """Whether a person would stop trying: the same answer three times, from an org that is not to be trusted."""
        last = self._told.endings[-3:]
        hopeless = len(last) == 3 and len(set(last)) == 1 and self._told.code != 5
        return hopeless and not self._torture.honest

    def _wrong_ending(self) -> Iterator[str]:
        if self._told.code not in self._allowed:
            yield f"exit {self._told.code} is no answer to any of its troubles"
        elif self._torture.honest and self._told.code != (3 if self._torture.refused else 0):
            yield f"exit {self._told.code} in the end, although the org never lied"
        elif self._told.code == 5:
            yield f"exit 5 after {len(self._told.endings)} starts: it says run again, and that does not help"

    def _indiscretions(self, command: Command) -> Iterator[str]:
        yield from leaks(self._run, command.said, command.secrets)
        if foreign := command.hosts - PLATFORM:
            yield f"C9: requests to {foreign}"

    async def _afterwards(self, command: Command, services: Services) -> None:
        """The same command on a finished run, from an org that has got well."""
        services.org.faults = Faults()
        if self._torture.meddling is None:
            await self._again(command)
        else:
            await self._after_meddling(command, services, self._torture.meddling)

    async def _again(self, command: Command) -> None:
        """The same answer, nothing written, not a byte of the mapping changed."""
        mapping = (self._run / "mapping.csv").read_bytes()
        code, _ = await command.given(None)
        if code != self._told.code or (self._run / "mapping.csv").read_bytes() != mapping:
            self._told.violations.append(f"C10: exit {code} after {self._told.code}, or another mapping")
        if written := [op for op in WRITES if command.sent[op]]:
            self._told.violations.append(f"C10: {', '.join(written)} although everything was done")

    async def _after_meddling(self, command: Command, services: Services, how: Meddling) -> None:
        """What was proved is not true any more, and a proof of now has to say so."""
        await asyncio.sleep(LONGEST_LAG_S)  # a request that ends late might put right what was done
        meddle(services.org, how)
        await asyncio.sleep(LONGEST_LAG_S)
        code, _ = await command.given(None)
        self._told.meddled = True
        if code != NOT_PROVED:
            self._told.violations.append(f"exit {code}, but a contact was {how} after the mapping had been proved")


def _leads(torture: Torture) -> list[list[str]]:
    """Invented ones; those that are to be refused have a cell longer than the org takes."""
    leads = [list(row) for _, row in SyntheticLeads(torture.leads, torture.seed).read()]
    for position in torture.refused:
        leads[position][-1] = TOO_LONG
    return leads


def _write(leads: list[list[str]], to: Path) -> None:
    with to.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS.names, *leads])


def _plan(torture: Torture, preflight: Preflight, leads: Path) -> RunPlan:
    return RunPlan(
        strategy=strategy(torture.strategy),
        preflight=preflight,
        leads=leads,
        contacts_per_list=torture.contacts_per_list,
        run_id=f"torture-{torture.seed}",
        seed=torture.seed,
        concurrency=torture.concurrency,
        settings=Settings(batch_size=torture.batch_size, stalled_s=STALLED_S, poll_cap_s=POLL_CAP_S),
    )
