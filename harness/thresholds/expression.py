"""The language of thresholds, `[strategy:] metric operator value[unit]`, and where a command gets them from: options,
a file, the environment.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import UsageError
from ..files.regular_file import settings_text

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

# Metrics of the whole run, and what they may be held against.
COUNTS = ("leads", "mapped", "rejected", "requests", "retries", "in_doubt", "duplicates", "lost", "orphaned", "wrong")
SPANS = ("duration", "upload", "mapping", "verification", "first_mapping", "throttled", "outage")
PLAIN: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(COUNTS, COUNTED),
    **dict.fromkeys(SPANS, ("time",)),
    "rate": ("rate",),
}
# Metrics of an operation, a status or a code, which stands in brackets.
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
# What uploads may send; a run that sent none of one has a count of 0, where a name that is not here is a mistake.
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
    service: bool = False  # times from the sending, instead of from the planned moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """`value` is in seconds, a share of 1, a second's rate, or a plain number, as `unit` says."""

    text: str
    strategy: str = ""  # of which alone it speaks
    metric: Metric
    operator: str
    value: float = 0.0
    unit: str = ""
    other: str = ""  # a count of the run to be held against, in place of `value`

    @property
    def kind(self) -> Kind:
        return UNITS[self.unit][0]


def parse(text: str) -> Threshold:
    """The threshold that `text` says. Raises UsageError, with what there is to choose from."""
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


def _percent(text: str, told: str) -> float:
    try:
        percentile = float(told)
    except ValueError:
        percentile = -1.0
    if not 0 <= percentile <= 100:
        raise _bad(text, "asks for a percentile that is not between 0 and 100")
    return percentile


def _require_sense(threshold: Threshold) -> None:
    """Raises UsageError for seconds held against a percentage, and the like."""
    metric = threshold.metric
    kinds = (OF if metric.of else PLAIN)[metric.name]
    if threshold.other:
        if threshold.other not in COUNTS or "number" not in kinds:
            raise _bad(threshold.text, f"can be held only against a number, or a count by one of {' '.join(COUNTS)}")
    elif threshold.kind not in kinds:
        units = " ".join(unit or "(none)" for unit, (kind, _) in UNITS.items() if kind in kinds)
        raise _bad(threshold.text, f"needs another unit: {units}")


def _bad(text: str, trouble: str) -> UsageError:
    return UsageError("BAD_THRESHOLD", f"{text.strip()!r} {trouble}.")


VARIABLE = "CONTACTBENCH_THRESHOLDS"


def load_thresholds(expressions: Sequence[str], file: Path | None, environ: Mapping[str, str]) -> list[Threshold]:
    """All of them, in that order. Raises UsageError for the first that makes no sense: before anything is sent."""
    named = environ.get(VARIABLE, "").replace(";", "\n").splitlines()
    told = [*expressions, *([] if file is None else _some_in(file)), *(line for line in named if line.strip())]
    return [parse(text) for text in told]


def _some_in(path: Path) -> list[str]:
    """Those of the file. Raises UsageError for one without any: a run that is held against nothing always passes."""
    if found := list(_in_file(path)):
        return found
    raise UsageError("NO_THRESHOLDS", f"{path} holds no threshold; write one a line, such as mapped==leads.")


def _in_file(path: Path) -> Iterator[str]:
    """A threshold a line, `#` begins a comment; or TOML with a list named `thresholds`."""
    try:
        content = settings_text(path.read_bytes())
    except OSError as error:
        raise UsageError("BAD_THRESHOLDS", f"{path} cannot be read ({type(error).__name__}).") from None
    except ValueError as reason:
        raise UsageError("BAD_THRESHOLDS", f"{path} {reason}.") from None
    if path.suffix == ".toml":
        yield from _in_toml(path, content)
    else:
        yield from (text for line in content.splitlines() if (text := line.partition("#")[0].strip()))


def _in_toml(path: Path, content: str) -> list[str]:
    try:
        listed = tomllib.loads(content).get("thresholds")
    except tomllib.TOMLDecodeError as error:
        raise UsageError("BAD_THRESHOLDS", f"{path} is no TOML: {error}.") from None
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise UsageError("BAD_THRESHOLDS", f"{path} has no list of strings named `thresholds`.")
    return listed
