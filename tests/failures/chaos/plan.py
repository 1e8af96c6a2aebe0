"""What one tortured run is: its size, its org, its troubles and its kills, all drawn from one seed. Pure."""

import random
from dataclasses import dataclass
from typing import Any, Literal

from .meddling import Meddling
from .troubles import Trouble, troubles

Moment = Literal["before", "during", "after"]

FEWEST, MOST = 100, 1_000  # leads
MOST_KILLS = 3
CELL_CHARS = 80  # more than any invented lead has, less than the platform's limit, which the harness knows


@dataclass(frozen=True, slots=True)
class Kill:
    """The process ends at its n-th step (call, save or work), and starts again `away_s` later."""

    step: int
    moment: Moment
    away_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Torture:
    seed: int
    strategy: str
    leads: int
    lists: int
    batch_size: int
    concurrency: int
    settings: dict[str, Any]  # of the org's profile, by dotted name
    troubles: tuple[Trouble, ...]
    refused: tuple[int, ...]  # positions of leads that the org does not take
    kills: tuple[Kill, ...]  # the first of the first process, the second of the one after it, ...
    meddling: Meddling | None  # what somebody else does once the run has ended well

    @property
    def honest(self) -> bool:
        """Whether the org only fails and never lies: such a run has to end well."""
        return all(trouble.honest for trouble in self.troubles)

    @property
    def contacts_per_list(self) -> int:
        return -(-self.leads // self.lists)

    @property
    def command(self) -> str:
        """What plays this very run again."""
        chosen = f"--strategy {self.strategy} --leads {self.leads}"
        return f"python -m tests.failures.chaos --first {self.seed} --seeds 1 {chosen}"


def drawn(seed: int, strategy: str, leads: int | None = None) -> Torture:
    """The run of this seed and strategy; a number of leads that is given replaces the one drawn."""
    rng = random.Random(f"torture/{seed}/{strategy}")
    any_leads = int(FEWEST * (MOST / FEWEST) ** rng.random())
    leads = leads or any_leads
    lists, batch_size, concurrency = rng.randint(1, 3), rng.randint(20, 200), rng.randint(1, 8)
    batches = lists + leads // batch_size
    return Torture(
        seed=seed,
        strategy=strategy,
        leads=leads,
        lists=lists,
        batch_size=batch_size,
        concurrency=concurrency,
        settings=_settings(rng, -(-leads // lists)),
        troubles=troubles(rng, strategy, batches=batches, lists=lists),
        refused=_refused(rng, leads),
        kills=tuple(_kill(rng, 20 + 4 * batches) for _ in range(rng.randint(0, MOST_KILLS))),
        meddling=rng.choice((None, None, "lost", "doubled")),
    )


def _settings(rng: random.Random, contacts_per_list: int) -> dict[str, Any]:
    """One of the orgs that the API's description leaves possible."""
    return {
        "limits.contacts_per_list": rng.choice((contacts_per_list, 1_000_000)),  # with no room for a lead too many
        "limits.cell_chars": CELL_CHARS,
        "rate.requests_per_window": rng.choice((5, 20, 60, 300)),
        "rate.window_s": rng.choice((1.0, 10.0, 60.0)),
        "rate.window": rng.choice(("fixed", "sliding")),
        "jobs.import_rows_per_s": rng.choice((20.0, 500.0, 5_000.0)),
        "jobs.import_status_visible_rows": rng.choice((0, 0, 100_000)),
        "jobs.export_rows_per_s": rng.choice((100.0, 20_000.0)),
        "jobs.export_keeps_previous": rng.random() < 0.5,
        "jobs.exports_at_once": rng.choice((1, 4)),
        "semantics.update": rng.choice(("merge", "replace")),
        "semantics.bad_batch": rng.choice(("reject", "partial")),
        "semantics.answer_order": rng.choice(("request", "shuffled")),
        "semantics.callable_format": rng.choice(("1", "true")),
        "semantics.redirect_status": rng.choice((302, 303, 307)),
        "semantics.size_lag_s": rng.choice((0.0, 0.0, 2.0, 20.0)),
        "semantics.search_lag_s": rng.choice((0.0, 0.0, 2.0, 4.0)),
        "tokens.lifetime_s": rng.choice((120, 300, 86_400)),
    }


def _refused(rng: random.Random, leads: int) -> tuple[int, ...]:
    """None, as a rule: one of them costs some ten requests."""
    return tuple(sorted(rng.sample(range(leads), rng.randint(1, 3)))) if rng.random() < 0.25 else ()


def _kill(rng: random.Random, steps: int) -> Kill:
    return Kill(
        step=max(1, int(steps ** rng.random())),
        moment=rng.choice(("before", "during", "after")),
        away_s=rng.choice((0.0, 0.0, 5.0, 90.0)),
    )
