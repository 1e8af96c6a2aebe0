"""The operations of the API: one row says everything about one, and all else is derived from the rows.

operation       what a row says, and what many rows have in common
bodies          bases of the JSON bodies, and bodies that many operations share
reading         a JSON value as the type of a body, as the platform reads it
contacts, ...   a family each: its bodies as msgspec types, and its rows

Permissions: official CLI 166.0.0; those of uploads and of bulk operations on templates: assumptions.
"""

from typing import TYPE_CHECKING, Literal

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
