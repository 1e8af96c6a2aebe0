"""What else a calibration would have allowed, beside the profile it wrote: `estimate` makes its interval of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...errors import UsageError

Replicate = Mapping[str, float]


class _Replicates(msgspec.Struct):
    names: list[str]
    values: list[list[float]]


class _Document(msgspec.Struct):
    settings: dict[str, Any]
    replicates: _Replicates


def beside(profile: Path) -> Path:
    """Where the calibration of a profile is kept: found.toml -> found.calibration.json."""
    return profile.with_suffix(".calibration.json")


def table(replicates: Sequence[Replicate]) -> dict[str, Any]:
    """The replicates as names and rows of values."""
    names = sorted({name for one in replicates for name in one})
    return {"names": names, "values": [[one[name] for name in names] for one in replicates]}


def of_profile(profile: str, in_force: Mapping[str, Any]) -> list[Replicate]:
    """The replicates of the profile in that file; none if it was not calibrated, or was altered since.

    Raises UsageError for a file that is none.
    """
    path = beside(Path(profile))
    if not profile.endswith(".toml") or not path.exists():
        return []
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except msgspec.MsgspecError as error:
        raise UsageError("BAD_CALIBRATION", f"{path}: {error}; calibrate again, or remove it.") from None
    if any(in_force.get(name) != value for name, value in document.settings.items()):
        return []
    names = document.replicates.names
    return [dict(zip(names, values, strict=True)) for values in document.replicates.values]
