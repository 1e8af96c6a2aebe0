"""Each endpoint as two pure functions: build the call, read the reply. The only camelCase of the harness.

Readers raise `BadResponse` for a 2xx whose body does not hold what it claims, and `Refusal` for a plain no.
Source of paths and shapes: official Python SDK 269.0.0, apis/outbound_api.py.
"""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import GenericAlias
from typing import Any

import msgspec

from .domain import ContactId, LeadColumns, LeadId
from .flow import Call, FilePart, Reply

LISTS = "/api/v2/outbound/contactlists"
DNC_LISTS = "/api/v2/outbound/dnclists"
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
SEARCH_PAGE = 100  # Source: SDK 269.0.0 models/contact_listing_request.py, the most a page returns
BULK_GET = 50  # Source: official swagger of 2018-03-21, too.many.contacts.requested
LONGEST_ID = 512  # Assumption: ids have at most 100 characters, and no value of a list has more than 512
TRANSFER_TIMEOUT_S = 3600.0

encode = msgspec.json.encode


class BadResponse(Exception):
    """A 2xx that proves nothing: what was sent may or may not be there."""


class Refusal(Exception):
    """The server answered, and the answer was no. Holds the platform's code; never the request's body."""

    def __init__(self, reply: Reply) -> None:
        body = _error_body(reply)
        self.status = reply.status
        self.code = str(body.get("code") or body.get("error") or reply.error or reply.status)
        self.message = str(body.get("message") or body.get("error_description") or "")[:200]
        self.correlation_id = reply.headers.get("inin-correlation-id", "")
        super().__init__(f"http={self.status} {self.code} corr={self.correlation_id}")


def _error_body(reply: Reply) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


@lru_cache(maxsize=32)
def _decoder(type_: Any) -> Any:
    return msgspec.json.Decoder(type_)


