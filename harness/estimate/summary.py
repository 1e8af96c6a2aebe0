"""An estimate in tables and plain sentences. Whose figures they are is said each time: a profile's, never Genesys's."""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from io import StringIO
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from ..wording import quantity
from .cases import Floats

SHOWN_ASSUMPTIONS = 8
WIDTH = 80


def summary_text(document: dict[str, Any]) -> str:
    """The whole text."""
    console = Console(file=StringIO(), width=WIDTH, highlight=False)
    console.print(_times(document))
    for line in _sentences(document):
        console.print(line, markup=False)
    if any(entry["sensitivity"] for entry in document["strategies"]):
        console.print(_changes(document))
    if document["assumptions"]:
        console.print(_assumptions(document))
    for plan in document.get("monthly", ()):
        console.print(_months(plan))
    file = console.file
    assert isinstance(file, StringIO)  # noqa: S101  # it was given above
    return file.getvalue().rstrip()


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 600:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _table(title: str) -> Table:
    """One that 80 columns hold."""
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)


def _times(document: dict[str, Any]) -> Table:
    replicates = quantity(document["replicates"], "replicate")
    table = _table(f"{quantity(document['leads'], 'lead')}, {replicates}: time until all are mapped")
    table.add_column("profile", overflow="fold")
    table.add_column("strategy", no_wrap=True)
    for name in ("P10", "P50", "P90", "first", "requests"):
        table.add_column(name, justify="right")
    for entry in document["strategies"]:
        time = entry["duration_s"]
        table.add_row(
            entry["profile"],
            entry["strategy"],
            *(duration(time[p]) for p in ("p10", "p50", "p90")),
            duration(entry["first_mapping_s"]["p50"]),
            f"{entry['requests']['p50']:,.0f}",
        )
    return table


def _sentences(document: dict[str, Any]) -> Iterator[str]:
    yield soonest(document)
    for name in dict.fromkeys(entry["strategy"] for entry in document["strategies"]):
        entries = [entry for entry in document["strategies"] if entry["strategy"] == name]
        yield _range(entries)
    yield from _lists([entry for entry in document["strategies"] if "csv" in entry["strategy"]])
    about = document["assumptions_of"]
    if document["assumptions"]:
        first = document["assumptions"][0]
        yield (
            f"Under profile {about} most hangs on {first['setting']} = {first['value']}, which is assumed:"
            f" with {first['tried']} instead the time changes by up to {first['effect']:.0%}."
        )
    interval = document["interval"]
    yield (
        f"P10 and P90 are ends between which at least {interval['holds']:.0%} of {interval['runs']} runs lie, with a"
        f" confidence of {interval['confidence']:.0%}."
    )
    yield "These figures are the profiles' and as good as their settings."
    yield "None is a figure of Genesys's."


def soonest(document: dict[str, Any]) -> str:
    """Which strategy is the first to be done, and where another one would be."""
    by_profile: dict[str, list[tuple[float, str]]] = {}
    for entry in document["strategies"]:
        by_profile.setdefault(entry["profile"], []).append((entry["duration_s"]["p50"], entry["strategy"]))
    asked = sorted(by_profile[document["assumptions_of"]])
    (time, name), others = asked[0], asked[1:]
    answer = f"Soonest is {name}: half of all uploads are mapped within {duration(time)}"
    answer += f" under profile {document['assumptions_of']}"
    if others:
        answer += f"; next is {others[0][1]} with {duration(others[0][0])}"
    differing = [(profile, min(each)[1]) for profile, each in by_profile.items() if min(each)[1] != name]
    return answer + "".join(f"; under {profile} it is {other}" for profile, other in differing) + "."


def _lists(imports: list[dict[str, Any]]) -> Iterator[str]:
    """Why imports may take longer under a profile with wider limits."""
    lists = {entry["profile"]: entry["lists"] for entry in imports}
    if len(set(lists.values())) > 1:
        least, most = min(lists, key=lambda name: lists[name]), max(lists, key=lambda name: lists[name])
        yield (
            f"Under {least} the leads fit {quantity(lists[least], 'list')}, under {most} {lists[most]}. Lists are"
            " imported side by side, so fewer of them may take longer (--contacts-per-list decides)."
        )


def _range(entries: list[dict[str, Any]]) -> str:
    least = min(entries, key=lambda entry: entry["duration_s"]["p50"])
    most = max(entries, key=lambda entry: entry["duration_s"]["p50"])
    name = least["strategy"]
    if len(entries) == 1:
        time = least["duration_s"]
        return (
            f"{name}: {duration(time['p50'])} in the middle, of ten uploads at least eight between"
            f" {duration(time['p10'])} and {duration(time['p90'])}, if the org is as profile {least['profile']} says;"
            f" bottleneck: {least['bottleneck']}."
        )
    return (
        f"{name}: from {duration(least['duration_s']['p50'])} (profile {least['profile']})"
        f" to {duration(most['duration_s']['p50'])} (profile {most['profile']}, bottleneck: {most['bottleneck']})."
    )


