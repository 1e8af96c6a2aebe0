"""Exports of DNC lists: asked for, polled, downloaded as those of contact lists are.

The file: column 0 holds the entry, column 2 its expiration (Terraform provider 1.84.1, dnclist proxy). Assumptions: the
names of the columns, the kind of the entry in column 1, byte order mark and quotes as in exports of contact lists.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from aiohttp import web

from mockserver.dnc.book import DncBook
from mockserver.dnc.imports import DncImports
from mockserver.dnc.model import EntryKind, uri
from mockserver.dnc.rules import check_internal, minute_text
from mockserver.handling import PendingOperation, Response
from mockserver.jobs.downloads import Downloads
from mockserver.jobs.exports import ListExport, ListExports
from mockserver.state.org import Org

HEADER = b'\xef\xbb\xbf"entry","type","expirationDateTime"\n'
_CHUNK_ROWS = 5_000

Entries = Mapping[EntryKind, Mapping[str, int]]


class DncExports(ListExports[Entries]):
    id_name = "dnc_list_id"
    list_name = "the dnc list"

    def __init__(self, org: Org, downloads: Downloads, book: DncBook, imports: DncImports) -> None:
        super().__init__(org, downloads)
        self._book, self._imports = book, imports

    async def create(self, request: web.Request) -> PendingOperation:
        """POST .../export. The body is not looked at: SDKs send `null` or nothing."""
        list_id = request.match_info[self.id_name]
        return PendingOperation(lambda: self._create(list_id))

    def _create(self, list_id: str) -> Response:
        check_internal(self._book.dnc_list(list_id))
        self._imports.advance_to_now()
        entries = self._book.entries(list_id)
        return self._start(list_id, uri(list_id), entries.snapshot(), len(entries))

    def _check_exists(self, list_id: str) -> None:
        self._book.dnc_list(list_id)

    def _lines(self, export: ListExport[Entries]) -> Iterator[bytes]:
        entries, export.content = export.content, {}
        return lines(entries)


def lines(entries: Entries) -> Iterator[bytes]:
    """The file's content, some 5,000 entries at a time."""
    yield HEADER
    for kind, of_kind in entries.items():
        rows = (f'"{_escape(value)}","{kind}","{minute_text(minute)}"\n' for value, minute in of_kind.items())
        while chunk := "".join(islice(rows, _CHUNK_ROWS)):
            yield chunk.encode()


def _escape(value: str) -> str:
    return value.replace('"', '""')
