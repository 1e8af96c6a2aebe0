"""Answers of an org, as anybody between it and us may send them: believed as a whole, or refused in our own words."""

import csv
import io
import json
from collections import Counter

import msgspec
import pytest

from harness import api
from harness.api.answers import BadResponse, Refusal
from harness.client.retry import retry_after_s
from harness.domain import LeadId
from harness.errors import RunError
from harness.flow import Reply
from harness.leads.csv_leads import CsvLeads
from harness.leads.preflight import check
from harness.mapping.files import RunFiles

from ..harness.fakes import LIST, batch, shard
from .mutation import Target, play

LEADS = ("A", "B", "C")
CONTACT = b'{"id":"c-%b","contactListId":"list-1","data":{"Lead ID":"%b","Phone":"1"},"callable":true}'
CONTACTS = b",".join(CONTACT % (each, each) for each in (b"A", b"B", b"C"))
BODIES = (
    b"[" + CONTACTS + b"]",
    CONTACT % (b"A", b"A"),
    b'{"entities":[' + CONTACTS + b'],"total":3,"contactsCount":3,"pageCount":1}',
    b'{"entities":[{"id":"l-1","name":"leads 1","size":0,"division":{"id":"d-1"}}],"total":1,"pageCount":1}',
    b'{"id":"l-1","name":"leads 1","size":7}',
    b'{"state":"IN_PROGRESS","totalRecords":3,"completedRecords":1,"percentComplete":33,"failureReason":"no"}',
    b'{"uri":"https://apps.mypurecloud.com/api/v2/downloads/1","exportTimestamp":"2026-01-02T03:04:05.678Z"}',
    b'{"access_token":"abc","token_type":"bearer","expires_in":86399}',
    b'{"id":"o-1","name":"An org"}',
    b'{"grants":[{"role":{"policies":[{"domain":"outbound","entityName":"contact","actions":["add","*"]}]}}]}',
    b'{"message":"Too long: 512.","code":"bad.request","status":400,"contextId":"x","error":"no","errors":[]}',
)
WORDS = (b'"id":7', b'"data":{}', b'"state":[1]', b'"code":{}', b"1e400", b"9" * 310, b'"\\u0000"', b",")
READERS = {
    "added_contacts": lambda reply: api.added_contacts(reply, batch(*LEADS), "Lead ID"),
    "added_contacts, odd column": lambda reply: api.added_contacts(reply, batch(*LEADS), 'Lead "ID"'),
    "found_contacts": lambda reply: api.found_contacts(reply, "Lead ID"),
    "contacts_count": api.contacts_count,
    "bulk_contacts": lambda reply: api.bulk_contacts(reply, "Lead ID"),
    "lead_of": lambda reply: api.lead_of(reply, "Lead ID"),
    "lists_found": lambda reply: api.lists_found(reply, "leads"),
    "list_id_by_name": lambda reply: api.list_id_by_name(reply, "leads 1"),
    "list_found": api.list_found,
    "created_list_id": api.created_list_id,
    "entity_name": api.entity_name,
    "import_progress": api.import_progress,
    "export_of": api.export_of,
    "organization": api.organization,
    "permissions_of": api.permissions_of,
    "token_lifetime_s": api.token_lifetime_s,
    "access_token": api.access_token,
    "campaigns": api.campaigns,
}


def test_json_answers(told):
    """Every reader of every body, with a status of success and of refusal; an answer believed names each lead once."""

    def read(data: bytes) -> None:
        for name, reader in READERS.items():
            for status in (200, 404, 503):
                try:
                    answer = reader(Reply(status=status, body=data, headers={"inin-correlation-id": "x"}))
                except (BadResponse, Refusal):
                    continue
                except Exception as error:
                    raise AssertionError(f"{name} of {status}") from error
                if name.startswith("added"):
                    assert answer.keys() == set(map(LeadId, LEADS))
                    assert len(set(answer.values())) == len(LEADS)

    told(play(Target(name="JSON answers", read=read, seeds=BODIES, words=WORDS, few=150)))


