"""Connections that break at one byte after the other. How many bytes are tried: CONTACTBENCH_OFFSETS, 60 at most."""

import os

import pytest

from .net import measured, resets

GEN, OWN, CSV, CSV_OWN = "batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids"
POST, UPLOAD = r"POST /api/v2/outbound/contactlists/[^/]+/contacts HTTP", r"POST /uploads/v2/contactlist HTTP"
EXPORT = r"POST /api/v2/outbound/contactlists/[^/]+/export"
SEARCH, LIST = r"POST /api/v2/outbound/contactlists/[^/]+/contacts/search", r"/api/v2/outbound/contactlists/[^/]+"
BATCHES = 3
OFFSETS = int(os.environ.get("CONTACTBENCH_OFFSETS", "1"))

pytestmark = pytest.mark.sized
OFFSET = pytest.mark.parametrize("number", range(OFFSETS))
SOME_OFFSETS = pytest.mark.parametrize("number", range(max(1, OFFSETS // 6)))
SIDE = pytest.mark.parametrize("side", ["request", "answer"])
DEED = pytest.mark.parametrize("do", ["reset", "fin", "hole"] if OFFSETS > 1 else ["reset"])


def struck(net, name, line, nth, do, side, number, *faults):
    """The upload under a strike at that offset of the request's or the answer's bytes: ALL. The strike."""
    at = getattr(measured(name, line, nth, *faults), side).offsets()[number]
    strike = net.proxy.strike(line, do, side=side, at=at, nth=nth)
    net.rig.faults(*resets(faults))
    net.survives(name)
    assert strike.fired == 1
    return strike


def looked_up(net) -> int:
    """Searches for leads. Each export that proves is preceded by one that only asks for the list's size."""
    return len(net.requests(SEARCH)) - len(net.requests(EXPORT))


@DEED
@SIDE
@OFFSET
def test_a_post_of_contacts_is_never_repeated_blindly(net, do, side, number):
    """Wherever the connection breaks in request or answer, GEN looks up what was stored before it sends again: ALL."""
    strike = struck(net, GEN, POST, 2, do, side, number)
    searches, posts = net.requests(SEARCH), net.requests(POST)
    whole = measured(GEN, POST, 2).answer.passed
    assert looked_up(net) or (side, strike.at) == ("answer", whole)
    assert all(searches[0] < repeat for repeat in posts[BATCHES:])


@DEED
@SIDE
@OFFSET
def test_a_post_of_contacts_with_ids_is_repeated(net, do, side, number):
    """Wherever the connection breaks in request or answer, OWN sends the same again, without a search: ALL."""
    struck(net, OWN, POST, 2, do, side, number)
    assert (looked_up(net), len(net.requests(POST)) <= BATCHES + 1) == (0, True)


@DEED
@SIDE
@OFFSET
@pytest.mark.parametrize("name", [CSV, CSV_OWN])
def test_an_upload_of_a_file(net, name, do, side, number):
    """Wherever the upload breaks, CSV-GEN drops its list before it uploads again, CSV-OWN repeats: ALL."""
    struck(net, name, UPLOAD, 1, do, side, number)
    dropped, uploads = net.requests(f"DELETE {LIST}"), net.requests(UPLOAD)
    assert len(dropped) == (len(uploads) - 1 if name == CSV else 0)
    assert all(drop < upload for drop, upload in zip(dropped, uploads[1:], strict=False))


@DEED
@SIDE
@SOME_OFFSETS
@pytest.mark.parametrize("name", [GEN, CSV])
@pytest.mark.parametrize("line", [r"GET /api/v2/downloads/", r"GET /downloads/"], ids=["address", "file"])
def test_a_download(net, name, line, do, side, number):
    """A broken download, for the mapping or the proof, is fetched again and never taken as complete: ALL."""
    struck(net, name, line, 1, do, side, number)


@DEED
@SIDE
@SOME_OFFSETS
@pytest.mark.parametrize(
    ("name", "line", "faults"),
    [
        (GEN, r"POST /oauth/token", []),
        (GEN, r"POST /api/v2/outbound/contactlists HTTP", []),
        (GEN, SEARCH, [("contacts.add", "after_commit")]),
        (GEN, rf"POST {LIST}/export", []),
        (GEN, rf"GET {LIST}/export", []),
        (CSV, rf"GET {LIST}/importstatus", []),
        (CSV, rf"DELETE {LIST}", [("import.upload", "after_commit")]),
        (CSV, rf"POST {LIST}/contacts/bulk", []),
    ],
    ids=["token", "create", "search", "export", "address", "status", "delete", "bulk"],
)
def test_every_other_request(net, name, line, faults, do, side, number):
    """Every other request of an upload is repeated, or its effect is looked up: ALL."""
    struck(net, name, line, 1, do, side, number, *faults)
