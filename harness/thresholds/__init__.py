"""Limits that a run has to keep, written as expressions: `p95(contacts.add)<1500ms`, `mapped==leads`.

Here is their language, `[strategy:] metric operator value[unit]`, and how a command loads them before anything is sent:
from options, a file and the environment. `evaluate_run` evaluates them on the run folder and adds the result to
run.json, `threshold_error` returns the error, if any. docs/gate.md describes the language.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import UsageError
from ..files.regular_file import settings_bytes, settings_text

Kind = Literal["time", "number", "share", "rate"]
UNITS: dict[str, tuple[Kind, float]] = {
    "ms": ("time", 0.001),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "%": ("share", 0.01),
    "/s": ("rate", 1.0),
    "/min": ("rate", 1 / 60),
    "/h": ("rate", 1 / 3600),
    "": ("number", 1.0),
}
COUNTED: tuple[Kind, ...] = ("number", "share")

# Metrics of the whole run, and the kinds of value they can be compared with.
COUNTS = ("leads", "mapped", "rejected", "requests", "retries", "in_doubt", "duplicates", "lost", "orphaned", "wrong")
SPANS = ("duration", "upload", "mapping", "verification", "first_mapping", "throttled", "outage")
PLAIN: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(COUNTS, COUNTED),
    **dict.fromkeys(SPANS, ("time",)),
    "rate": ("rate",),
}
# Metrics of an operation, a status or a code, given in brackets.
OF_TIMES = ("p", "avg", "min", "max", "med")
OF: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(OF_TIMES, ("time",)),
    "count": ("number",),
    "rate": ("rate",),
    "errors": COUNTED,
    "status": COUNTED,
    "error": COUNTED,
    "rejected": COUNTED,
}
# The operations that uploads may send. One that a run did not send counts as 0; any other name is an error.
OPERATIONS = {
    *("oauth.token", "subjects.me", "lists.create", "lists.list", "lists.get", "lists.delete"),
    *("contacts.add", "contacts.search", "contacts.bulk", "import.upload", "import.status"),
    *("export.create", "export.get", "export.download", "export.file"),
}
LISTED = (
    "p95(OP) p(99.9)(OP) avg(OP) min(OP) max(OP) med(OP) count(OP) rate(OP) errors(OP) status(CODE) error(CODE)"
    f" rejected(CODE) {' '.join(PLAIN)}"
)
FORM = re.compile(
    r"""\s* (?: (?P<strategy>[a-z][a-z0-9-]*) \s*:\s* )?
    (?P<name>[a-z_]+) (?P<percentile>\d+(?:\.\d+)?)? (?:\((?P<first>[^()]+)\))? (?:\((?P<second>[^()]+)\))?
    \s* (?P<operator><=|>=|==|!=|<|>) \s*
    (?: (?P<number>\d+(?:\.\d+)?) \s* (?P<unit>ms|s|min|h|%|/s|/min|/h)? | (?P<other>[a-z_]+) ) \s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    name: str
    of: str = ""  # operation, status or code
    percentile: float | None = None
    service: bool = False  # times count from the send, not from the planned moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """`value` is in seconds, a share of 1, a rate per second, or a plain number, depending on `unit`."""

    text: str
    strategy: str = ""  # the only strategy it applies to; "": all
    metric: Metric
    operator: str
    value: float = 0.0
    unit: str = ""
    other: str = ""  # a count of the run to compare with, in place of `value`

    @property
    def kind(self) -> Kind:
        return UNITS[self.unit][0]


def parse(text: str) -> Threshold:
    """The threshold that `text` expresses. Raises UsageError, listing the choices."""
    found = FORM.fullmatch(text)
    if found is None:
        raise _bad(text, "is not METRIC OPERATOR VALUE, as in p95(contacts.add)<1500ms or mapped==leads")
    threshold = Threshold(
        text=" ".join(text.split()),
        strategy=found["strategy"] or "",
        metric=_metric(text, found),
        operator=found["operator"],
        value=float(found["number"] or 0) * UNITS[found["unit"] or ""][1],
        unit=found["unit"] or "",
        other=found["other"] or "",
    )
    _require_sense(threshold)
    return threshold


def _metric(text: str, found: re.Match[str]) -> Metric:
    name, of = found["name"], found["first"] or ""
    percentile = found["percentile"]
    if name == "p" and percentile is None:
        percentile, of = of, found["second"] or ""
    elif found["second"] or (percentile is not None and name != "p"):
        raise _bad(text, f"names no metric; there are {LISTED}")
    of, _, since = (part.strip() for part in of.partition(","))
    if name not in (OF if of else PLAIN) or (since and (since != "service" or name not in OF_TIMES)):
        raise _bad(text, f"names no metric; there are {LISTED}")
    return Metric(
        name=name, of=of, percentile=None if percentile is None else _percent(text, percentile), service=bool(since)
    )


def _percent(text: str, number: str) -> float:
    try:
        percentile = float(number)
    except ValueError:
        percentile = -1.0
    if not 0 <= percentile <= 100:
        raise _bad(text, "asks for a percentile that is not between 0 and 100")
    return percentile


def _require_sense(threshold: Threshold) -> None:
    """Raises UsageError for seconds compared with a percentage, and the like."""
    metric = threshold.metric
    kinds = (OF if metric.of else PLAIN)[metric.name]
    if threshold.other:
        if threshold.other not in COUNTS or "number" not in kinds:
            raise _bad(threshold.text, f"can be compared only with a number or, if a count, one of {' '.join(COUNTS)}")
    elif threshold.kind not in kinds:
        units = " ".join(unit or "(none)" for unit, (kind, _) in UNITS.items() if kind in kinds)
        raise _bad(threshold.text, f"needs another unit: {units}")


def _bad(text: str, reason: str) -> UsageError:
    return UsageError("BAD_THRESHOLD", f"{text.strip()!r} {reason}.")


VARIABLE = "CONTACTBENCH_THRESHOLDS"


def load_thresholds(expressions: Sequence[str], file: Path | None, environ: Mapping[str, str]) -> list[Threshold]:
    """Those of the options, the file and the environment, in this order. Raises UsageError for an invalid one."""
    named = environ.get(VARIABLE, "").replace(";", "\n").splitlines()
    given = [*expressions, *([] if file is None else _file_thresholds(file)), *(line for line in named if line.strip())]
    return [parse(text) for text in given]


def _file_thresholds(path: Path) -> list[str]:
    """The thresholds of the file. Raises UsageError if it has none: a run without thresholds always passes."""
    if found := list(_expressions(path)):
        return found
    raise UsageError("NO_THRESHOLDS", f"{path} holds no threshold; write one a line, such as mapped==leads.")


def _expressions(path: Path) -> Iterator[str]:
    """One per line, with `#` for comments; or a TOML list named `thresholds`."""
    try:
        content = settings_text(settings_bytes(path))
    except OSError as error:
        raise UsageError("BAD_THRESHOLDS", f"{path} cannot be read ({type(error).__name__}).") from None
    except ValueError as reason:
        raise UsageError("BAD_THRESHOLDS", f"{path} {reason}.") from None
    if path.suffix == ".toml":
        yield from _toml_expressions(path, content)
    else:
        yield from (text for line in content.splitlines() if (text := line.partition("#")[0].strip()))


def _toml_expressions(path: Path, content: str) -> list[str]:
    try:
        listed = tomllib.loads(content).get("thresholds")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError("BAD_THRESHOLDS", f"{path} is not TOML: {error}.") from None
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise UsageError("BAD_THRESHOLDS", f"{path} has no list of strings named `thresholds`.")
    return listed
