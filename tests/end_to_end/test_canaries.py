"""A run that is killed, refused and lied to, at the most talkative level of everything, leaves no value of a lead where
it does not belong, and no secret anywhere."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from .canaries import forms
from .processes import CONTACTBENCH, environment

MARK = 'Zq7"é k'  # begins every cell but ids and phones; its escaped forms differ from it
HEADER = "Zq7hdr é"
SECRET = "s3cret-Zq7-of-the-client"
PHONE = re.compile(rb"\+1[2-9]\d\d55501\d\d")
HOSTILE_ID = '=HYPERLINK("http://evil.example")'
BELONGS = re.compile(r"leads\.csv|rejects(\.for-spreadsheets)?\.csv|mapping\.csv")
EVERY_LOG = """import logging, os
logging.basicConfig(level=1, filename=os.environ["EVERY_LOG"])
"""


def write_leads(path, count):
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Lead ID", "Phone", HEADER, "Note"])
        for n in range(count):
            phone = f"+1{200 + n // 100 % 800}55501{n % 100:02d}"
            rows.writerow([f"L{n:07d}", phone, f"{MARK}a{n}", f"{MARK}b{n}"])


def hostile(leads, posts, phone):
    """What an org would have to answer to get people's data into files and onto terminals."""
    every = max(11, posts // 25)  # each batch in doubt is looked up, which takes a large list a second
    body = {"code": f"{MARK} {phone}", "message": f"\x1b]0;{MARK}\x07 {phone} {MARK}a17" + " x" * 2000, "status": 400}
    headers = {"ININ-Correlation-Id": HOSTILE_ID}
    never = [{"status": 400, "body": body, "headers": headers}]
    return [
        *({"op": "contacts.add", "contains": f'"L{leads * n // 7:07d}"', "action": never[0]} for n in (1, 3, 6)),
        {"op": "contacts.add", "every": every, "when": "after_commit", "action": never[0] | {"status": 500}},
        {"op": "contacts.add", "every": every + 2, "action": {"reset": True}},
        {"op": "*", "every": 2, "action": {"headers": headers}},
    ]


def places_of(folder):
    """Files in which `folder` holds a mark, a phone number, the secret, or a control character that an org sent."""
    marks = {form for word in (MARK, SECRET, HOSTILE_ID) for form in forms(word)}
    marks |= {'Zq7\\"é k'.encode(), b"\x1b]0;Zq7"}  # in JSON that is UTF-8; and what a terminal would obey
    phones = {form for n in range(200, 1000, 37) for form in forms(f"+1{n}55501{n % 100:02d}")}
    wanted = [*marks, *phones, b"Bearer "]  # one by one: a pattern of hundreds of alternatives takes hours for 100 MB
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not BELONGS.fullmatch(path.name) and path.parent.name != "mock-0":
            content = path.read_bytes()
            found = {each.decode(errors="replace") for each in wanted if each in content}
            found |= {each.decode() for each in PHONE.findall(content)}
            found |= {HEADER for form in forms(HEADER) if form in content and path.name != "run.json"}
            if found:
                yield str(path.relative_to(folder)), sorted(found)[:3]


@pytest.fixture
def talkative(tmp_path):
    """A function: `contactbench` as an interpreter in development mode of its own, every logger at its lowest level;
    all it says goes into a file."""
    (tmp_path / "everything").mkdir()
    (tmp_path / "everything" / "sitecustomize.py").write_text(EVERY_LOG)

    def started(name, *arguments):
        client = {"GENESYSCLOUD_OAUTHCLIENT_ID": "canary", "GENESYSCLOUD_OAUTHCLIENT_SECRET": SECRET}
        loud = {"PYTHONPATH": str(tmp_path / "everything"), "EVERY_LOG": str(tmp_path / "every.log")}
        with (tmp_path / f"{name}.said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-X", "dev", CONTACTBENCH, *map(str, arguments)],
                cwd=tmp_path,
                env=environment(**client, **loud, CONTACTBENCH_PROGRESS_S="0.1"),
                stdout=said,
                stderr=said,
            )

    return started


def killed(process, moment, within_s):
    """Wait for the moment, then end the process as a power failure would."""
    ends = time.monotonic() + within_s
    while process.poll() is None and time.monotonic() < ends and not moment():
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def scan(start_mock, talkative, tmp_path, leads, batch, patience_s):
    """Load `leads`, killed three times on the way, and look at everything that is left."""
    run, path = tmp_path / "run", tmp_path / "leads.csv"
    write_leads(path, leads)
    mock = start_mock("--pace", "none", "--seed", "1", "--client", f"canary:{SECRET}")
    mock.faults(*hostile(leads, leads // batch, "+12025550123"))
    columns = ("--lead-id", "Lead ID", "--phone", "Phone")
    upload = ("upload", "--strategy", "batch-api", "--leads", path, *columns, "--target", mock.url, "--run", run)
    upload = (*upload, "--batch-size", batch, "--quiet-period", 0.2, "--max-duration", patience_s)

    def requests():
        with suppress(OSError):
            return (run / "requests.csv").read_bytes().count(b"\n")
        return 0

    for share in (0.3, 0.7):
        killed(talkative("killed", *upload), lambda share=share: requests() > share * leads / batch, patience_s)
    in_proof = (run / "work" / "export-0.csv").exists
    killed(talkative("killed", *upload), in_proof, patience_s)
    assert talkative("upload", *upload).wait(patience_s) == 3
    assert talkative("verify", "verify", run).wait(patience_s) == 0
    assert talkative("report", "report", run).wait(patience_s) == 0
    with (run / "rejects.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 1 + 3
    assert mock.count("contacts.add", 400) > 3
    assert (tmp_path / "every.log").exists()
    return dict(places_of(tmp_path))


@pytest.mark.slow
@pytest.mark.hardening("harness-16", "harness-18", "harness-19")
def test_no_value_of_a_lead_is_left_anywhere(start_mock, talkative, tmp_path):
    """In no file but input, rejects and mapping; nor in what was said or logged."""
    assert scan(start_mock, talkative, tmp_path, leads=4_000, batch=50, patience_s=100) == {}


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.hardening("harness-19")
def test_no_value_of_many_leads_is_left_anywhere(start_mock, talkative, tmp_path):
    """The same with 1.5 million."""
    assert scan(start_mock, talkative, tmp_path, leads=1_500_000, batch=1000, patience_s=1_500) == {}