def _changes(document: dict[str, Any]) -> Table:
    table = _table(f"What a change is worth under profile {document['assumptions_of']}")
    table.add_column("strategy")
    table.add_column("change")
    table.add_column("P50", justify="right")
    table.add_column("times", justify="right")
    for entry in document["strategies"]:
        for one in entry["sensitivity"]:
            table.add_row(entry["strategy"], one["change"], duration(one["p50_s"]), f"{one['ratio']:.2f}")
    return table


def _assumptions(document: dict[str, Any]) -> Table:
    table = _table(f"Assumed settings of profile {document['assumptions_of']} that matter most")
    for name in ("setting", "value", "tried"):
        table.add_column(name, overflow="fold")
    table.add_column("up to", justify="right")
    table.add_column("strategy")
    for one in document["assumptions"][:SHOWN_ASSUMPTIONS]:
        most = max(one["ratios"], key=lambda name: abs(one["ratios"][name] - 1.0))
        ratio = f"{one['ratios'][most]:.2f}"
        table.add_row(one["setting"], _plain(one["value"]), _plain(one["tried"]), f"x {ratio}", most)
    return table


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _months(plan: dict[str, Any]) -> Table:
    table = _table(f"{plan['strategy']}, {plan['mode']}: {plan['meaning']}")
    for name in ("month", "leads sent", "P50", "contacts in the org"):
        table.add_column(name, justify="right")
    table.add_column("fails")
    for month in plan["months"]:
        time = "-" if month["p50_s"] is None else duration(month["p50_s"])
        cells = (str(month["month"]), f"{month['leads_sent']:,}", time, f"{month['contacts_in_org']:,}")
        table.add_row(*cells, month["fails"])
        if month["fails"]:
            break
    return table


HOLDS, RUNS, CONFIDENCE = 0.8, 50, 0.99  # not 0.95: a table has a dozen of intervals, and each of them should hold
DIGITS = 3  # of the ends of an interval


def percentiles(values: Floats) -> dict[str, float]:
    """`p10`, `p50`, `p90` of the values that are known; 0 if none is."""
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return {"p10": 0.0, "p50": 0.0, "p90": 0.0}
    rank = rank_of_an_end(len(known))
    found = {"p10": known[rank - 1], "p50": np.median(known), "p90": known[-rank]}
    return {name: round(float(value), 3) for name, value in found.items()}


def outward(times: dict[str, float]) -> dict[str, float]:
    """The lower end rounded down, the upper one up to three digits: an interval promises no more than it knows."""
    return times | {"p10": _to_digits(times["p10"], math.floor), "p90": _to_digits(times["p90"], math.ceil)}


def _to_digits(value: float, rounded: Callable[[float], int]) -> float:
    if not value:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - DIGITS + 1)
    return round(rounded(round(value / unit, 6)) * unit, 9)


def interval_entry(replicates: int) -> dict[str, Any]:
    """What `p10` and `p90` mean, for the document. Few replicates allow no high confidence."""
    rank = rank_of_an_end(replicates)
    out, sure = rank / (replicates + 1), min(CONFIDENCE, sureness(replicates, rank))
    return {
        "p10_p90": f"ends between which at least {HOLDS:.0%} of {RUNS} runs lie, with a confidence of {sure:.0%}",
        "holds": HOLDS,
        "runs": RUNS,
        "confidence": round(sure, 4),
        "percentiles": [round(100 * out, 1), round(100 * (1 - out), 1)],
    }


@lru_cache(maxsize=256)
def rank_of_an_end(replicates: int) -> int:
    """How many replicates in from the first and the last one the ends are; 1 where there are too few to be sure."""
    least, most = 1, max(1, (replicates + 1) // 2)
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if sureness(replicates, middle) >= CONFIDENCE else (least, middle)
    return least


def sureness(replicates: int, rank: int) -> float:
    """How likely at least `HOLDS` of `RUNS` further runs lie between the replicates of that rank from both ends.

    What lies between two order statistics is beta-distributed, so the number of further runs there is beta-binomial.
    """
    inside, outside = replicates + 1 - 2 * rank, 2 * rank
    if inside <= 0:
        return 0.0
    least = math.ceil(HOLDS * RUNS)
    all_replicates = _log_beta(inside, outside)
    return math.fsum(
        math.comb(RUNS, count) * math.exp(_log_beta(inside + count, outside + RUNS - count) - all_replicates)
        for count in range(least, RUNS + 1)
    )


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
