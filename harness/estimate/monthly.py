"""Twelve months of uploads into one org: what each takes, what the org then holds, and when it does not fit any more.

Assumptions of the model, not of the profile: every month brings as many leads; the same share of them is new each
month; nothing but these uploads changes the org.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mockserver.pacing import latency_of
from mockserver.profile import Profile

from ..monthly.months import MEANING, MODES, MONTHS, Mode
from ..strategies.job import Strategy


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