def test_refusals(told):
    """A body of a refusal, whatever it holds, becomes a short line without control characters."""

    def read(data: bytes) -> None:
        line = str(Refusal(Reply(status=400, body=data, headers={"inin-correlation-id": data[:99].decode("latin-1")})))
        assert len(line) < 1000
        assert line.isprintable()

    told(play(Target(name="refusals", read=read, seeds=BODIES[-1:], words=(*WORDS, b"\x1b[2J", b"\\u202e"), few=150)))


def test_retry_after(told):
    """Seconds from 0 on, or nothing."""

    def read(data: bytes) -> None:
        text, _, date = data.decode("latin-1").partition("|")
        seconds = retry_after_s({"retry-after": text} | ({"date": date} if date else {}))
        assert seconds is None or seconds >= 0

    seeds = (b"3", b"0", b"3, 5", b"Fri, 02 Jan 2026 03:04:05 GMT|Fri, 02 Jan 2026 03:04:00 GMT", b"1.5", b"-1")
    words = (b"+9999", b"-2400", b"99999", b"Feb", b"31", b"UTC", b" ", b"23:59:60", b"1" * 400, b"Z")
    told(play(Target(name="Retry-After", read=read, seeds=seeds, words=words, few=400)))


@pytest.fixture
def files(tmp_path):
    """The files of a run of three leads."""
    leads = tmp_path / "input.csv"
    leads.write_text("Lead ID,Phone\n" + "".join(f"{each},+1555010000{at}\n" for at, each in enumerate(LEADS)))
    source = CsvLeads.from_file(leads, lead_id="Lead ID", phone="Phone")
    preflight = check(source, tmp_path / "leads.parquet")
    return RunFiles(tmp_path, preflight.source, tmp_path / "leads.parquet")


def is_well_formed(data):
    """Whether a reader that guesses nothing reads it."""
    try:
        return [*csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)] != []
    except csv.Error:
        return False


def test_exports(files, told):
    """The join of an export is the join that Python makes of the same rows; or the file is refused.

    Of quotes in the wrong places a lenient reader may make more than DuckDB does. What is missing then, a run's proof
    finds, since every lead has to be somewhere; but nothing is invented.
    """
    path = files.export_path(shard(count=3))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        part = files.map_export(shard(count=3), path)
        with (files.folder / part.file).open(newline="", encoding="utf-8") as file:
            mapped = [(row["lead_id"], row["contact_id"]) for row in csv.DictReader(file)]
        assert part.rows == len(mapped)
        assert max(Counter(lead for lead, _ in mapped).values(), default=1) == 1
        wanted = [
            (row["Lead ID"], row["inin-outbound-id"])
            for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
            if row["Lead ID"] in LEADS
        ]
        wanted = [(lead, contact or "") for lead, contact in wanted]
        assert sorted(mapped) == sorted(wanted) if is_well_formed(data) else set(mapped) <= set(wanted)

    header = b'\xef\xbb\xbf"inin-outbound-id","Lead ID","Phone","CallRecordLastAttempt"\n'
    rows = [b'"c-%d","%b","+15550100001",""\n' % (at, each.encode()) for at, each in enumerate(LEADS)]
    seeds = (header + b"".join(rows), header + b"".join(reversed(rows)).replace(b"\n", b"\r\n"), header + rows[0])
    words = (b'"A"', b'"c-0"', b'"two\nlines"', b'""', b"inin-outbound-id", b"x" * 3000, b"\n\n", b'"')
    told(play(Target(name="exports", read=read, seeds=seeds, refusals=(RunError,), words=words, few=12)))


def test_bodies_are_read_back(told):
    """What is written for a lead is what is read: no sign of a cell, or of a column's name, is lost."""

    def read(data: bytes) -> None:
        name, _, cell = data.decode(errors="replace").partition("|")
        written = msgspec.json.encode({"id": "c-1", "contactListId": LIST, "data": {name: cell}})
        assert api.bulk_contacts(Reply(status=200, body=b"[" + written + b"]"), name) == {"c-1": cell}
        assert json.loads(written)["data"] == {name: cell}

    seeds = (b"Lead ID|L-1", 'Léad "ID"\\|\u2028'.encode(), b"id|x", b"data|y", b"|")
    told(play(Target(name="columns and cells", read=read, seeds=seeds, few=200)))
