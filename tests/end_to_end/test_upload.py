import csv
import subprocess
import sys

import pytest

from harness.strategies import MAIN, STRATEGIES

from ..oracle import complaints
from .processes import environment

NAMES = ["é", "Ann; Bob, Jr.", 'a "b" c', "two\nlines", "=1+1", "1e3", "", "NULL", "𝔘", "'", "\\", "{}"]
LEAD_IDS = ["007", "7", "7.0", "1e3", "1000", "null", "true", "a-b", "a_b", "A-B", "é", "a b"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_upload_and_the_same_command_again(mock, contactbench, make_leads, upload_of, tmp_path, strategy):
    """The mapping is what the org holds; repeating the command writes nothing and changes no byte of it."""
    leads = make_leads(3_000)
    first = contactbench(*upload_of(leads, strategy, mock.url, "--lists", 2))
    assert (first.code, first.entry["mapped"], first.entry["verified"]) == (0, 3_000, True), first.err
    assert complaints(mock.contacts(), tmp_path / "run", leads) == []
    mapping, writes = (tmp_path / "run" / "mapping.csv").read_bytes(), mock.writes()
    second = contactbench(*upload_of(leads, strategy, mock.url, "--lists", 2))
    assert (second.code, mock.writes()) == (0, writes), second.err
    assert (tmp_path / "run" / "mapping.csv").read_bytes() == mapping


@pytest.mark.parametrize("strategy", MAIN)
def test_rows_that_are_no_leads(mock, contactbench, make_leads, upload_of, tmp_path, strategy):
    """A row without a Lead ID is rejected with its line; everything else is loaded, and the exit code tells."""
    leads = make_leads(50)
    with leads.open("a", newline="") as file:
        csv.writer(file).writerow(["", "Ann", "Ex", "+1 555 0100", "a@example.com", "Oak", "1", "Town", "Solar", "Web"])
    ran = contactbench(*upload_of(leads, strategy, mock.url))
    assert (ran.code, ran.entry["mapped"], ran.entry["rejected"]) == (3, 50, 1), ran.err
    assert complaints(mock.contacts(), tmp_path / "run", leads) == []


@pytest.mark.parametrize("strategy", ["batch-api", "csv-import-export"])
def test_values_arrive_as_they_are(mock, contactbench, upload_of, tmp_path, strategy):
    """What a cell holds is what the contact holds, by POST and by import; Lead IDs are texts, not numbers."""
    leads = tmp_path / "leads.csv"
    rows = [[lead_id, "+1 555 0107", name] for lead_id, name in zip(LEAD_IDS, NAMES, strict=True)]
    with leads.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["Lead ID", "Phone", "Name"], *rows])
    ran = contactbench(*upload_of(leads, strategy, mock.url))
    assert ran.code == 0, ran.err
    assert complaints(mock.contacts(), tmp_path / "run", leads) == []


def test_no_leads_at_all(mock, contactbench, upload_of, tmp_path):
    """An input of a header alone gives a mapping without rows, and no list is created."""
    leads = tmp_path / "leads.csv"
    leads.write_text("Lead ID,Phone\n")
    ran = contactbench(*upload_of(leads, "batch-api", mock.url))
    assert (ran.code, ran.entry["leads"], ran.entry["verified"]) == (0, 0, True), ran.err
    assert (tmp_path / "run" / "mapping.csv").read_text() == "lead_id,contact_id,contact_list_id,status\n"


@pytest.mark.parametrize("damage", ["delete", "double", "edit mapping", "forge", "other manifest"])
def test_the_oracle_sees_what_is_amiss(mock, contactbench, make_leads, upload_of, tmp_path, damage):
    """Each way to break a proved run is found: the other tests of this folder can fail."""
    leads = make_leads(20)
    assert contactbench(*upload_of(leads, "batch-api", mock.url)).code == 0
    mapping = tmp_path / "run" / "mapping.csv"
    _, contact_id, list_id, _ = mapping.read_text().splitlines()[1].split(",")
    at = f"/api/v2/outbound/contactlists/{list_id}/contacts"
    with mock.api() as org:
        data = org.get(f"{at}/{contact_id}").json()["data"]
        match damage:
            case "delete":
                org.delete(f"{at}/{contact_id}").raise_for_status()
                expected = "C2: 1 mapped, but lost"
            case "double":
                org.post(at, json=[{"contactListId": list_id, "data": data}]).raise_for_status()
                expected = "C3: 1 doubled"
            case "edit mapping":
                mapping.write_text("".join(mapping.read_text().splitlines(keepends=True)[:-1]))
                expected = "C1: 1 in neither mapping nor rejects"
            case "forge":
                forged = {"contactListId": list_id, "data": data | {"Lead ID": "L00000020"}}
                org.put(f"{at}/{contact_id}", json=forged).raise_for_status()
                expected = "C2: 1 of another lead"
            case _:
                (tmp_path / "run" / "mapping.manifest.json").write_text('{"rows": 20, "sha256": ""}')
                expected = "C6: the manifest has another sha256"
    assert expected in complaints(mock.contacts(), tmp_path / "run", leads)


AUDITED = """
import sys
sys.addaudithook(lambda event, args: event in ("socket.connect", "socket.sendto", "socket.getaddrinfo") and
    print("SOCKET", args[1:] if event != "socket.getaddrinfo" else args[:2], file=sys.stderr))
sys.argv[0] = "contactbench"
from harness.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.hardening("harness-24")
def test_nothing_is_sent_to_anybody_but_the_org(mock, make_leads, upload_of, tmp_path):
    """Every address that an upload, its report included, looks up or connects to is that of its target."""
    arguments = upload_of(make_leads(20), "csv-import-export", mock.url)
    command = [sys.executable, "-c", AUDITED, *map(str, arguments)]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    asked = {line for line in ran.stderr.splitlines() if line.startswith("SOCKET")}
    host, _, port = mock.url.removeprefix("http://").partition(":")
    assert ran.returncode == 0, ran.stderr
    assert asked
    assert {line for line in asked if f"'{host}', {port}" not in line} == set()
