"""Days of uploads in virtual time, five million contacts in all: none is lost, none is doubled (tox -e soak)."""

import itertools
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from harness import simulator
from harness.leads.preflight import check
from harness.leads.synthetic import SyntheticLeads, write_csv
from harness.runs.run import RunPlan
from harness.strategies import STRATEGIES, strategy
from harness.strategies.job import Settings
from mockserver.loaded_profile import LoadedProfile, with_changes
from mockserver.storage.durable_store import DurableStore

from ..failures.chaos.command import Command
from ..failures.chaos.killing import Killed, restarted
from ..failures.chaos.plan import Kill
from ..oracle import complaints, stored_contacts

CONTACTS = int(os.environ.get("CONTACTBENCH_SOAK_CONTACTS", "5000000"))
A_DAY = min(CONTACTS, 100_000)
LISTS, BATCH, KILLS, MOST_STARTS = 2, 1_000, 2, 30
AWAY_S = (0.0, 30.0, 600.0)

pytestmark = [pytest.mark.full, pytest.mark.timeout(0)]


class Day:
    """An upload of its own in an org of its own, whose store is on the disk; in one request of twenty is a fault."""

    def __init__(self, number: int, folder: Path) -> None:
        self._rng, self._number = random.Random(number), number
        self._run, self._kept, self._store = folder / "run", folder / "kept", folder / "org.store"
        self._leads = folder / "leads.csv"
        source = SyntheticLeads(A_DAY, seed=number)
        write_csv(source, self._leads)
        profile = simulator.load_profile("troubled")
        self._profile = LoadedProfile(
            with_changes(profile.profile, {"rate.requests_per_window": 3_000, "tokens.lifetime_s": 600}),
            profile.sources,
        )
        self._plan = RunPlan(
            strategy=strategy([*STRATEGIES][number % len(STRATEGIES)]),
            preflight=check(source, folder / "leads.parquet"),
            leads=folder / "leads.parquet",
            contacts_per_list=-(-A_DAY // LISTS),
            run_id=f"day-{number}",
            seed=number,
            concurrency=8,
            settings=Settings(batch_size=BATCH),
        )
        self.requests, self.endings = Counter[str](), list[str]()

    @property
    def name(self) -> str:
        return f"day {self._number}, {self._plan.strategy.name}"

    async def pass_by(self) -> list[str]:
        """What is wrong at its end. With every process of the upload that is killed, the mock ends and starts again."""
        kills = [self._kill() for _ in range(KILLS)]
        for kill in itertools.islice(itertools.chain(kills, itertools.repeat(None)), MOST_STARTS):
            async with simulator.serve_in_process(self._profile, self._number, DurableStore(self._store)) as (
                target,
                services,
            ):
                command = Command(self._plan, target, self._run, self._kept)
                try:
                    code, text = await command.given(kill)
                except Killed:
                    restarted(self._run, self._kept)
                    code, text = -9, "killed"
                self.requests.update(command.sent)
                self.endings.append(f"{code} {text}".strip())
                if code == 0:
                    return complaints(stored_contacts(services), self._run, self._leads)
                if code not in (-9, 5, 6):  # 6: an import that was running when the mock ended has failed
                    return [f"exit {code} {text}"]
        return [f"no end after {MOST_STARTS} starts"]

    def _kill(self) -> Kill:
        steps = 20 + 2 * (A_DAY // BATCH) if self._plan.strategy.main_op == "contacts.add" else 30
        return Kill(
            step=self._rng.randint(1, steps),
            moment=self._rng.choice(("before", "during", "after")),
            away_s=self._rng.choice(AWAY_S),
        )


def test_nothing_is_lost_or_doubled(tmp_path, capsys):
    """Whatever is killed meanwhile: in the end, what the org holds is what the mapping says, lead by lead."""
    began, wrong = time.monotonic(), []
    for number in range(-(-CONTACTS // A_DAY)):
        folder = tmp_path / str(number)
        folder.mkdir()
        day = Day(number, folder)
        found = simulator.run(day.pass_by())
        wrong += [f"{day.name}: {each}" for each in found]
        with capsys.disabled():
            told = f"{(number + 1) * A_DAY:,} contacts after {time.monotonic() - began:.0f} s; {day.name}"
            sys.stdout.write(
                f"{told}: {day.requests.total():,} requests, {', '.join(day.endings)}; {found or 'right'}\n"
            )
            sys.stdout.flush()
        for path in folder.rglob("*"):
            if path.is_file():
                path.unlink()
    assert wrong == []
