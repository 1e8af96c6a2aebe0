"""The operations of the API: one row says everything about one, and all else is derived from the rows.

operation       what a row says, and what many rows have in common
bodies          bases of the JSON bodies, how they are read, and bodies that many operations share
contacts, ...   a family each: its bodies as msgspec types, and its rows

Permissions: official CLI 166.0.0; those of uploads and of bulk operations on templates: assumptions.
"""

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, NamedTuple

from mockserver.operations.contacts import CONTACTS
from mockserver.operations.dnc import DNC
from mockserver.operations.documents import DOCUMENTS
from mockserver.operations.files import FILES
from mockserver.operations.lists import CONTACT_LISTS
from mockserver.operations.operation import Operation
from mockserver.operations.platform import PLATFORM
from mockserver.operations.templates import TEMPLATES

# A request takes the first that fits.
OPERATIONS: tuple[Operation, ...] = (*PLATFORM, *CONTACT_LISTS, *CONTACTS, *FILES, *TEMPLATES, *DNC, *DOCUMENTS)

OP_NAMES = frozenset(each.op for each in OPERATIONS)
PERMISSIONS = frozenset(name for each in OPERATIONS for name in each.permission.split())

if TYPE_CHECKING:
    OpName = str
else:  # what a client writes is held against the rows when it is read
    OpName = Literal[tuple(sorted(OP_NAMES))]

# Every operation of the official OutboundApi: one that the mock does not serve is told from an address nobody has.
# `official_outbound.txt` was written from SDK 269.0.0, outbound_api.py: method, path and name of each.


BASE = "/api/v2/outbound"
_INSTEAD = {
    "campaignrules": "campaigns that nothing turns on or off",
    "campaigns": "campaigns that are created, changed by PUT and deleted, with progress and stats; nothing dials",
    "conversations": "POST and PATCH of a DNC list's entries",
    "diagnostics": "stats of a campaign, in which nobody was called",
    "digitalrulesets": "rule sets",
    "filespecificationtemplates": "CSV files with a header, separated by commas",
    "messagingcampaigns": "a listing of messaging campaigns, which is empty",
    "schedules": "campaigns and sequences that nothing starts",
}


class OfficialOperation(NamedTuple):
    method: str
    path: str
    name: str  # in the Python SDK

    @property
    def instead(self) -> str:
        """What the mock has that comes closest."""
        return _INSTEAD.get(self.path.removeprefix(BASE).split("/")[1], "nothing like it")

    def is_at(self, path: str) -> bool:
        return re.fullmatch(re.sub(r"{\w+}", "[^/]+", self.path), path) is not None


@cache
def official_operations() -> tuple[OfficialOperation, ...]:
    """All of them, by path; read at the first use, so that a start does not wait for them."""
    lines = resources.files(__package__).joinpath("official_outbound.txt").read_text(encoding="utf-8").splitlines()
    return tuple(OfficialOperation(method, BASE + path, name) for method, path, name in map(str.split, lines))


def official_operation(method: str, path: str) -> OfficialOperation | None:
    """What the platform does there, if anything. Where a fixed word and an id both fit, it is the word."""
    here = [each for each in official_operations() if path.startswith(BASE) and each.is_at(path)]
    fewest = min((each.path.count("{") for each in here), default=0)
    return next((each for each in here if (each.method, each.path.count("{")) == (method, fewest)), None)
