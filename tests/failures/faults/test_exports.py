"""2.8: export, download, join. A file is what was asked for only if nothing speaks against it."""

import pytest

from harness.flow import Call

from . import naive
from .killing import killed
from .rig import BATCH, LEADS

GEN, CSV, CSV_OWN = "batch-api", "csv-import-export", "csv-import-own-ids"
EVERY = pytest.mark.parametrize("name", [GEN, "batch-api-own-ids", CSV, CSV_OWN])
NOT_YET = {"status": 404, "body": {"code": "no.available.list.export.uri", "message": "not yet", "status": 404}}
HEADER = "inin-outbound-id,Lead ID,First Name\n"


def file(times: int = 1, when: str = "before_parse", **action):
    return {"op": "export.file", "nth": 1, "times": times, "when": when, "action": action}


@pytest.mark.parametrize("status", [404, 400])
@EVERY
def test_f092_an_export_that_takes_its_time(rig, name, status):
    """It is ready at the 40th poll and was requested once: ALL."""
    rig.faults({"op": "export.get", "nth": 2, "times": 40, "action": {**NOT_YET, "status": status}})
    end = rig.upload(name)
    assert rig.count("export.create") == 1
    rig.check(end, name)


@EVERY
def test_f092_an_export_that_never_comes(rig, name):
    """Requested twice, then exit 5 EXPORT_STALLED after 22 min; ALL after the same command."""
    rig.faults({"op": "export.get", "nth": 2, "times": 100_000, "action": NOT_YET})
    end = rig.upload(name)
    assert (end.code, end.word) == (5, "EXPORT_STALLED")
    rig.faults()
    rig.check(rig.upload(name), name)


@EVERY
def test_f092_an_export_that_the_platform_forgot(rig, name):
    """The first request is accepted and nothing happens; the export is requested again after 7 min: ALL."""
    rig.faults({"op": "export.create", "nth": 1, "action": {"status": 200, "body": {"id": "forgotten"}}})
    end = rig.upload(name)
    assert rig.count("export.create") == 2
    rig.check(end, name)


@pytest.mark.parametrize("status", [403, 404, 410])
@EVERY
def test_f093_an_address_that_has_expired(rig, name, status):
    """A new export is asked for, once: ALL."""
    rig.faults(file(status=status, body="<Error><Code>AccessDenied</Code></Error>"))
    end = rig.upload(name)
    assert rig.count("export.create") == 2
    rig.check(end, name)


def test_f093_addresses_that_are_always_dead(rig):
    """Every address has expired when it is issued: exit 5 EXPORT_EXPIRED; ALL once addresses are valid again."""
    rig.settings(jobs__export_uri_ttl_s=0.0)
    end = rig.upload(CSV, deadline_s=7200.0)
    assert (end.code, end.word) in ((5, "EXPORT_EXPIRED"), (5, "EXPORT_STALLED"))
    rig.settings(jobs__export_uri_ttl_s=900.0)
    rig.check(rig.upload(CSV), CSV)


@pytest.mark.parametrize("action", [{"reset": True}, {"content_length_delta": 10}, {"stall_s": 4000}], ids=str)
@EVERY
def test_f095_a_download_that_breaks_off(rig, name, action):
    """Fewer bytes than announced, or none for an hour: fetched again: ALL."""
    rig.settings(jobs__export_uri_ttl_s=10_000.0)
    rig.faults(file(when="mid_response", **action))
    end = rig.upload(name)
    assert rig.count("export.create") == 1
    rig.check(end, name)


@pytest.mark.parametrize(("cut", "word"), [("in an id", "EXPORT_TRUNCATED"), ("in a row", "EXPORT_TRUNCATED")])
@pytest.mark.parametrize("name", [GEN, CSV])
def test_f096_a_file_that_ends_in_a_row(rig, name, cut, word):
    """Its length agrees: exit 5, nothing is joined, no lead is reported lost; ALL after the same command."""
    at = {"in an id": 20_010, "in a row": 20_060}[cut]
    rig.faults({"op": "export.file", "nth": 1, "action": {"truncate_at": at}})
    end = rig.upload(name)
    assert (end.code, end.word) == (5, word)
    rig.check(rig.upload(name), name)


def test_f096_a_file_that_ends_between_two_rows(rig):
    """The file is well-formed but names fewer leads than the list has, so it is fetched again: ALL."""
    end_of_a_row = rig.export_of(CSV).find(b"\n", 20_000) + 1
    rig.delete()
    rig.forget_the_run()
    rig.faults({"op": "export.file", "nth": 1, "action": {"truncate_at": end_of_a_row}})
    exports = rig.count("export.create")
    end = rig.upload(CSV)
    assert rig.count("export.create") - exports == 2
    rig.check(end, CSV)


def test_f096_a_proof_that_ends_between_two_rows(rig):
    """Leads appear to be lost: exit 4, never 0; ALL after the same command."""
    end_of_a_row = rig.export_of(GEN).find(b"\n", 20_000) + 1
    rig.faults({"op": "export.file", "nth": 1, "action": {"truncate_at": end_of_a_row}})
    end = rig.upload(GEN)
    assert (end.code, end.word) == (4, "VERIFY_FAILED")
    rig.check(rig.upload(GEN), GEN)