def decoded(reply: Reply, type_: Any = dict) -> Any:
    """The body as `type_`, or Refusal, or BadResponse."""
    if not reply.ok:
        raise Refusal(reply)
    try:
        return _decoder(type_).decode(reply.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadResponse(type(error).__name__) from None


# --- contact lists ---------------------------------------------------------------------------------------------------


def create_list(name: str, columns: LeadColumns) -> Call:
    body = {
        "name": name,
        "columnNames": columns.names,
        "phoneColumns": [{"columnName": columns.phone, "type": "cell"}],
    }
    return Call(op="lists.create", method="POST", url=LISTS, headers=JSON, body=encode(body))


def find_list(name: str) -> Call:
    query = (("name", name), ("filterType", "Equals"), ("pageSize", "100"))
    return Call(op="lists.list", method="GET", url=LISTS, query=query, idempotent=True)


def find_lists(prefix: str) -> Call:
    """The first hundred lists whose names begin so, with their sizes and imports."""
    more = (("includeSize", "true"), ("includeImportStatus", "true"), ("pageSize", "100"))
    query = (("name", prefix), ("filterType", "Prefix"), *more)
    return Call(op="lists.list", method="GET", url=LISTS, query=query, idempotent=True)


class _ImportStatus(msgspec.Struct):
    state: str | None = None


class ListFound(msgspec.Struct, rename="camel"):
    id: str
    name: str = ""
    size: int | None = None
    import_status: _ImportStatus | None = None

    @property
    def importing(self) -> bool:
        return self.import_status is not None and self.import_status.state == "IN_PROGRESS"


class _ListsFound(msgspec.Struct):
    entities: list[ListFound] = []


def lists_found(reply: Reply, prefix: str) -> list[ListFound]:
    """Those whose names do begin so, whatever the server makes of spaces and of letter case."""
    listing: _ListsFound = decoded(reply, _ListsFound)
    return [each for each in listing.entities if each.name.startswith(prefix)]


class _Entity(msgspec.Struct):
    id: str
    name: str = ""


class _Listing(msgspec.Struct):
    entities: list[_Entity] = []


def list_id_by_name(reply: Reply, name: str) -> str | None:
    """The id of the list of exactly this name, if there is one."""
    listing = decoded(reply, _Listing)
    return next((entity.id for entity in listing.entities if entity.name == name), None)


def list_found(reply: Reply) -> ListFound | None:
    """The list that was asked for by its id; None if it is gone."""
    if reply.status == 404:
        return None
    found: ListFound = decoded(reply, ListFound)
    return found


def created_list_id(reply: Reply) -> str:
    list_id = decoded(reply).get("id")
    if not isinstance(list_id, str) or not list_id:
        raise BadResponse("a list without an id")
    return list_id


def delete_list(list_id: str) -> Call:
    return Call(op="lists.delete", method="DELETE", url=f"{LISTS}/{list_id}", idempotent=True, contact_list_id=list_id)


def get_list(list_id: str) -> Call:
    return Call(op="lists.get", method="GET", url=f"{LISTS}/{list_id}", idempotent=True, contact_list_id=list_id)


def entity_name(reply: Reply) -> str:
    return str(decoded(reply, _Entity).name)


# --- DNC lists -------------------------------------------------------------------------------------------------------


def find_dnc_list(name: str) -> Call:
    query = (("name", name), ("pageSize", "100"))
    return Call(op="dnc.list", method="GET", url=DNC_LISTS, query=query, idempotent=True)


def get_dnc_list(list_id: str) -> Call:
    return Call(op="dnc.get", method="GET", url=f"{DNC_LISTS}/{list_id}", idempotent=True)


def delete_dnc_list(list_id: str) -> Call:
    return Call(op="dnc.delete", method="DELETE", url=f"{DNC_LISTS}/{list_id}", idempotent=True)


# --- contacts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Leads on their way in one POST. Named by the position of its first lead in the run."""

    positions: Sequence[int]
    shard: int
    contact_list_id: str
    lead_ids: Sequence[LeadId]
    contacts: Sequence[bytes] = field(repr=False)  # one JSON object a lead

    @property
    def first(self) -> int:
        return self.positions[0]

    @property
    def body(self) -> bytes:
        return b"[" + b",".join(self.contacts) + b"]"

    def only(self, lead_ids: Set[LeadId]) -> "Batch":
        """Those of its leads that are in `lead_ids`."""
        return self._of([n for n, lead_id in enumerate(self.lead_ids) if lead_id in lead_ids])

    def halves(self) -> tuple["Batch", "Batch"]:
        middle = len(self.lead_ids) // 2
        return self._of(range(middle)), self._of(range(middle, len(self.lead_ids)))

    def _of(self, places: Sequence[int]) -> "Batch":
        return Batch(
            positions=[self.positions[n] for n in places],
            shard=self.shard,
            contact_list_id=self.contact_list_id,
            lead_ids=[self.lead_ids[n] for n in places],
            contacts=[self.contacts[n] for n in places],
        )


def contact(lead_id: str, row: Sequence[str], columns: LeadColumns, list_id: str, *, own_id: bool) -> bytes:
    """One WritableDialerContact; with `own_id` the Lead ID becomes the contact's id, which makes a repeat an update."""
    body: dict[str, Any] = {"contactListId": list_id, "data": dict(zip(columns.names, row, strict=True))}
    return encode({"id": lead_id, **body} if own_id else body)


def add_contacts(batch: Batch, *, idempotent: bool, attempt: int = 1) -> Call:
    return Call(
        op="contacts.add",
        method="POST",
        url=f"{LISTS}/{batch.contact_list_id}/contacts",
        headers=JSON,
        body=batch.body,
        idempotent=idempotent,
        attempt=attempt,
        contacts=len(batch.lead_ids),
        contact_list_id=batch.contact_list_id,
        batch=batch.first,
    )


@lru_cache(maxsize=16)
def _contacts_type(lead_id_column: str) -> Any:
    """A list of contacts of which only ids and the Lead ID column are read: the rest is skipped, not built."""
    data = msgspec.defstruct("Data", [("lead_id", str)], rename={"lead_id": lead_id_column})
    contact = msgspec.defstruct("Contact", [("id", str), ("data", data), ("contactListId", str, "")])
    return GenericAlias(list, (contact,))


def added_contacts(reply: Reply, batch: Batch, lead_id_column: str) -> dict[LeadId, ContactId]:
    """Contact id by Lead ID, joined on the Lead ID that the answer echoes: the order of the answer means nothing.

    A 2xx is a claim. It is believed only if it names every lead of the batch once, each with an id of its own, in the
    list that was meant.
    """
    contacts = decoded(reply, _contacts_type(lead_id_column))
    mapping = {LeadId(contact.data.lead_id): ContactId(contact.id) for contact in contacts}
    if len(contacts) != len(batch.lead_ids) or mapping.keys() != set(batch.lead_ids):
        raise BadResponse(f"{len(contacts)} contacts for {len(batch.lead_ids)} leads, {len(mapping)} of them distinct")
    if len(set(mapping.values())) != len(mapping) or "" in mapping.values():
        raise BadResponse("contact ids are missing or doubled")
    if max(map(len, mapping.values()), default=0) > LONGEST_ID:
        raise BadResponse("contact ids that are none")
    if any(contact.contactListId not in ("", batch.contact_list_id) for contact in contacts):
        raise BadResponse("contacts of another list")
    return mapping


def search_leads(list_id: str, column: str, lead_ids: Sequence[str], page: int = 1) -> Call:
    """Contacts whose Lead ID is one of `lead_ids`. Alphabetic: as numbers, 007 would equal 7."""
    predicate = {
        "column": column,
        "columnType": "alphabetic",
        "operator": "IN",
        "range": {"inSet": list(lead_ids)},
    }
    clause = {"filterType": "AND", "predicates": [predicate]}
    return _search(list_id, {"criteria": {"filterType": "AND", "clauses": [clause]}}, page)


def search_all(list_id: str, page: int = 1, page_size: int = SEARCH_PAGE) -> Call:
    return _search(list_id, {}, page, page_size)


def _search(list_id: str, body: Mapping[str, Any], page: int, page_size: int = SEARCH_PAGE) -> Call:
    return Call(
        op="contacts.search",
        method="POST",
        url=f"{LISTS}/{list_id}/contacts/search",
        headers=JSON,
        body=encode({**body, "pageNumber": page, "pageSize": page_size}),
        idempotent=True,
        contact_list_id=list_id,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: pairs of Lead ID and contact id, how many match in all, how many the list holds."""

    pairs: list[tuple[LeadId, ContactId]]
    total: int
    contacts_count: int


def found_contacts(reply: Reply, lead_id_column: str) -> Found:
    body = decoded(reply, dict[str, msgspec.Raw])
    try:
        contacts = msgspec.json.decode(body.get("entities", b"[]"), type=_contacts_type(lead_id_column))
        total = msgspec.json.decode(body["total"], type=int)
        count = msgspec.json.decode(body["contactsCount"], type=int)
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadResponse(type(error).__name__) from None
    return Found([(LeadId(c.data.lead_id), ContactId(c.id)) for c in contacts], total, count)


def contacts_count(reply: Reply) -> int:
    """How many contacts the list of a search holds."""
    count = decoded(reply).get("contactsCount")
    if not isinstance(count, int):
        raise BadResponse("a search without contactsCount")
    return count


def bulk_get(list_id: str, contact_ids: Sequence[str]) -> Call:
    return Call(
        op="contacts.bulk",
        method="POST",
        url=f"{LISTS}/{list_id}/contacts/bulk",
        headers=JSON,
        body=encode(list(contact_ids)),
        idempotent=True,
        contact_list_id=list_id,
    )


def bulk_contacts(reply: Reply, lead_id_column: str) -> dict[ContactId, LeadId]:
    contacts = decoded(reply, _contacts_type(lead_id_column))
    return {ContactId(contact.id): LeadId(contact.data.lead_id) for contact in contacts}


# --- CSV import ------------------------------------------------------------------------------------------------------


def upload_csv(list_id: str, path: Path, *, contact_id_column: str | None, rows: int) -> Call:
    """The multipart upload that the web UI and the Terraform provider use. Source: quick-hits-javascript,
    outbound/upload-contact-list.js; terraform-provider-genesyscloud, outbound_contact_list."""
    form: list[tuple[str, str | FilePart]] = [("id", list_id), ("fileType", "contactlist")]
    if contact_id_column is not None:
        form.append(("contact-id-name", contact_id_column))
    form.append(("file", FilePart(path=path, filename=path.name)))
    return Call(
        op="import.upload",
        method="POST",
        url="/uploads/v2/contactlist",
        host="apps",
        form=tuple(form),
        timeout_s=TRANSFER_TIMEOUT_S,
        contacts=rows,
        contact_list_id=list_id,
    )


@dataclass(frozen=True, slots=True)
class ImportProgress:
    state: str | None
    percent: int | None
    failure_reason: str | None

    @property
    def failed(self) -> bool:
        return self.state == "FAILED"

    @property
    def finished(self) -> bool:
        """A finished import has no state, only 100 percent. Source: SDK 269.0.0 models/import_status.py."""
        return self.state not in ("IN_PROGRESS", "FAILED") and self.percent == 100


def import_status(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/importstatus"
    return Call(op="import.status", method="GET", url=url, idempotent=True, contact_list_id=list_id)


def import_progress(reply: Reply) -> ImportProgress:
    if reply.status == 404 and Refusal(reply).code != "contact.list.not.found":
        return ImportProgress(None, None, None)  # it is not shown yet
    body = decoded(reply)
    percent = body.get("percentComplete")
    return ImportProgress(body.get("state"), percent if isinstance(percent, int) else None, body.get("failureReason"))


# --- export ----------------------------------------------------------------------------------------------------------


def start_export(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/export"
    return Call(
        op="export.create", method="POST", url=url, headers=JSON, body=b"{}", idempotent=True, contact_list_id=list_id
    )


def get_export(list_id: str) -> Call:
    url = f"{LISTS}/{list_id}/export"
    return Call(op="export.get", method="GET", url=url, idempotent=True, contact_list_id=list_id)


@dataclass(frozen=True, slots=True)
class Export:
    uri: str = field(repr=False)
    timestamp: str


def export_of(reply: Reply) -> Export | None:
    """The export that can be downloaded now; None while there is none (404 no.available.list.export.uri, or 400)."""
    if reply.status in (400, 404) and Refusal(reply).code != "contact.list.not.found":
        return None
    body = decoded(reply)
    uri, timestamp = body.get("uri"), body.get("exportTimestamp")
    if not isinstance(uri, str) or not uri:
        return None
    return Export(uri, str(timestamp))


def download(uri: str, list_id: str) -> Call:
    """First hop: wants the token, answers with a redirect or with the file itself."""
    return Call(op="export.download", method="GET", url=uri, idempotent=True, contact_list_id=list_id)


def download_file(location: str, list_id: str, to: Path) -> Call:
    """Second hop: the signed target, which must never see the token."""
    return Call(
        op="export.file",
        method="GET",
        url=location,
        bearer=False,
        save_to=to,
        idempotent=True,
        timeout_s=TRANSFER_TIMEOUT_S,
        contact_list_id=list_id,
    )


# --- platform --------------------------------------------------------------------------------------------------------


def token(client_id: str, client_secret: str) -> Call:
    basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return Call(
        op="oauth.token",
        method="POST",
        url="/oauth/token",
        host="login",
        headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        body=b"grant_type=client_credentials",
        bearer=False,
        idempotent=True,
        timeout_s=30.0,
    )


def own_grants() -> Call:
    """What the roles of the token's client permit. Assumption: a client may ask it as a user may."""
    url, query = "/api/v2/authorization/subjects/me", (("includeFullRoles", "true"),)
    return Call(op="subjects.me", method="GET", url=url, query=query, idempotent=True, timeout_s=30.0)


class _Policy(msgspec.Struct, rename="camel"):
    domain: str = ""
    entity_name: str = ""
    actions: list[str] = []


class _Role(msgspec.Struct):
    policies: list[_Policy] = []


class _Grant(msgspec.Struct):
    role: _Role = msgspec.field(default_factory=_Role)


class _Subject(msgspec.Struct):
    grants: list[_Grant] = []


@dataclass(frozen=True, slots=True)
class Permissions:
    policies: Sequence[tuple[str, str, str]]  # domain, entity, action, in lower case; "*" is any

    def permit(self, name: str) -> bool:
        """Whether one of them covers `name`, "domain:entity:action". Assumption: letter case does not matter."""
        parts = name.lower().split(":")
        return any(all(given in ("*", part) for given, part in zip(each, parts, strict=True)) for each in self.policies)


def permissions_of(reply: Reply) -> Permissions:
    """Source: SDK 269.0.0 models/authz_grant_policy.py. Conditions and divisions of a policy are not looked at."""
    subject: _Subject = decoded(reply, _Subject)
    policies = [policy for grant in subject.grants for policy in grant.role.policies]
    if not policies:
        raise BadResponse("roles that do not say what they permit")
    return Permissions([(p.domain.lower(), p.entity_name.lower(), a.lower()) for p in policies for a in p.actions])


def token_lifetime_s(reply: Reply) -> float:
    """Seconds; without end where none are told."""
    told = decoded(reply).get("expires_in")
    return float(told) if isinstance(told, int | float) and told > 0 else math.inf


def access_token(reply: Reply) -> str:
    value = decoded(reply).get("access_token")
    if not isinstance(value, str) or not value:
        raise BadResponse("no access_token")
    return value
