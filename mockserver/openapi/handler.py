"""GET /openapi.json. The document is made at the first request: a start of the mock does not wait for it."""

from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web

from mockserver.handling import ApiOperation, PendingOperation, Response
from mockserver.http.responses import mock_version


class OpenApi:
    def __init__(self, table: Callable[[], Sequence[ApiOperation]], *, strict: bool = False) -> None:
        self._table = table
        self._strict = strict
        self._made = b""

    async def document(self, request: web.Request) -> PendingOperation:
        """Answer with the same bytes each time."""
        del request
        return PendingOperation(lambda: Response(body=self._bytes()))

    def _bytes(self) -> bytes:
        if not self._made:
            from .document import document

            self._made = msgspec.json.encode(document(self._table(), mock_version(), strict=self._strict))
        return self._made
