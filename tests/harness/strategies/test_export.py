"""An export is asked for, waited for, and fetched without showing the token to anybody else."""

from pathlib import Path

import pytest

from harness.errors import GaveUp, SafetyStop
from harness.flow import Reply
from harness.strategies.export import READS, export_list, export_verification

from ..fakes import LOST, Files, found, job, no, ok, ran, shard

API = "https://api.example"
NONE_YET = no(404, "no.available.list.export.uri")
STARTED = ok({})


def current(stamp, uri=f"{API}/downloads/1"):
    return ok({"uri": uri, "exportTimestamp": stamp})


def file_of(content):
    """An answer whose body went to the call's file."""

    def saved(call):
        call.save_to.write_bytes(content)
        return Reply(status=200)

    return saved


def redirect(location, status=302):
    return Reply(status=status, headers={"location": location})


def test_a_first_export():
    """Looked for, asked for, waited for, fetched in two hops: the second without the token, into a file."""
    answers = NONE_YET, STARTED, NONE_YET, current("1"), redirect("https://files.example/x?signature=s"), ok("")
    end = ran(export_list(shard(), job()), *answers)
    assert end.driver.trail == [
        "export.get",
        "export.create",
        "export.get",
        "poll 1",
        "export.get",
        "export.download",
        "export.file",
        "work",
    ]
    hop, target = end.driver.calls[-2:]
    assert (hop.bearer, hop.url) == (True, f"{API}/downloads/1")
    assert (target.bearer, target.save_to) == (False, Path("run/export-0.csv"))
    assert target.url == "https://files.example/x?signature=s"


def test_a_former_export_is_not_taken_for_the_new_one():
    """The platform may go on serving it; its time stamp tells."""
    answers = current("1"), STARTED, current("1"), current("1"), current("2"), redirect("/file"), ok("")
    end = ran(export_list(shard(), job()), *answers)
    assert end.driver.waits == [1.0, 1.5]


NOTHING = Reply(status=200, body=b"<html>")


@pytest.mark.parametrize(("answers", "code"), [([NOTHING, current("1")], None), ([NOTHING] * READS, "BAD_RESPONSE")])
def test_an_answer_that_says_nothing_is_asked_for_again(answers, code):
    """It is not taken for none: then the former export would pass for the new one."""
    rest = [STARTED, current("1"), current("2"), redirect("/file"), ok("")] if code is None else []
    end = ran(export_list(shard(), job()), *answers, *rest)
    assert getattr(end.error, "code", None) == code


def test_a_small_file_that_comes_at_once(tmp_path):
    """Without a redirect the body is the file."""
    body = b"inin-outbound-id\n"
    end = ran(
        export_list(shard(), job(files=Files(tmp_path))),
        NONE_YET,
        STARTED,
        current("1"),
        file_of(body),
    )
    assert (tmp_path / "export-0.csv").read_bytes() == body
    assert end.driver.trail[-1] == "work"


