"""How long an upload would take, what that depends on, and what would change it. Nothing is sent.

`recording` runs the real flows of a strategy once against a stub org (`stubs`) and turns what they did into a graph of
requests and pauses. `cases` lays uploads under profiles out as arrays, and `simulate` plays them for a thousand
replicates at once by the rules of `server_model`. No strategy is written a second time. The rules of the server are:
scalar rules in an event heap would take ten times as long. Tests compare both.

With --monthly, twelve months of uploads into one org. That model assumes that every month brings as many leads, that
the same share of them is new each month, and that nothing but these uploads changes the org.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mockserver.loaded_profile import built_in_profiles
from mockserver.pacing import latency_of
from mockserver.profile import Profile

from .. import simulator
from ..errors import UsageError
from ..mapping.files import write_json
from ..monthly import MEANING, MODES, MONTHS, Mode
from ..runs.run_document import bottleneck_of, run_document
from ..simulator import LoadedProfile
from ..status import status
from ..strategies import strategy
from ..strategies.job import Settings, Strategy
from ..wording import quantity
from . import stubs
from .cases import Case, WhatIf, assumptions, calibration_cases, case_tables, options
from .recording import UploadCase, program
from .simulate import Replay, simulate
from .stubs import Sizes
from .summary import interval_entry, outward, percentiles


def monthly_plans(
    strategy: Strategy, leads: int, new_share: float, profile: Profile, p50_s: Callable[[int], float]
) -> Iterator[dict[str, Any]]:
    """One entry a mode that the strategy can do. `p50_s` says how long a number of leads takes."""
    known: dict[int, float] = {}
    for mode in MODES:
        if mode == "upsert" and not strategy.own_ids:
            continue
        held, rows = 0, []
        for month in range(1, MONTHS + 1):
            sent, added = _sent_and_added(mode, month, leads, round(leads * new_share))
            before = 0 if mode == "clear-then-load" else held
            clear_s = _clear_s(profile, held) if mode == "clear-then-load" else 0.0
            if sent not in known:
                known[sent] = p50_s(sent) if sent else 0.0
            rows.append(_month_entry(month, sent, before, added, known[sent] + clear_s, profile))
            held = rows[-1]["contacts_in_org"]
        yield {"mode": mode, "meaning": MEANING[mode], "strategy": strategy.name, "months": rows}


def _sent_and_added(mode: Mode, month: int, leads: int, new: int) -> tuple[int, int]:
    """Leads that are sent in a month, and how many of them become contacts that were not there."""
    if month == 1 or mode in ("append", "clear-then-load"):
        return leads, leads
    return (leads if mode == "upsert" else new), new


def _month_entry(month: int, sent: int, before: int, added: int, p50_s: float, profile: Profile) -> dict[str, Any]:
    room = profile.limits.contacts_per_org - before
    fits = added <= room
    return {
        "month": month,
        "leads_sent": sent,
        "p50_s": round(p50_s, 3) if fits else None,
        "contacts_in_org": before + min(added, max(0, room)),
        "fails": "" if fits else _failure(added, room, profile.limits.contacts_per_org),
    }


def _failure(added: int, room: int, cap: int) -> str:
    return f"the org holds at most {cap:,} contacts: there is room for {max(0, room):,} of {added:,} new ones"


def _clear_s(profile: Profile, held: int) -> float:
    """One request a list, one after the other."""
    lists = -(-held // profile.limits.contacts_per_list)
    return lists * latency_of(profile, "lists.clear").base_s


ASKED_ABOUT = "default"  # the profile whose settings are doubted where all shipped ones are asked
REPLICATES_OF_A_QUESTION = 40  # only the median of each is told
LEAST_EFFECT = 0.01  # of a setting on the P50: below, it does not matter


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateOrder:
    leads: int | Path
    strategies: Sequence[str]
    profile: str | None = None  # None: all that are shipped, for the range
    replicates: int = 1000
    seed: int = 1
    lead_id: str = "Lead ID"
    separator: str = ","
    phone: str = "Phone"
    concurrency: int = 8
    batch_size: int = 1000
    contacts_per_list: int | None = None  # the profile's
    monthly: bool = False
    new_share: float = 0.2  # of the leads of a month that were not there the month before
    to: Path | None = None
    command: str = ""

    def upload(self, strategy: Strategy, sizes: Sizes, profile: LoadedProfile) -> UploadCase:
        """What `compare` would run under this profile."""
        limits = profile.profile.limits
        return UploadCase(
            strategy=strategy,
            sizes=sizes,
            contacts_per_list=self.contacts_per_list or limits.contacts_per_list,
            settings=Settings.for_target(
                "org", batch_size=min(self.batch_size, limits.contacts_per_post), body_bytes=limits.request_body_bytes
            ),
        )


@dataclass(slots=True)
class _StrategyCases:
    """A strategy, its cases, and what they stand for: first one a profile, then one a question."""

    strategy: Strategy
    profiles: Sequence[LoadedProfile]
    options: Sequence[WhatIf]
    assumptions: Sequence[WhatIf]
    cases: Sequence[Case]
    about: int  # which profile the questions are about
    others: Sequence[int] = ()  # whom the cases after these stand for: what else a calibration would have allowed

    def play(self, seed: int) -> Replay:
        """All cases, each row under the number of the one that its case stands for."""
        first = len(self.cases) - len(self.others)
        stand_for = np.asarray([*range(first), *self.others])
        found = simulate(case_tables(self.cases), seed)
        return replace(found, case=stand_for[found.case])


def estimate(order: EstimateOrder, tell: Callable[[str], None]) -> dict[str, Any]:
    """The document, written if a file is named. Raises RunError."""
    chosen = [strategy(name) for name in order.strategies]
    profiles = [simulator.load_profile(name) for name in ([order.profile] if order.profile else built_in_profiles())]
    leads = _sizes(order)
    entries: list[dict[str, Any]] = []
    effects: dict[str, dict[str, Any]] = {}
    for one in chosen:
        status().begin(f"playing {one.name}")
        asked = _strategy_cases(order, one, leads, profiles)
        played = asked.play(order.seed)
        tell(f"{one.name}: {quantity(len(played.case), 'replicate')} of {quantity(leads.leads, 'lead')} played")
        entries += _entries(asked, played)
        _note_effects(effects, asked, played)
    about = profiles[_about(profiles)]
    document = run_document(
        "estimate",
        entries,
        command=order.command,
        leads=leads.leads,
        replicates=order.replicates,
        interval=interval_entry(order.replicates),
        seed=order.seed,
        concurrency=order.concurrency,
        profiles=[each.profile.name for each in profiles],
        assumptions_of=about.profile.name,
        assumptions=_by_effect(effects),
        **({"monthly": list(_monthly(order, chosen, leads, about))} if order.monthly else {}),
    )
    if order.to is not None:
        write_json(order.to, document)
    return document


def _sizes(order: EstimateOrder) -> Sizes:
    if isinstance(order.leads, Path):
        return stubs.of_file(order.leads, lead_id=order.lead_id, phone=order.phone, separator=order.separator)
    return stubs.of_invented(order.leads, order.seed)


def _about(profiles: Sequence[LoadedProfile]) -> int:
    names = [each.profile.name for each in profiles]
    return names.index(ASKED_ABOUT) if ASKED_ABOUT in names else 0


def _strategy_cases(
    order: EstimateOrder, one: Strategy, leads: Sizes, profiles: Sequence[LoadedProfile]
) -> _StrategyCases:
    uploads = [order.upload(one, leads, each) for each in profiles]
    cases = [
        Case(
            program=program(upload),
            profile=each.profile,
            concurrency=order.concurrency,
            replicates=order.replicates,
        )
        for each, upload in zip(profiles, uploads, strict=True)
    ]
    about, few = _about(profiles), min(order.replicates, REPLICATES_OF_A_QUESTION)
    chosen = list(options(uploads[about], cases[about], few))
    doubted = list(assumptions(profiles[about], cases[about], few))
    others = list(calibration_cases(cases[0], order.profile)) if order.profile else []
    if others:
        cases = [_beside(cases[0], others)]
    every = [*cases, *(question.case for question in (*chosen, *doubted)), *others]
    return _StrategyCases(one, profiles, chosen, doubted, every, about, [0] * len(others))


def _beside(case: Case, others: Sequence[Case]) -> Case:
    """The case with what the others leave of its replicates, and never none."""
    return replace(case, replicates=max(1, case.replicates - sum(other.replicates for other in others)))


def _entries(asked: _StrategyCases, played: Replay) -> Iterator[dict[str, Any]]:
    medians = _medians(asked, played)
    for number, profile in enumerate(asked.profiles):
        base = medians[number]
        first = len(asked.profiles)
        questions = enumerate(asked.options, first) if number == asked.about else ()
        yield {
            **_entry(asked.strategy, asked.cases[number], played, played.case == number),
            "profile": profile.profile.name,
            "sensitivity": [
                {"change": question.change, "p50_s": round(medians[place], 3), "ratio": _ratio(medians[place], base)}
                for place, question in questions
            ],
        }


def _entry(one: Strategy, case: Case, played: Replay, rows: "np.ndarray[Any, Any]") -> dict[str, Any]:
    duration, throttled = played.duration_s[rows], played.throttled_s[rows]
    worker_s = float(np.median(duration)) * case.concurrency
    return {
        "strategy": one.name,
        "duration_s": outward(percentiles(duration)),
        "first_mapping_s": percentiles(played.first_mapping_s[rows]),
        "last_mapping_s": outward(percentiles(duration)),
        "verification_s": percentiles(played.ended_s[rows] - duration),
        "requests": percentiles(played.requests[rows].astype(np.float64)),
        "polls": percentiles(played.polls[rows].astype(np.float64)),
        "throttled_s": percentiles(throttled),
        "repeats": percentiles(played.repeats[rows].astype(np.float64)),
        "in_doubt": percentiles(played.in_doubt[rows].astype(np.float64)),
        "lists": len(case.program.rows),
        "bottleneck": bottleneck_of(one.main_op, worker_s, float(np.median(throttled))),
    }


def _medians(asked: _StrategyCases, played: Replay) -> list[float]:
    known = len(asked.cases) - len(asked.others)
    return [float(np.median(played.duration_s[played.case == number])) for number in range(known)]


def _ratio(value: float, base: float) -> float:
    return round(value / base, 3) if base else 1.0


def _note_effects(effects: dict[str, dict[str, Any]], asked: _StrategyCases, played: Replay) -> None:
    """What each doubted setting does to the strategy's P50."""
    medians, first = _medians(asked, played), len(asked.profiles) + len(asked.options)
    profile = asked.profiles[asked.about]
    values = simulator.settings(profile)
    for place, question in enumerate(asked.assumptions, first):
        known = {"setting": question.setting, **values[question.setting], "tried": question.to, "ratios": {}}
        effect = effects.setdefault(question.setting, known)
        effect["ratios"][asked.strategy.name] = _ratio(medians[place], medians[asked.about])


