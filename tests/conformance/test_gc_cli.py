"""The official command line tool, by what it puts on the wire: a connection a request, bodies without a length.

Source: platform-client-sdk-cli, build/gc/restclient/restclient.go and build/gc/cmd/outbound_contactlists*.go. A body
that Go's client is given without its size goes out in chunks; a POST without a body has a length of 0.
"""

import json
import random
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote_plus

import pytest

from .terraform import LIST, cells

pytestmark = pytest.mark.conformance

OTHERS = {"First Name": "", "Home": ""}
CONTACTS = [{"data": {"Lead ID": f"L-{n}", "Cell": f"+1 555 010{n}", **OTHERS}} for n in range(10)]
FLAGS = {"priority": "true", "clearSystemData": "false", "doNotQueue": "false"}


class Cli:
    def __init__(self, url: str, seed: int) -> None:
        self.host = url.removeprefix("http://")
        self.rng = random.Random(seed)  # Go goes through a map in another order each time
        self.token = ""

    def login(self) -> tuple[int, dict[str, str], Any]:
        basic = "Basic bW9jay1jbGllbnQ6bW9jay1zZWNyZXQ="
        headers = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send("POST", "/oauth/token", headers, "grant_type=client_credentials")
        self.token = answer[2]["access_token"]
        return answer

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of an answer. Flags come in any order."""
        pairs = [f"{name}={quote_plus(value)}" for name, value in query.items()]
        self.rng.shuffle(pairs)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Cache-Control": "no-cache",
        }
        target = f"/api/v2/outbound/contactlists{path}" + (f"?{'&'.join(pairs)}" if pairs else "")
        return self._send(method, target, headers, None if body is None else json.dumps(body))

    def _send(
        self, method: str, target: str, headers: dict[str, str], body: str | None
    ) -> tuple[int, dict[str, str], Any]:
        headers |= {"User-Agent": "PureCloud SDK/go-cli", "purecloud-sdk": "166.0.0", "Connection": "close"}
        if body is not None:
            headers["Transfer-Encoding"] = "chunked"
        connection = HTTPConnection(self.host, timeout=30)
        try:
            content = (
                None if body is None else [body[:1].encode(), body[1:].encode()]
            )  # one byte to see if there are any
            connection.request(method, target, content, headers, encode_chunked=True)
            reply = connection.getresponse()
            answer = reply.read()
            return reply.status, dict(reply.headers), json.loads(answer) if answer[:1] in b"{[" and answer else answer
        finally:
            connection.close()


@pytest.fixture(params=range(3))
def cli(request, mock):
    """The tool, logged in, three times: each goes through its maps in another order."""
    cli = Cli(mock.url, request.param)
    cli.login()
    return cli


@pytest.fixture
def filled(cli):
    """The id of a list with ten contacts."""
    list_id = cli.call("POST", "", LIST)[2]["id"]
    assert cli.call("POST", f"/{list_id}/contacts", CONTACTS, **FLAGS)[0] == 200
    return list_id


def test_login(mock):
    """A token comes for a form that is sent in chunks."""
    status, _, token = Cli(mock.url, 1).login()
    assert (status, token["token_type"].lower()) == (200, "bearer")


def test_no_login(mock):
    """Where the environment is called localhost it does not log in, and sends a token of no letters."""
    status, _, body = Cli(mock.url, 1).call("GET", "")
    assert (status, body["status"]) == (401, 401)


def test_connections_are_closed(cli):
    """Each answer ends its connection, as asked for."""
    _, headers, _ = cli.call("GET", "")
    assert headers["Connection"].lower() == "close"
    assert headers["ININ-Correlation-Id"]


def test_contacts(cli, filled, mock):
    """Chunked batches are taken like others; the ledger knows how large they were."""
    contacts = mock.control("GET", f"/contacts?list={filled}")
    assert [each["data"]["Lead ID"] for each in contacts] == [f"L-{n}" for n in range(10)]
    [entry] = [each for each in mock.control("GET", "/ledger") if each["op"] == "contacts.add"]
    assert entry["bytes"] == len(json.dumps(CONTACTS))


def test_every_flag(cli, filled):
    """All three are sent whether they were given or not; every combination is understood."""
    for n in range(8):
        flags = {name: ("true" if n & bit else "false") for name, bit in zip(FLAGS, (1, 2, 4), strict=True)}
        assert cli.call("POST", f"/{filled}/contacts", CONTACTS[:1], **flags)[0] == 200


def test_a_listing(cli, filled):
    """All of its flags at once; ids are joined by commas and quoted."""
    flags = {"includeImportStatus": "true", "includeSize": "true", "pageSize": "25", "pageNumber": "1"}
    wanted = {"allowEmptyResult": "false", "filterType": "Prefix", "name": "Lea", "id": f"{filled},no-such-list"}
    status, _, page = cli.call("GET", "", **flags, **wanted, sortBy="name", sortOrder="a")
    assert (status, [each["size"] for each in page["entities"]]) == (200, [10])


def test_all_pages(cli):
    """Pages are asked for by number, up to the last that the first one tells."""
    for n in range(5):
        cli.call("POST", "", LIST | {"name": f"Leads {n}"})
    first = cli.call("GET", "", pageSize="2", pageNumber="1")[2]
    pages = [cli.call("GET", "", pageSize="2", pageNumber=str(n + 1))[2] for n in range(first["pageCount"])]
    assert [each["name"] for page in pages for each in page["entities"]] == [f"Leads {n}" for n in range(5)]


def test_without_a_body(cli, filled):
    """Clearing a list and exporting it are POSTs with a length of 0."""
    assert cli.call("POST", f"/{filled}/export")[0] == 200
    assert cli.call("POST", f"/{filled}/clear")[0] == 204
    assert cli.call("GET", f"/{filled}", includeSize="true", includeImportStatus="false")[2]["size"] == 0


def test_download(cli, filled):
    """`download` is a text with a default that is sent; the address is printed, nothing is fetched."""
    cli.call("POST", f"/{filled}/export")
    status, _, answer = cli.call("GET", f"/{filled}/export", download="false")
    assert (status, answer.keys()) == (200, {"uri", "exportTimestamp"})
    path = "/" + answer["uri"].removeprefix("http://").partition("/")[2]
    hop, headers, _ = cli._send("GET", path, {"Authorization": f"Bearer {cli.token}"}, None)
    assert hop == 303
    signed = "/" + headers["Location"].removeprefix("http://").partition("/")[2]
    assert len(cells(cli._send("GET", signed, {}, None)[2])) == 11


def test_refusals(cli, filled):
    """An error is JSON with the request's id, which the tool prints."""
    status, headers, body = cli.call("POST", f"/{filled}/contacts", [{"data": {"Fax": "1"}}], **FLAGS)
    assert (status, body["code"]) == (400, "invalid.contact.columns")
    assert body["contextId"] == headers["ININ-Correlation-Id"]


def test_too_much(settings, cli, filled):
    """Without a length in front the limit is held as the bytes come."""
    settings(limits__request_body_bytes=1000)
    status, _, body = cli.call("POST", f"/{filled}/contacts", CONTACTS * 5, **FLAGS)
    assert (status, body["code"]) == (413, "request.entity.too.large")


def test_a_signed_address(cli, filled):
    """The one kind of upload that the tool knows: it asks for the address, and leaves the rest to others."""
    wanted = {"id": filled, "contentType": "text/csv", "contactIdName": "Lead ID"}
    status, _, answer = cli.call("POST", "/uploads", wanted)
    assert (status, answer.keys()) == (200, {"url", "uploadKey", "headers"})
