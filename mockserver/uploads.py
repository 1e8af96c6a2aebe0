"""How files come in: the upload service's form, and addresses for one PUT each.

A form is parsed as it arrives: one file, kept on disk, and some short fields. Its `fileType` says what the file is
for; `readers` has a reader for each type.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from aiohttp import web

from mockserver.errors import BadRequest, NotFound, Unsupported
from mockserver.handling import PendingOperation, Response
from mockserver.http.body import arriving, read_json, refuse_encoded, too_large
from mockserver.http.multipart import FormPart, MalformedError, Parser, boundary_of
from mockserver.http.validation import division_problems, raise_first
from mockserver.ids import new_id
from mockserver.imports import Imports
from mockserver.imports.events import Events
from mockserver.imports.upload_request import ListUpload, address_request, timeout_in, upload_in_form, upload_in_json
from mockserver.jobs.signed_addresses import FileReader, PresignedUploads
from mockserver.model import Reference
from mockserver.state import Org
from mockserver.templates import ImportTemplates
from mockserver.templates.imports import TemplateImports

PARTS = 8
FIELD_BYTES = 64 * 1024


class UploadedForm(NamedTuple):
    fields: dict[str, str]
    file: Path


@asynccontextmanager
async def receive_form(request: web.Request, file: Path, limit: int) -> AsyncIterator[UploadedForm]:
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

    def take(self, found: FormPart | bytes) -> None:
        if isinstance(found, FormPart):
            self._begin(found)
        elif self._name == "file" and self._file:
            self._file.write(found)
        else:
            self._add(found)

    def upload(self) -> UploadedForm:
        """The whole form."""
        if self._file is None:
            raise MalformedError("The form must have a file part called file.")
        self._file.flush()
        try:
            return UploadedForm({name: value.decode() for name, value in self._fields.items()}, self._path)
        except UnicodeDecodeError:
            raise MalformedError("The fields must be UTF-8.") from None

    def discard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    def _begin(self, part: FormPart) -> None:
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


Fields = Mapping[str, str]


class UploadService:
    def __init__(
        self,
        org: Org,
        presigned: PresignedUploads,
        imports: Imports,
        template_imports: TemplateImports,
        templates: ImportTemplates,
        events: Events,
    ) -> None:
        self._org, self._presigned, self._events = org, presigned, events
        self._imports, self._template_imports, self._templates = imports, template_imports, templates
        # What reads a file of each type; it may refuse the fields.
        self.readers: dict[str, Callable[[Fields], FileReader]] = {"contactlist": self._of_contact_list}

    async def form(self, request: web.Request) -> PendingOperation:
        """POST /uploads/v2/contactlist, whatever the file is for."""
        spooled = self._org.spool / new_id(self._org.rng_for("spool"))
        async with receive_form(request, spooled, self._org.profile.limits.upload_bytes) as upload:
            file_type = upload.fields.get("fileType", "")
            if file_type not in self.readers:
                raise BadRequest(f"fileType must be one of {', '.join(self.readers)}.")
            return await self.readers[file_type](upload.fields)(upload.file)

    async def address(self, request: web.Request) -> PendingOperation:
        """POST /api/v2/outbound/contactlists/uploads: an address to put the file to."""
        wanted = address_request(await read_json(request, self._org.profile.limits.request_body_bytes))
        upload, origin = upload_in_json(wanted), f"{request.scheme}://{request.host}"

        def commit() -> Response:
            self._check_division(upload)
            self._check_exists(upload)
            return self._presigned.issue(
                origin,
                f"{self._org.id}/contactlists",
                upload.content_type,
                timeout_in(wanted.signed_url_timeout_seconds),
                partial(self._read_late, upload),
            )

        return PendingOperation(commit)

    def _of_contact_list(self, fields: Fields) -> FileReader:
        upload = upload_in_form(fields)
        self._check_division(upload)
        return partial(self._read_upload, upload)

    async def _read_upload(self, upload: ListUpload, path: Path) -> PendingOperation:
        target = self._template_imports if upload.template_id else self._imports
        return await target.read(upload, path)

    async def _read_late(self, upload: ListUpload, path: Path) -> PendingOperation:
        """As the form's, but the client is not told that the list is gone: an event says so."""
        try:
            prepared = await self._read_upload(upload, path)
        except NotFound:
            return PendingOperation(lambda: self._target_gone(upload))
        commit = partial(self._committed_late, upload, prepared)
        return PendingOperation(commit, contacts=prepared.contacts, list_id=prepared.list_id)

    def _committed_late(self, upload: ListUpload, prepared: PendingOperation) -> Response:
        try:
            return prepared.commit()
        except NotFound:
            return self._target_gone(upload)

    def _target_gone(self, upload: ListUpload) -> Response:
        self._events.import_refused(upload.list_id or upload.template_id, "IMPORT_LIST_NO_LONGER_EXISTS")
        return Response()

    def _check_division(self, upload: ListUpload) -> None:
        """Raise BadRequest if the lists that an import makes cannot be put there."""
        if upload.division_id:
            raise_first(division_problems(self._org, Reference(id=upload.division_id)))

    def _check_exists(self, upload: ListUpload) -> None:
        if upload.template_id:
            self._templates.require(upload.template_id)
        else:
            self._org.store.contact_list(upload.list_id)
