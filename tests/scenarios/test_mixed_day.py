"""An upload beside other people's work with the same lists."""

import json

import pytest

pytestmark = pytest.mark.smoke

READ, SEARCHED = "GET      day.contacts.get", "POST     day.contacts.search"


def test_a_day_ends_with_a_proof(locust, mock):
    """Contacts are read, searched and exported while they come; Locust counts each kind apart, the run only its own."""
    options = ["--contacts", "2000", "--batch-size", "10", "--rate", "30/s", "-u", "10", "-r", "10", "--host", mock.url]
    code, printed = locust.run("mixed_day", *options, "--threshold", "mapped==leads")
    assert code == 0, printed
    assert "VERIFIED, 2,000 of 2,000" in printed
    assert "mapped==leads" in printed[printed.index("VERIFIED") :]
    assert all(kind in printed for kind in (READ, SEARCHED, "day.export.create"))
    entry = json.loads((locust.run_dir("mixed_day") / "run.json").read_text())["strategies"][0]
    assert "contacts.get" not in entry["operations"]


def test_who_reads_another_contact_stops_the_day(locust, mock):
    """The mapping says one lead, the org shows another: exit 4, whatever the proof says."""
    rule = {"op": "contacts.get", "every": 1, "when": "after_commit", "action": {"rewrite": "lower_lead_id"}}
    assert mock.control.put("/faults", json=[rule]).status_code == 200
    try:
        options = ["--contacts", "1000", "--batch-size", "10", "--rate", "30/s", "-u", "10", "-r", "10"]
        code, printed = locust.run("mixed_day", *options, "--again", "--host", mock.url)
    finally:
        mock.control.put("/faults", json=[])
    assert code == 4, printed
    assert "READ_DIFFERS" in printed
