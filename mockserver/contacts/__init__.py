"""Contacts: add, read, update, delete, read many, search."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from mockserver.contacts import selection
from mockserver.contacts.rows import ContactBatch, ContactForm, ParsedContact
from mockserver.contacts.writes import Options, set_attributes, write
from mockserver.errors import BadRequest, NotFound
from mockserver.handling import PendingOperation, Response
from mockserver.http import wire
from mockserver.http.body import malformed_body, parse_as, read_json, read_json_bytes
from mockserver.http.query import DEFAULT_SIZE, PageRequest, Query, flag, listing, several
from mockserver.http.query import page as page_request
from mockserver.http.wire import ContactWriter
from mockserver.model import ContactList
from mockserver.operations.contacts import ContactListingRequest
from mockserver.state import Org
from mockserver.state.contact_attributes import merge_json
from mockserver.storage import Row

_KEPT = 100  # forms and writers that are kept, some 8 kB each; more lists than are worked on at once


class Contacts:
    def __init__(self, org: Org) -> None:
        self._org = org
        self._forms: dict[str, ContactForm] = {}
        self._writers: dict[str, tuple[ContactList, ContactWriter]] = {}

    async def add(self, request: web.Request) -> PendingOperation:
        """Add contacts, or update those whose id is known; answer 200 with an array of them.

        `doNotQueue` is counted, for the control API to show: nothing is ever dialled here.
        """
        body = await self._body(request)
        contact_list = self._list(request)
        batch = self._form(contact_list).batch(body)
        options = _options(request.query)

        def commit(batch: ContactBatch) -> Response:
            return self._add(contact_list.id, batch, options)

        return PendingOperation(lambda: commit(batch), len(batch.rows), first=lambda count: commit(batch.first(count)))

    async def get(self, request: web.Request) -> PendingOperation:
        contact_id = request.match_info["contact_id"]
        return PendingOperation(lambda: self._get(self._list(request), contact_id), contacts=1)

    async def update(self, request: web.Request) -> PendingOperation:
        """Change one contact; answer 200 with it. Assumption: an id in the body has to be that of the path."""
        body = await self._body(request)
        contact_id, contact_list = request.match_info["contact_id"], self._list(request)
        contact = self._form(contact_list).contact(body)
        if contact.id not in (None, contact_id):
            raise malformed_body()
        return PendingOperation(lambda: self._update(contact_list.id, contact_id, contact), contacts=1)

    async def delete(self, request: web.Request) -> PendingOperation:
        """Answer 200 without a body."""
        contact_id = request.match_info["contact_id"]
        return PendingOperation(lambda: self._delete(self._list(request), contact_id), contacts=1)

    async def delete_many(self, request: web.Request) -> PendingOperation:
        """Answer 200 without a body; unknown ids are passed over (Assumption).

        Source: swagger of 2025-11-26; that of 2018 had 204.
        """
        ids, limit = several(request.query, "contactIds"), self._org.profile.limits.contacts_per_delete
        if not ids:
            raise BadRequest("There were no contacts specified in the request.", "no.contacts.specified")
        if len(ids) > limit:
            raise BadRequest(
                f"There were too many contacts in the request, the limit is {limit}", "too.many.contacts.added"
            )
        return PendingOperation(lambda: self._deleted_many(self._list(request), ids), contacts=len(ids))

    async def bulk(self, request: web.Request) -> PendingOperation:
        """Answer with the contacts that have these ids; unknown ids are passed over (Assumption)."""
        limits = self._org.profile.limits
        ids = parse_as(await read_json(request, limits.request_body_bytes), list[str])
        if len(ids) > limits.contacts_per_bulk_get:
            raise BadRequest(
                f"Only {limits.contacts_per_bulk_get} contacts can be retrieved at a time.",
                "too.many.contacts.requested",
            )
        return PendingOperation(lambda: self._many(self._list(request), ids), contacts=len(ids))

    async def search(self, request: web.Request) -> PendingOperation:
        """Answer with one page of the contacts that match."""
        limits = self._org.profile.limits
        sent = await read_json(request, limits.request_body_bytes, optional=True)
        wanted = parse_as({} if sent is None else sent, ContactListingRequest)
        if wanted.contact_list_filter_id is not None and wanted.criteria is not None:
            raise BadRequest("Expected contactListFilterId or criteria; there are both.")  # Assumption
        size = DEFAULT_SIZE if wanted.page_size is None else wanted.page_size
        page = page_request(1 if wanted.page_number is None else wanted.page_number, size, self._org.profile)
        if limits.search_depth and page.offset + page.size > limits.search_depth:
            raise BadRequest(f"Pages of a search reach as far as contact {limits.search_depth}.")
        return PendingOperation(lambda: self._search(self._list(request), wanted, page), contacts=page.size)

    async def _body(self, request: web.Request) -> bytes:
        return await read_json_bytes(request, self._org.profile.limits.request_body_bytes)

    def _list(self, request: web.Request) -> ContactList:
        return self._org.store.contact_list(request.match_info["contact_list_id"])

    def _form(self, contact_list: ContactList) -> ContactForm:
        form = self._forms.get(contact_list.id)
        if form is None or not form.fits(contact_list, self._org.profile):
            _evict(self._forms)
            form = self._forms[contact_list.id] = ContactForm(contact_list, self._org.profile)
        return form

    def _writer(self, contact_list: ContactList) -> ContactWriter:
        of, writer = self._writers.get(contact_list.id, (None, None))
        if of is not contact_list or writer is None:
            _evict(self._writers)
            writer = ContactWriter(contact_list)
            self._writers[contact_list.id] = contact_list, writer
        return writer

    def _add(self, list_id: str, batch: ContactBatch, options: Options) -> Response:
        written = write(self._org, list_id, batch, options)
        writer = self._writer(self._org.store.contact_list(list_id))
        return Response(body=writer.array(written.ids, written.rows, written.attributes, written.created))

    def _get(self, contact_list: ContactList, contact_id: str) -> Response:
        answer = self._one(contact_list, contact_id)
        if not selection.readable(self._org, contact_list.id, [contact_id]):
            raise _no_contact()
        return answer

    def _one(self, contact_list: ContactList, contact_id: str) -> Response:
        row = self._org.store.existing(contact_list.id, [contact_id]).get(contact_id)
        if row is None:
            raise _no_contact()
        return Response(body=self._contacts_json(contact_list, [contact_id], [row])[0])

    def _update(self, list_id: str, contact_id: str, contact: ParsedContact) -> Response:
        store = self._org.store
        old = store.existing(list_id, [contact_id]).get(contact_id)
        if old is None:
            raise BadRequest("The contact does not exist.", "contact.does.not.exist")
        replace = self._org.profile.semantics.update == "replace"
        store.put_contacts(list_id, [contact_id], [contact.row if replace else merge_json(old, contact.row)])
        given = {} if contact.attributes is None else {contact_id: contact.attributes}
        set_attributes(self._org, list_id, [contact_id], given, (lambda _: b"{}") if replace else None)
        return self._one(store.contact_list(list_id), contact_id)

    def _delete(self, contact_list: ContactList, contact_id: str) -> Response:
        if not self._org.store.delete_contacts(contact_list.id, [contact_id]):
            raise _no_contact()
        return Response()

    def _deleted_many(self, contact_list: ContactList, ids: Sequence[str]) -> Response:
        self._org.store.delete_contacts(contact_list.id, ids)
        return Response()

    def _many(self, contact_list: ContactList, ids: Sequence[str]) -> Response:
        existing = list(self._org.store.existing(contact_list.id, ids))
        contacts = self.contacts_json(contact_list, selection.readable(self._org, contact_list.id, existing))
        return Response(body=b"[" + b",".join(contacts) + b"]")

    def _search(self, contact_list: ContactList, wanted: ContactListingRequest, page: PageRequest) -> Response:
        store, now, horizon = self._org.store, self._org.clock.now(), selection.search_horizon(self._org)
        if wanted.contact_list_filter_id is not None:
            criteria = selection.criteria_of(store, wanted.contact_list_filter_id)
            wanted = msgspec.structs.replace(wanted, criteria=criteria)
        ids, rows, total, created = selection.search_page(store, contact_list, wanted, page, now, horizon)
        entities = [msgspec.Raw(contact) for contact in self._contacts_json(contact_list, ids, rows, created)]
        path = f"{wire.contact_list_uri(contact_list.id)}/contacts/search"
        return Response(
            body=listing(path, page, total, entities, contactsCount=selection.size(self._org, contact_list.id))
        )

    def contacts_json(self, contact_list: ContactList, ids: Sequence[str]) -> list[bytes]:
        """These contacts, which have to exist, as JSON."""
        rows = self._org.store.existing(contact_list.id, ids)
        return self._contacts_json(contact_list, ids, [rows[id_] for id_ in ids])

    def _contacts_json(
        self, contact_list: ContactList, ids: Sequence[str], rows: Sequence[Row], created: Sequence[float] | None = None
    ) -> list[bytes]:
        """The contacts as JSON, with what was ever set on them."""
        if created is None:
            created = self._org.store.created_at(contact_list.id, ids)
        stored = ((id_, self._org.store.attributes(contact_list.id, id_)) for id_ in ids)
        attributes = {id_: value for id_, value in stored if value is not None}
        return self._writer(contact_list).each(ids, rows, attributes, created)


def _options(query: Query) -> Options:
    return Options(
        priority=flag(query, "priority") if "priority" in query else None,
        clear_system_data=flag(query, "clearSystemData"),
        do_not_queue=flag(query, "doNotQueue"),
    )


def _no_contact() -> NotFound:
    return NotFound("The resource could not be found.", "resource.not.found")


def _evict(kept: dict[str, ContactForm] | dict[str, tuple[ContactList, ContactWriter]]) -> None:
    if len(kept) >= _KEPT:
        kept.clear()
