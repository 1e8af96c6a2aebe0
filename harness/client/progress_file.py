"""How many leads were mapped when, over all starts of a run: a line in a file of its folder whenever some were."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..api import BadResponse, import_progress
from ..files.atomic import private_opener
from ..flow import Call, Reply

FILE = "progress.csv"
HEADER = "at_s,mapped,in_doubt,adopted\n"


class ProgressLog:
    """`points`: seconds since the run began, leads so far. Goes on from what is in `file`, if one is given."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.points: list[tuple[float, int]] = [(0.0, 0)]
        self.in_doubt = 0
        self.resolved = 0  # leads whose contact was found by search after a lost answer
        self._imports: dict[str, Reply] = {}  # by list: what was heard last of the import into it
        self._rows: dict[str, int] = {}  # of its file
        for line in _lines(file):
            with suppress(ValueError):  # the header, or a line that a kill cut
                at, *counts = line.split(",")
                self._count(float(at), *map(int, counts))

    @property
    def mapped_leads(self) -> int:
        return self.points[-1][1]

    def record_event(self, at: float, event: Any) -> None:
        doubt = int(type(event).__name__ == "BatchInDoubt")
        self._note(at, getattr(event, "mapped_leads", 0), doubt, getattr(event, "adopted", 0))

    def record_reply(self, call: Call, reply: Reply) -> None:
        if call.op == "import.upload":
            self._rows[call.contact_list_id] = call.contacts
        elif call.op == "import.status" and reply.ok:
            self._imports[call.contact_list_id] = reply

    def imported_rows(self, sizes: Mapping[str, int]) -> int:
        """Rows that the jobs say they are done with. `sizes`: rows of lists that an earlier start has uploaded."""
        rows, done = {**sizes, **self._rows}, 0
        for list_id, reply in tuple(self._imports.items()):
            with suppress(BadResponse):
                done += rows.get(list_id, 0) * (import_progress(reply).percent or 0) // 100
        return done

    def catch_up(self, at: float, mapped: int) -> None:
        """So many leads are mapped, says the journal: a kill may have come before the line."""
        self._note(at, mapped - self.mapped_leads)

    def _note(self, at: float, mapped: int, in_doubt: int = 0, adopted: int = 0) -> None:
        if not (mapped or in_doubt or adopted):
            return
        self._count(at, mapped, in_doubt, adopted)
        if self._file is None:
            return
        with (
            suppress(OSError),  # a run does not end for want of its log
            open(self._file, "a", encoding="utf-8", opener=private_opener) as file,
        ):
            file.write(f"{'' if file.tell() else HEADER}{at:.6f},{mapped},{in_doubt},{adopted}\n")

    def _count(self, at: float, mapped: int, in_doubt: int, adopted: int) -> None:
        if mapped:
            self.points.append((at, self.mapped_leads + mapped))
        self.in_doubt += in_doubt
        self.resolved += adopted


def _lines(file: Path | None) -> list[str]:
    try:
        return [] if file is None else file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return []
