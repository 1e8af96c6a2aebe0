"""An uploaded form, taken apart as it arrives: one file, kept on the disk, and some short fields."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from aiohttp import web

from mockserver.errors import BadRequest, Unsupported
from mockserver.http.body import arriving, refuse_encoded, too_large
from mockserver.http.multipart import MalformedError, Parser, Part, boundary_of

PARTS = 8
FIELD_BYTES = 64 * 1024


class Upload(NamedTuple):
    fields: dict[str, str]
    file: Path


@asynccontextmanager
async def received(request: web.Request, file: Path, limit: int) -> AsyncIterator[Upload]:
    """The form in the body, in whatever order its parts come; `file` exists inside the context only.

    Raises TooLarge once more than `limit` bytes have come, BadRequest for a form that is not as it should be.
    """
    form = _Form(file)
    try:
        await _read(request, form, limit)
        yield form.upload()
    except MalformedError as error:
        raise BadRequest(str(error)) from error
    finally:
        form.discard()


async def _read(request: web.Request, form: "_Form", limit: int) -> None:
    refuse_encoded(request)
    if request.content_type != "multipart/form-data":
        raise Unsupported("An upload must be multipart/form-data.")
    if (request.content_length or 0) > limit:
        raise too_large(request.content_length or 0, limit)
    parser, size = Parser(boundary_of(request.headers["Content-Type"])), 0
    async for data in arriving(request):
        size += len(data)
        if size > limit:
            raise too_large(size, limit)
        for found in parser.feed(data):
            form.take(found)
    parser.close()


class _Form:
    """What has come so far. Only the part called `file` may be a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._fields: dict[str, bytes] = {}
        self._name = ""  # of the part whose content comes now

    def take(self, found: Part | bytes) -> None:
        if isinstance(found, Part):
            self._begin(found)
        elif self._name == "file" and self._file:
            self._file.write(found)
        else:
            self._add(found)

    def upload(self) -> Upload:
        """The whole form."""
        if self._file is None:
            raise MalformedError("The form must have a file part called file.")
        self._file.flush()
        try:
            return Upload({name: value.decode() for name, value in self._fields.items()}, self._path)
        except UnicodeDecodeError:
            raise MalformedError("The fields must be UTF-8.") from None

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    def _begin(self, part: Part) -> None:
        if part.name in self._fields or (part.name == "file" and self._file is not None):
            raise MalformedError("Each part may come once.")
        if part.is_file != (part.name == "file"):
            raise MalformedError("The part called file, and no other, must be a file.")
        if len(self._fields) + (self._file is not None) >= PARTS:
            raise MalformedError(f"There may be at most {PARTS} parts.")
        self._name = part.name
        if part.is_file:
            self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        else:
            self._fields[part.name] = b""

    def _add(self, content: bytes) -> None:
        self._fields[self._name] += content
        if len(self._fields[self._name]) > FIELD_BYTES:
            raise MalformedError(f"Parts other than the file may hold at most {FIELD_BYTES} bytes.")
