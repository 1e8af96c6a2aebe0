"""What an experiment has made in an org: noted before it is made, so that it can be removed whatever happens to us.

One JSON object a line, appended and synced; a line that was cut by a crash names nothing that had been asked for yet.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..errors import LocalResource, StateError
from ..files.atomic import own_folder, private_opener

Kind = Literal["contact_list", "dnc_list"]
FILE = "belongings.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedResource:
    """Something of ours in the org. Without an id it may or may not have been made, and is looked for by its name."""

    kind: Kind
    name: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Creating:
    """Intent: from now on it may be there, whatever is heard of it."""

    thing: CreatedResource


@dataclass(frozen=True, slots=True)
class Created:
    thing: CreatedResource


@dataclass(frozen=True, slots=True)
class Removed:
    thing: CreatedResource


EVENTS: dict[type, str] = {Creating: "Making", Created: "Made", Removed: "Removed"}  # as the file names them


class ResourceLog:
    """The file of one run folder. `save` takes Creating, Created and Removed, as flows yield them."""

    def __init__(self, folder: Path, host: str, run_id: str, org: str = "") -> None:
        own_folder(folder)
        self.path = folder / FILE
        known = read(self.path) if _repair(self.path) else None
        if known is not None and (known.host, known.org.lower()) != (host, org.lower()):
            raise StateError(
                "STATE_MISMATCH",
                f"{folder} belongs to {known.org} {known.host}, not {org} {host}; name another run folder.",
            )
        self.run_id = known.run_id if known is not None else run_id
        if known is None:
            self._append({"host": host, "run_id": run_id, "org": org})

    def save(self, event: Any) -> None:
        """Durable when this returns."""
        if type(event) in EVENTS:
            self._append({"event": EVENTS[type(event)], "thing": event.thing})

    def _append(self, line: Any) -> None:
        try:
            handle = private_opener(str(self.path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                os.write(handle, msgspec.json.encode(line) + b"\n")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise LocalResource("DISK_FULL", f"{self.path}: {error.strerror}; free space and run again.") from None


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """What the file says: the org, the run, and what of it may still be there."""

    host: str
    run_id: str
    left: list[CreatedResource]
    org: str = ""  # of a real one, its id


def read(path: Path) -> ResourceRecord:
    """Raises StateError for a file that is none."""
    left: dict[tuple[str, str], CreatedResource] = {}
    try:
        first, *lines = map(msgspec.json.decode, _whole(path.read_bytes()).splitlines())
        for line in lines:
            thing = msgspec.convert(line["thing"], CreatedResource)
            if line["event"] == "Removed":
                left.pop((thing.kind, thing.name), None)
            else:
                left[thing.kind, thing.name] = thing
        return ResourceRecord(first["host"], first["run_id"], list(left.values()), first.get("org", ""))
    except (OSError, ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise StateError("STATE_CORRUPT", f"{path}: {type(error).__name__}; it does not say what was made.") from None


def _whole(content: bytes) -> bytes:
    """Without a last line that was cut."""
    return content[: content.rfind(b"\n") + 1]


def _repair(path: Path) -> bool:
    """Whether the file says anything, once a cut line is off it."""
    if not path.exists():
        return False
    content = path.read_bytes()
    os.truncate(path, len(_whole(content)))
    return bool(_whole(content))
