"""The lists, leads and timed calls that the experiments of a calibration share, and the POSTs that say most for the
contacts that may be spent.

The goal is the time of `FULL` contacts at once. The error of a request is a factor, so small requests say as much about
the model as large ones while their contacts, not the base, make up their time: the size whose contacts take as long as
its base says most per contact. Some contacts go into full batches all the same, to test the assumption that the time is
proportional to the number of contacts.
"""

import csv
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ... import api
from ...api import Batch
from ...domain import LeadColumns, LeadId, Leads
from ...errors import SafetyStop
from ...flow import Flow, Reply
from ...leads.synthetic import COLUMNS, SyntheticLeads
from ...status import status
from .. import Lab
from .observations import Observations, RecordingDriver

FULL = 1000
LEAST = 10
SHARE_OF_SINGLE = 0.75  # of the requests: jitter and tail are the same for all sizes
SHARE_OF_FULL = 0.2  # of the contacts, where smaller requests tell much more per contact
NEARLY_FULL = 500  # from this size on full batches tell nearly as much per contact: they get all


@dataclass(frozen=True, slots=True)
class Post:
    contacts: int
    wide: bool = False


def pilot_posts() -> list[Post]:
    """One after the other: what a contact costs, roughly, what its bytes cost, and what a quiet org is like."""
    full, hundreds = [Post(FULL)] * 2, [Post(100)] * 6
    return [Post(1)] * 60 + hundreds + [Post(100, wide=True)] * 3 + full


