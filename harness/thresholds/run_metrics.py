"""The thresholds that a command was given: by option, in a file, by the environment."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..files.settings_text import settings_text
from .expression import Threshold, parse

VARIABLE = "CONTACTBENCH_THRESHOLDS"


def gathered(expressions: Sequence[str], file: Path | None, environ: Mapping[str, str]) -> list[Threshold]:
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


# What is known of one strategy's run when its thresholds are judged: values, read from nowhere.


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """A row a request. `failed` leaves out what is part of a good run: a refusal (429, 401) after which the same
    request was answered, and an export that was not ready yet."""

    op: NDArray[np.str_]
    planned_s: NDArray[np.float64]  # from the planned moment to the end
    service_s: NDArray[np.float64]  # from the sending to the end
    status: NDArray[np.int64]
    error: NDArray[np.str_]  # why no answer came, or the platform's code of a refusal
    failed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.op)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One strategy. `numbers` has the metrics of the whole run in seconds, counts and shares of a second."""

    strategy: str
    proved: bool
    numbers: Mapping[str, float | None]
    requests: Requests
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)