def _by_effect(effects: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The settings that matter, the one with the largest effect first."""
    ranked = [
        {**effect, "effect": round(max(abs(ratio - 1.0) for ratio in effect["ratios"].values()), 3)}
        for effect in effects.values()
    ]
    mattering = [effect for effect in ranked if effect["effect"] >= LEAST_EFFECT]
    return sorted(mattering, key=lambda effect: -float(effect["effect"]))


def _monthly(
    order: EstimateOrder, chosen: Sequence[Strategy], leads: Sizes, profile: LoadedProfile
) -> Iterator[dict[str, Any]]:
    """Twelve months of every way to go on, for each strategy that can."""
    if not 0 <= order.new_share <= 1:
        raise UsageError("BAD_OPTION", f"--new-share is a part of the leads, from 0 to 1, not {order.new_share}.")

    def p50(one: Strategy, count: int) -> float:
        upload = order.upload(one, replace(leads, leads=count), profile)
        few = min(order.replicates, REPLICATES_OF_A_QUESTION)
        case = Case(program=program(upload), profile=profile.profile, concurrency=order.concurrency, replicates=few)
        return float(np.median(simulate(case_tables([case]), order.seed).duration_s))

    for one in chosen:
        yield from monthly_plans(one, leads.leads, order.new_share, profile.profile, partial(p50, one))