def test_an_export_that_never_comes_is_given_up():
    """It is asked for again after half of the time without progress that the settings allow, and has all of it then."""
    end = ran(export_list(shard(), job(stalled_s=4.0)), NONE_YET, STARTED, *[NONE_YET] * 3, STARTED, *[NONE_YET] * 4)
    assert isinstance(end.error, GaveUp)
    assert end.error.code == "EXPORT_STALLED"
    assert end.driver.waits == [1.0, 1.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("page", [b"<html>Sign in</html>", b"\xef\xbb\xbf\n <!DOCTYPE html>", b"<Error/>"])
def test_a_page_in_place_of_the_file(tmp_path, page):
    """Another export is asked for; a second page ends the run for now."""
    reply = file_of(page)
    answers = [NONE_YET, STARTED, current("1"), reply, current("1"), STARTED, current("2"), reply]
    end = ran(export_list(shard(), job(files=Files(tmp_path))), *answers)
    assert (type(end.error), end.error.code) == (GaveUp, "EXPORT_NO_FILE")


@pytest.mark.parametrize(
    ("location", "fetched"),
    [
        ("https://files.example/x", "https://files.example/x"),
        ("/files/x?s=1", f"{API}/files/x?s=1"),
        ("@evil.example/x", f"{API}/downloads/@evil.example/x"),  # a path, however it looks
        (".evil.example/x", f"{API}/downloads/.evil.example/x"),
        ("//files.example/x", "https://files.example/x"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_where_a_redirect_may_lead(location, fetched, status):
    """A download may be redirected to https, or to a path on the same host."""
    answers = NONE_YET, STARTED, current("1"), redirect(location, status), ok("")
    assert ran(export_list(shard(), job()), *answers).driver.calls[-1].url == fetched


@pytest.mark.hardening("harness-5")
@pytest.mark.parametrize(
    "location", ["http://api.example/x", "http://127.0.0.1/x", "ftp://files.example/x", "file:///etc/passwd"]
)
def test_where_a_redirect_may_not_lead(location):
    """Nothing is fetched from there, and messages leave out the signed part of the address."""
    end = ran(export_list(shard(), job()), NONE_YET, STARTED, current("1"), redirect(f"{location}?signature=s3cret"))
    assert isinstance(end.error, SafetyStop)
    assert end.error.code == "REDIRECT_REFUSED"
    assert "s3cret" not in str(end.error)


def test_a_mock_without_https_may_redirect_to_itself():
    """The same scheme, host and port as the address it came from."""
    mock = "http://127.0.0.1:8080"
    answers = NONE_YET, STARTED, current("1", f"{mock}/downloads/1"), redirect(f"{mock}/files/1"), ok("")
    assert ran(export_list(shard(), job()), *answers).driver.calls[-1].url == f"{mock}/files/1"
    elsewhere = redirect("http://127.0.0.1:8081/files/1")
    end = ran(export_list(shard(), job()), NONE_YET, STARTED, current("1", f"{mock}/downloads/1"), elsewhere)
    assert end.error.code == "REDIRECT_REFUSED"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([no(404, "contact.list.not.found")], "LIST_GONE"),
        ([LOST], "SERVER_ERROR"),
        ([NONE_YET, no(403, "missing.permissions")], "FORBIDDEN"),
        ([NONE_YET, STARTED, no(503)], "SERVER_ERROR"),
        ([NONE_YET, STARTED, current("1"), no(400)], "REFUSED"),
        ([NONE_YET, STARTED, current("1"), no(404), current("1"), STARTED, current("2"), no(410)], "EXPORT_EXPIRED"),
        ([NONE_YET, STARTED, current("1"), no(403, "missing.permissions")], "FORBIDDEN"),
        ([NONE_YET, STARTED, current("1"), redirect("/x"), LOST], "SERVER_ERROR"),
        ([NONE_YET, STARTED, current("1"), redirect("/x"), redirect("/y")], "REDIRECT_REFUSED"),  # one hop, no more
    ],
)
def test_what_ends_an_export(answers, code):
    """Each step may fail; none is passed over."""
    assert ran(export_list(shard(), job()), *answers).error.code == code


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_address_that_has_expired_is_asked_for_anew(status):
    """A new export, since the former one's address may be dead for good."""
    again = current("1"), STARTED, current("2"), redirect("/y"), ok("")
    end = ran(export_list(shard(), job()), NONE_YET, STARTED, current("1"), redirect("/x"), no(status), *again)
    assert [call.url for call in end.driver.calls if call.op == "export.file"][-1].endswith("/y")


def test_every_list_is_exported_for_the_proof():
    """One flow a list."""
    verification = export_verification(job(shard(0), shard(1)))
    assert verification.by_export
    flows = list(verification.flows)
    assert [next(flow).function() for flow in flows] == [3, 3]
    assert [flow.send(3).contact_list_id for flow in flows] == ["list-1", "list-2"]


@pytest.mark.parametrize(("sizes", "exports"), [([3], 1), ([0, 3], 1), ([0] * 13, 2)])
def test_a_size_that_does_not_fit_makes_a_second_export(sizes, exports):
    """The size settles first; where it differs for good, the first export may be older than it."""
    files = [NONE_YET, STARTED, current("1"), redirect("/file"), ok("")]
    second = [current("1"), STARTED, current("2"), redirect("/file"), ok("")]
    (flow,) = export_verification(job(shard())).flows
    end = ran(flow, *(found(size=size) for size in sizes), *files, *(second if exports == 2 else []))
    assert [call.op for call in end.driver.calls].count("export.create") == exports
