"""How files come in: the upload service's form, and addresses for one PUT each.

A form says with `fileType` what the file is for. Whoever takes files of another kind adds a reader to `takes`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from aiohttp import web

from mockserver.errors import BadRequest, NotFound
from mockserver.handling import Answer, Prepared
from mockserver.http.body import read_json
from mockserver.ids import new_id
from mockserver.imports.events import Events
from mockserver.imports.handlers import Imports
from mockserver.imports.presigned import PresignedUploads, Take
from mockserver.imports.uploads import received
from mockserver.lists.uploads import ListUpload, spec_in_json, timeout_in, upload_in_form
from mockserver.org import Org
from mockserver.templates.import_templates import ImportTemplates
from mockserver.templates.imports import TemplateImports

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
        self.takes: dict[str, Callable[[Fields], Take]] = {"contactlist": self._of_contact_list}

    async def form(self, request: web.Request) -> Prepared:
        """POST /uploads/v2/contactlist, whatever the file is for."""
        spooled = self._org.spool / new_id(self._org.rng_for("spool"))
        async with received(request, spooled, self._org.profile.limits.upload_bytes) as upload:
            file_type = upload.fields.get("fileType", "")
            if file_type not in self.takes:
                raise BadRequest(f"fileType must be one of {', '.join(self.takes)}.")
            return await self.takes[file_type](upload.fields)(upload.file)

    async def address(self, request: web.Request) -> Prepared:
        """POST /api/v2/outbound/contactlists/uploads: an address to put the file to."""
        spec = spec_in_json(await read_json(request, self._org.profile.limits.request_body_bytes))
        upload, origin = spec.upload(), f"{request.scheme}://{request.host}"

        def commit() -> Answer:
            self._check_exists(upload)
            return self._presigned.issue(
                origin,
                f"{self._org.id}/contactlists",
                upload.content_type,
                timeout_in(spec.signed_url_timeout_seconds),
                partial(self._take_late, upload),
            )

        return Prepared(commit)

    def _of_contact_list(self, fields: Fields) -> Take:
        return partial(self._take, upload_in_form(fields))

    async def _take(self, upload: ListUpload, path: Path) -> Prepared:
        takers = self._template_imports if upload.template_id else self._imports
        return await takers.take(upload, path)

    async def _take_late(self, upload: ListUpload, path: Path) -> Prepared:
        """As the form's, but whoever put the file there is not told that the list is gone: an event says so."""
        try:
            prepared = await self._take(upload, path)
        except NotFound:
            return Prepared(lambda: self._target_gone(upload))
        commit = partial(self._committed_late, upload, prepared)
        return Prepared(commit, contacts=prepared.contacts, list_id=prepared.list_id)

    def _committed_late(self, upload: ListUpload, prepared: Prepared) -> Answer:
        try:
            return prepared.commit()
        except NotFound:
            return self._target_gone(upload)

    def _target_gone(self, upload: ListUpload) -> Answer:
        self._events.import_refused(upload.list_id or upload.template_id, "IMPORT_LIST_NO_LONGER_EXISTS")
        return Answer()

    def _check_exists(self, upload: ListUpload) -> None:
        if upload.template_id:
            self._templates.known(upload.template_id)
        else:
            self._org.store.contact_list(upload.list_id)
