"""The thresholds that a command was given: by option, in a file, by the environment."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import UsageError
from ..files.settings_text import settings_text
from .expression import Threshold, parse

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