@EVERY
def test_f099_a_former_export_is_on_offer(rig, name):
    """GET still shows the previous export: the proof waits for its own, and reports what is lost: exit 4."""
    assert rig.upload(name).code == 0
    rig.lose(3)
    end = rig.upload(name)
    assert (end.code, end.word) == (4, "VERIFY_FAILED")


@pytest.mark.parametrize("name", [GEN, CSV_OWN])
def test_f099_an_export_that_a_killed_start_asked_for(rig, name):
    """It becomes ready during the next start and shows contacts that are gone by then: it is not used, exit 4."""
    rig.settings(jobs__export_start_delay_s=30.0)
    assert rig.run(killed(rig.plan(name), rig.target, rig.folder / "run", asks_for_an_export, 1, "after"))
    rig.lose(LEADS)
    rig.sleep(15)
    end = rig.upload(name)
    assert (end.code, end.word) == (4, "VERIFY_FAILED")


def asks_for_an_export(step):
    return isinstance(step, Call) and step.op == "export.create"


def test_f099_a_former_export_that_is_taken(rig):
    """An upload that takes the previous export reads the list as it was before the import: CHECK says C4."""
    end = rig.upload_meanwhile(naive.FirstUrlWins(), 2.0, rig.export)
    assert (end.code, rig.complaints()) == (3, [f"C4: {LEADS} orphaned"])


def test_f100_a_byte_order_mark_and_quotes(rig):
    """An export that begins with a byte order mark and a quoted header is read correctly: ALL."""
    assert rig.export_of(CSV).startswith('\ufeff"inin-outbound-id"'.encode())
    assert rig.complaints() == []


@pytest.mark.parametrize(
    "content",
    [
        "id,Lead ID\n",
        "inin-outbound-id\n",
        "inin-outbound-id,Lead ID,Lead ID\n",
        "inin-outbound-id,LEAD ID\n",
        "",
    ],
)
@pytest.mark.parametrize("name", [GEN, CSV])
def test_f101_another_header(rig, name, content):
    """A column is missing, there twice or spelled differently: exit 6 COLUMN_MISMATCH; ALL once it is right."""
    rig.faults(file(times=100, status=200, body=content))
    end = rig.upload(name)
    assert (end.code, end.word) == (6, "COLUMN_MISMATCH")
    rig.faults()
    rig.check(rig.upload(name), name)


@EVERY
def test_f101_a_page_in_place_of_the_file(rig, name):
    """A login page arrives in place of the file: another export is requested: ALL."""
    rig.faults(file(status=200, body="<html>Sign in</html>\n"))
    end = rig.upload(name)
    assert rig.count("export.create") == 2
    rig.check(end, name)


def test_f101_pages_in_place_of_every_file(rig):
    """Every download is a web page: exit 5 EXPORT_NO_FILE; ALL once there is a file."""
    rig.faults(file(times=100, status=200, body="<html>Sign in</html>\n"))
    end = rig.upload(CSV)
    assert (end.code, end.word) == (5, "EXPORT_NO_FILE")
    rig.faults()
    rig.check(rig.upload(CSV), CSV)


@pytest.mark.parametrize(("name", "told"), [(GEN, (4, "VERIFY_FAILED")), (CSV, (5, "EXPORT_MISMATCH"))])
def test_f105_lead_ids_that_were_changed_on_the_way(rig, name, told):
    """Lead IDs are compared as text: none in the file match and none are mapped; ALL once the file is right."""
    rig.faults(file(times=100, when="after_commit", rewrite="lower_lead_id"))
    end = rig.upload(name)
    assert (end.code, end.word) == told
    rig.faults()
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize(("rewrite", "code"), [("shuffle", 0), ("drop_one", 4), ("add_one", 4), ("duplicate_id", 4)])
def test_f101_rows_in_another_order_or_number(rig, rewrite, code):
    """The order of rows does not matter; with a row too few or too many the proof fails."""
    rig.faults(file(when="after_commit", rewrite=rewrite))
    assert rig.upload(GEN).code == code
    rig.check(rig.upload(GEN), GEN)


@pytest.mark.hardening("harness-5")
@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest",
        "http://elsewhere.example/x",
        "file:///etc/passwd",
        "ftp://files.example/x",
        "//[",
    ],
)
@EVERY
def test_f109_a_download_that_leads_elsewhere(rig, name, location):
    """Exit 9 REDIRECT_REFUSED names at most the host, and nothing is fetched; ALL once the address is right."""
    away = {"status": 303, "headers": {"Location": location}}
    rig.faults({"op": "export.download", "nth": 1, "times": 100, "action": away})
    end = rig.upload(name)
    assert (end.code, end.word, rig.count("export.file")) == (9, "REDIRECT_REFUSED", 0)
    rig.faults()
    rig.check(rig.upload(name), name)


@pytest.mark.hardening("harness-4", "harness-5")
@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("name", [GEN, "batch-api-own-ids"])
def test_f110_contacts_are_not_posted_elsewhere(rig, name, status):
    """A redirect of a POST is not followed: exit 9, no contact was sent to another host; ALL without the redirect."""
    away = {"status": status, "headers": {"Location": "http://elsewhere.example/contacts"}}
    rig.faults({"op": "contacts.add", "nth": 2, "times": 100, "action": away})
    end = rig.upload(name, concurrency=1)
    assert (end.code, end.word, rig.size()) == (9, "REDIRECT_REFUSED", BATCH)
    rig.faults()
    end = rig.upload(name)
    assert end.entry["mapped"] == LEADS
    rig.check(end, name)
