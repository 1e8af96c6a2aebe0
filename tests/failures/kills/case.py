"""One upload that is killed and started again, and the verdict on what came of it."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ... import oracle
from ...end_to_end.processes import Mock
from .processes import Child, Ended, ForkServer
from .sizes import WORKERS

HEADER = ("lead_id", "contact_id", "contact_list_id", "status")
QUIET_S = 0.2


@dataclass
class Case:
    """An upload of `leads` into a mock that holds nothing else."""

    fork_server: ForkServer
    mock: Mock
    folder: Path
    leads: Path
    strategy: str
    batch: int
    lists: int = 1
    kills: int = 0
    cpu_s: float = 0.0
    tuned: dict[str, Any] = field(default_factory=dict)  # settings

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def start(self, **how: Any) -> Child:
        """The command under way; `how` is that of `children.uploading`."""
        order = {
            "strategy": self.strategy,
            "leads": str(self.leads),
            "lead_id": "Lead ID",
            "phone": "Phone",
            "target": self.mock.url,
            "run_id": os.urandom(4).hex(),  # of a new run, as the command draws it
            "folder": str(self.run),
            "concurrency": WORKERS,
            "lists": self.lists,
        }
        settings = {
            "batch_size": self.batch,
            "in_flight_grace_s": QUIET_S,
            "consistency_wait_s": QUIET_S,
            "poll_initial_s": 0.05,
        }
        return self.fork_server.start("uploading", self.folder, order=order, settings={**settings, **self.tuned}, **how)

    def killed(self, child: Child) -> bool:
        """Kill it; whether that ended it. Returns when the org has done what the dead still asked of it.

        That is what the quiet period is for. On a busy machine no number of seconds would be sure, so it is seen to.
        """
        return self.saw(child.kill())

    def saw(self, ended: Ended) -> bool:
        """Whether the process was killed."""
        self.cpu_s += ended.cpu_s
        self.kills += ended.killed
        assert ended.code in (0, -9), ended.err
        for _ in range(2):  # a request may have arrived that nobody has looked at yet
            self.mock.come_to_rest()
        return ended.killed

    def finished(self, **how: Any) -> Ended:
        """The same command, to its end."""
        ended = self.start(**how).ended()
        self.cpu_s += ended.cpu_s
        return ended

    def amiss(self) -> list[str]:
        """What is wrong with the finished upload; nothing, if all is well."""
        contacts = list(self.mock.contacts())
        return [
            *oracle.complaints(contacts, self.run, self.leads),
            *self._other_mapping(contacts),
            *self._sent_too_often(),
            *self._left_behind(),
        ]

    def mapping(self) -> bytes:
        return (self.run / "mapping.csv").read_bytes()

    def sent_again(self) -> int:
        """Batches, or files, that were sent although every lead had been sent once."""
        if self.strategy.startswith("batch"):
            return self.mock.count("contacts.add") - -(-self.mock.get("/state")["contacts"] // self.batch)
        return self.mock.count("import.upload") - self.lists

    def _other_mapping(self, contacts: Iterable[oracle.Contact]) -> Iterator[str]:
        if self.mapping() != dictated(contacts, self.leads):
            yield "mapping.csv is not what the org dictates"

    def _sent_too_often(self) -> Iterator[str]:
        """A kill costs each worker one batch, or each list one upload."""
        workers = WORKERS if self.strategy.startswith("batch") else self.lists
        if self.sent_again() > workers * self.kills:
            yield f"{self.sent_again()} sent again after {self.kills} kills"

    def _left_behind(self) -> Iterator[str]:
        """Uploads, exports and drafts hold personal data: once a run is proved, nothing may be left of them."""
        for path in self.run.rglob("*"):
            if path.name.startswith((".", "leads-", "upload-", "export-")):
                yield f"{path.name} was left behind"
        if len(self.mock.get("/state")["lists"]) != self.lists:
            yield f"{len(self.mock.get('/state')['lists'])} lists"


def dictated(contacts: Iterable[oracle.Contact], leads: Path) -> bytes:
    """The mapping that follows from the org alone: each lead of the input, in order, with its contact in the store."""
    there = {data[oracle.LEAD_ID]: (contact_id, list_id) for contact_id, list_id, data in contacts}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row in oracle.table(leads):
        lead_id = row[oracle.LEAD_ID]
        writer.writerow((lead_id, *there.get(lead_id, ("", "")), "mapped"))
    return text.getvalue().encode()
