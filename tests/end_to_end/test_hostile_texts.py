"""An org whose answers are meant for the terminal, the spreadsheet and the log of whoever reads them."""

import csv

import pytest

from .canaries import leaks

NUMBER, FORMULA, ESCAPE = "+1 555 0100 987", '=HYPERLINK("http://evil.example")', "\x1b]0;owned\x07"
TEXT = f"{ESCAPE} [bold]call {NUMBER}[/bold] <script>alert(1)</script> {FORMULA}" + " long" * 1000
HOSTILE = {"code": TEXT, "message": TEXT, "contextId": TEXT, "status": 400}
HEADERS = {"ININ-Correlation-Id": FORMULA, "Retry-After": "15550100987"}
MARKERS = (NUMBER, "15550100987", FORMULA, ESCAPE, "<script>alert", " long" * 100)


@pytest.mark.hardening("harness-16", "harness-18", "harness-20", "harness-22")
def test_the_texts_of_a_refusal(mock, contactbench, make_leads, upload_of, tmp_path):
    """One lead is refused with them: they reach no file and no terminal in a form that does anything."""
    lead = make_leads(1)
    refused = {"op": "contacts.add", "action": {"status": 400, "headers": HEADERS, "body": HOSTILE}}
    mock.faults(refused, {"op": "*", "action": {"headers": {"ININ-Correlation-Id": FORMULA}}})
    ran = contactbench(*upload_of(lead, "batch-api", mock.url), timeout_s=30)
    assert (ran.code, ran.document["strategies"][0]["rejected"]) == (3, 1), ran.err
    assert list(leaks(tmp_path / "run", MARKERS, printed=ran.out + ran.err)) == []
    with (tmp_path / "run" / "requests.csv").open(newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell[:1] in "=+@\t\r" and cell]


@pytest.mark.slow
@pytest.mark.hardening("harness-18")
@pytest.mark.parametrize(
    ("op", "action"),
    [
        ("lists.create", {"status": 403, "body": HOSTILE}),
        ("contacts.add", {"status": 429}),
        ("lists.create", {"status": 201, "body": {"id": TEXT, "name": TEXT}}),
        ("organizations.me", {"status": 200, "body": {"id": TEXT, "name": TEXT}}),
        ("oauth.token", {"status": 400, "body": {"error": TEXT, "error_description": TEXT}}),
    ],
)
def test_the_texts_of_an_end(mock, contactbench, make_leads, upload_of, tmp_path, op, action):
    """The run gives up over them, and says why without repeating them."""
    mock.faults({"op": op, "action": {"headers": HEADERS, **action}})
    ran = contactbench(*upload_of(make_leads(1), "batch-api", mock.url, "--max-duration", 5), timeout_s=30)
    harmful = set(MARKERS) - {FORMULA, "<script>alert"}  # which a terminal shows, and nobody runs
    assert list(leaks(tmp_path / "run", harmful, printed=ran.out + ran.err)) == [], ran.err