def concurrent_posts(
    base_s: float, per_contact_s: float, contacts: int, requests: int, rng: random.Random
) -> list[Post]:
    """At once: the sizes that tell most, full batches, and single contacts for jitter and tail; small ones first."""
    best = telling_size(base_s, per_contact_s)
    single = min(round(requests * SHARE_OF_SINGLE), contacts // 10)
    rest, free = contacts - single, requests - single
    full = rest // FULL if best >= NEARLY_FULL else round(rest * SHARE_OF_FULL / FULL)
    full = min(full, free)
    some = min((rest - full * FULL) // best, free - full) if best < NEARLY_FULL else 0
    spare = rest - full * FULL - some * best
    full_instead = min(some, spare // (FULL - best)) if some else 0  # where there are more contacts than requests
    large = [Post(FULL)] * (full + full_instead) + [Post(best)] * (some - full_instead)
    beginning, posts = [Post(1)] * min(single, 16), large + [Post(1)] * max(0, single - 16)
    rng.shuffle(posts)
    return beginning + posts


def telling_size(base_s: float, per_contact_s: float) -> int:
    """Of requests with so many contacts each, the contacts at hand say most about what a contact costs.

    With n contacts a request, B of them in all and an error of a factor, the variance of the slope is proportional to
    (base + slope * n)^2 / (B * n), which is least at n = base / slope.
    """
    if per_contact_s <= 0:
        return FULL
    return int(min(FULL, max(LEAST, base_s / per_contact_s)))


def remaining_posts(planned: Sequence[Post], done: Sequence[Post]) -> list[Post]:
    """What an earlier process did not come to."""
    counts = {post: done.count(post) for post in set(done)}
    remaining = []
    for post in planned:
        if counts.get(post, 0):
            counts[post] -= 1
        else:
            remaining.append(post)
    return remaining


NOTES = 38  # columns of a wide list beside those of a lead. Source: a list may have 50, help.mypurecloud.com csv-files
WIDE = LeadColumns(names=(*COLUMNS.names, *(f"Note {n}" for n in range(NOTES))), lead_id="Lead ID", phone="Phone")
POSTED_NOTE = "n" * 40
UPLOADS = 10  # lists whose imports are not awaited


@dataclass(slots=True)
class CalibrationRun:
    """What the parts of the experiment share. Leads are invented."""

    lab: Lab
    driver: RecordingDriver
    observations: Observations
    rng: random.Random
    per_minute: int | None
    max_requests: int
    max_contacts: int
    tell: Callable[[str], None]
    normal: str = ""  # ids of lists
    wide: str = ""
    others: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)  # contacts in each, by our account
    _next_lead: int = 0
    _invented: Leads | None = None

    @property
    def folder(self) -> Path:
        return self.lab.resources.path.parent

    @property
    def requests_left(self) -> int:
        return self.max_requests - len(self.observations.seen)

    @property
    def contacts_left(self) -> int:
        return self.max_contacts - self.observations.contacts

    def lists(self) -> Flow[None]:
        self.normal = yield from self.lab.contact_list(COLUMNS, "normal")
        self.wide = yield from self.lab.contact_list(WIDE, "wide")
        for _ in range(UPLOADS):
            self.others.append((yield from self.lab.contact_list(WIDE, "upload")))
        self.sizes = {self.normal: 0, self.wide: 0}

    def post(self, one: Post) -> Flow[None]:
        """A POST whose answer is only timed: if it is lost, it is lost. It is left out where refusals, which are sent
        again, have used up what it would need."""
        if not self.driver.fits_caps(one.contacts):
            return
        leads, list_id = self._leads(one.contacts), self.wide if one.wide else self.normal
        columns, note = (WIDE, (POSTED_NOTE,) * NOTES) if one.wide else (COLUMNS, ())
        rows = zip(leads.ids, leads.rows, strict=True)
        contacts = [api.contact(id_, (*row, *note), columns, list_id, own_id=False) for id_, row in rows]
        batch = Batch(
            positions=range(leads.first, leads.first + one.contacts),
            shard=0,
            contact_list_id=list_id,
            lead_ids=[LeadId(each) for each in leads.ids],
            contacts=contacts,
        )
        reply: Reply = yield api.add_contacts(batch, idempotent=False)
        self.sizes[list_id] += one.contacts if reply.ok else 0

    def lead_file(self, rows: int) -> Path:
        """A CSV file of new leads."""
        return self._file(COLUMNS, self._leads(rows).rows)

    def wide_file(self, rows: int, note_chars: int) -> Path:
        """The same for a wide list. Of a row whose notes are longer than a value may be no contact comes."""
        notes = ("n" * note_chars,) * NOTES
        return self._file(WIDE, [(*row, *notes) for row in self._leads(rows).rows])

    def _file(self, columns: LeadColumns, rows: Iterable[Sequence[str]]) -> Path:
        path = self.folder / "import.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns.names, *rows])
        return path

    def require(self, requests: int, contacts: int = 0) -> None:
        """Raises SafetyStop where a part of the experiment would not fit what is left."""
        if requests > self.requests_left or contacts > self.contacts_left:
            raise SafetyStop(
                "RUN_CAP",
                f"{self.driver.phase}: {requests} requests and {contacts:,} contacts are needed, {self.requests_left:,}"
                f" and {self.contacts_left:,} are left; what it would show is not measured. Raise --max-requests or"
                " --max-contacts, then the same command goes on.",
            )

    def run_phase(self, name: str) -> bool:
        """Whether this part is still to be done; from now on requests are noted as its own."""
        self.driver.phase = name
        status().begin(name)
        if name in self.observations.ended:
            return False
        self.tell(f"{name}: {self.requests_left:,} requests and {self.contacts_left:,} contacts are left")
        return True

    def _leads(self, count: int) -> Leads:
        """The next leads; from the first on again once all have been used, in whichever list."""
        if self._invented is None:
            self._invented = next(SyntheticLeads(self.max_contacts, 1).batches(self.max_contacts))
        first = self._next_lead if self._next_lead + count <= len(self._invented) else 0
        self._next_lead, part = first + count, slice(first, first + count)
        return Leads(first=first, ids=self._invented.ids[part], rows=self._invented.rows[part])


def posts_noted(observations: Observations, phase: str) -> Sequence[Post]:
    """The POSTs of a part that were answered already."""
    of_phase = [one for one in observations.seen if one.phase == phase and one.op == "contacts.add"]
    return [Post(one.contacts, wide=one.kib > one.contacts * 1.0) for one in of_phase]
