"""What Genesys' Terraform provider sends for a contact list, request by request, headers and forms as Go writes them.

Source: terraform-provider-genesyscloud 1.84.1, genesyscloud/outbound_contact_list and genesyscloud/util/files;
platform-client-sdk-go, platformclientv2/apiclient.go. Imitated, not run: it waits for minutes where this does not.
"""

import csv
import io
import json
import random
import uuid
from typing import Any

import urllib3

ID_COLUMN = "inin-outbound-id"
LIST = {
    "name": "Leads",
    "columnNames": ["Lead ID", "First Name", "Cell", "Home"],
    "phoneColumns": [{"columnName": name, "type": name.lower()} for name in ("Cell", "Home")],
}


class Provider:
    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.rng = random.Random(seed)  # Go goes through a map in another order each time
        self.http = urllib3.PoolManager(retries=False)
        self.token = self._token()

    def create(self, contact_list: dict[str, Any]) -> dict[str, Any]:
        return self.called("POST", "/contactlists", contact_list).json()

    def named(self, name: str) -> list[dict[str, Any]]:
        """The lists whose name begins so, as its data source looks for one; the first page is all there is here."""
        query = {"allowEmptyResult": "true", "includeImportStatus": "false", "includeSize": "false", "name": name}
        return self.called("GET", self._path("/contactlists", query | {"pageNumber": 1, "pageSize": 100})).json()[
            "entities"
        ]

    def count(self, list_id: str) -> int:
        """How many contacts a list has: an empty search tells."""
        return self.called("POST", f"/contactlists/{list_id}/contacts/search", {}).json()["contactsCount"]

    def clear(self, list_id: str) -> None:
        assert self.called("POST", f"/contactlists/{list_id}/clear").status == 204

    def upload(self, list_id: str, file: bytes, id_column: str) -> urllib3.BaseHTTPResponse:
        """One attempt, the four parts in any order; anything but 200 is a failure."""
        parts = [("file", file), ("fileType", "contactlist"), ("id", list_id), ("contact-id-name", id_column)]
        self.rng.shuffle(parts)
        boundary = self.rng.randbytes(30).hex()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "User-Agent": "Go-http-client/1.1",
            "Accept-Encoding": "gzip",
        }
        # Where the service is: each "api" in the base path becomes "apps", and here there is none.
        url = f"{self.url.replace('api', 'apps')}/uploads/v2/contactlist"
        return self.http.request("POST", url, headers=headers, body=form(parts, boundary))

    def imported(self, list_id: str, records: int) -> bool:
        """Whether the import is through, for which there are two signs. Raises ImportError if it failed."""
        status = self.called("GET", f"/contactlists/{list_id}/importstatus").json()
        if status.get("state") is None and status.get("percentComplete") == 100:
            return True
        if status.get("state") == "FAILED":
            raise ImportError(status["failureReason"])
        return status.get("state") != "IN_PROGRESS" and self.count(list_id) == records

    def export(self, list_id: str) -> bytes:
        """The whole of a list as a file; asked for again and again while the answer is 404 or 400."""
        assert self.called("POST", f"/contactlists/{list_id}/export", {}).status == 200
        for _ in range(10):
            reply = self.call("GET", f"/contactlists/{list_id}/export")
            if reply.status not in (400, 404):
                break
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "Go-http-client/1.1"}
        file = self.http.request("GET", reply.json()["uri"], headers=headers, redirect=True, retries=3)
        assert file.status == 200
        return file.data

    def called(self, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
        """An answer that is a success."""
        reply = self.call(method, path, body)
        assert reply.status < 300, reply.data
        return reply

    def call(self, method: str, path: str, body: Any = None) -> urllib3.BaseHTTPResponse:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "GC Terraform Provider/1.84.1",
            "TF-Correlation-Id": str(uuid.UUID(bytes=self.rng.randbytes(16), version=4)),
            "Accept-Encoding": "gzip",
        }
        sent = None if body is None else json.dumps(body)
        return self.http.request(method, f"{self.url}/api/v2/outbound{path}", headers=headers, body=sent)

    def _token(self) -> str:
        headers = urllib3.make_headers(basic_auth="mock-client:mock-secret")
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "GC Terraform Provider/1.84.1"}
        url = f"{self.url}/oauth/token"
        return self.http.request("POST", url, headers=headers, body="grant_type=client_credentials").json()[
            "access_token"
        ]

    def _path(self, path: str, query: dict[str, Any]) -> str:
        """Parameters in any order; those without a value are left out."""
        pairs = [f"{name}={value}" for name, value in query.items() if value != ""]
        self.rng.shuffle(pairs)
        return f"{path}?{'&'.join(pairs)}"


def form(parts: list[tuple[str, Any]], boundary: str) -> bytes:
    """A body as Go's mime/multipart writes it; the file goes under the whole path it was read from."""
    written = b""
    for name, value in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head += '; filename="/home/user/terraform/contacts.csv"\r\nContent-Type: application/octet-stream'
        written += f"{head}\r\n\r\n".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return written + f"--{boundary}--\r\n".encode()


def cells(file: bytes) -> list[list[str]]:
    """The rows of an export. Terraform leaves the byte order mark in front of the first name and cuts it off there."""
    return [*csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""))]


def as_file(rows: list[list[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def without_system_columns(file: bytes, columns: list[str]) -> bytes:
    """An export that can be imported: the contacts' ids and the list's own columns are left."""
    header, *rows = cells(file)
    kept = [position for position, name in enumerate(header) if name in (ID_COLUMN, *columns)]
    return as_file([[row[position] for position in kept] for row in (header, *rows)])
