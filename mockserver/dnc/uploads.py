"""Addresses for files that hold entries of DNC lists."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import web

from mockserver.dnc.jobs import DncImports
from mockserver.errors import ApiError
from mockserver.handling import PendingOperation, Response
from mockserver.http.body import parse_as, read_json
from mockserver.imports.upload_request import check_content_type, timeout_in
from mockserver.jobs.presigned_uploads import FileReader, PresignedUploads
from mockserver.operations.dnc import DncListUploadUrlRequest
from mockserver.state.org import Org


class DncUploads:
    def __init__(self, org: Org, imports: DncImports, presigned: PresignedUploads) -> None:
        self._org, self._imports, self._presigned = org, imports, presigned

    async def address(self, request: web.Request) -> PendingOperation:
        """POST /api/v2/outbound/dnclists/uploads: an address to put the file to."""
        sent = await read_json(request, self._org.profile.limits.request_body_bytes)
        spec = parse_as(sent, DncListUploadUrlRequest)
        check_content_type(spec.content_type)
        origin, timeout_s = f"{request.scheme}://{request.host}", timeout_in(spec.signed_url_timeout_seconds)

        def commit() -> Response:
            fields = _fields(spec)
            self._imports.list_for(fields)
            folder = f"{self._org.id}/dnclists"
            return self._presigned.issue(
                origin, folder, spec.content_type, timeout_s, lambda file: self._read_late(fields, file)
            )

        return PendingOperation(commit)

    def reader_for(self, fields: Mapping[str, str]) -> FileReader:
        """What reads a file that comes in a form with these fields. Raises ApiError if it cannot be for a list."""
        self._imports.list_for(fields)
        return partial(self._imports.read, fields)

    async def _read_late(self, fields: Mapping[str, str], file: Path) -> PendingOperation:
        """As the form's, but the client is not told that the list is gone."""
        try:
            prepared = await self._imports.read(fields, file)
        except ApiError:
            return PendingOperation(Response)
        return PendingOperation(lambda: _quietly(prepared))


def _quietly(prepared: PendingOperation) -> Response:
    try:
        return prepared.commit()
    except ApiError:
        return Response()


def _fields(sent: DncListUploadUrlRequest) -> dict[str, str]:
    """As a form would have them."""
    return {name: value for name, value in msgspec.to_builtins(sent).items() if isinstance(value, str)}
