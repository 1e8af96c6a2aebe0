"""`upload --dry-run`: everything is checked, nothing is sent and nothing is left."""

import pytest

from harness.strategies import STRATEGIES


@pytest.fixture
def leads(tmp_path):
    """Four rows, two of which are no leads."""
    path = tmp_path / "leads.csv"
    path.write_text("Lead ID,Phone\nA,+15550100\n,+15550101\nB,+15550102\n,+15550103\n")
    return path


def files(folder):
    return sorted(path for path in folder.rglob("*"))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_rehearsal(mock, contactbench, make_leads, upload_of, tmp_path, strategy):
    """It says how many leads go where, and about how long it takes by whose assumption; the org hears nothing."""
    upload, before = upload_of(make_leads(30), strategy, mock.url, "--lists", 2), files(tmp_path)
    ran = contactbench(*upload, "--dry-run")
    document = ran.document
    assert (ran.code, document["rows"], document["leads"], document["rejects"]) == (0, 30, 30, []), ran.err
    assert [one["leads"] for one in document["lists"]] == [15, 15]
    assert document["estimate"]["profile"] == "default"
    assert document["estimate"]["duration_s"]["p50"] > 0
    assert (mock.count("oauth.token"), files(tmp_path)) == (0, before)


def test_every_reject_is_listed(mock, contactbench, upload_of, leads, tmp_path):
    """With its line and reason, and the exit code that the upload would have; without --json in words."""
    upload, before = upload_of(leads, "batch-api", mock.url), files(tmp_path)
    ran = contactbench(*upload, "--dry-run")
    assert (ran.code, ran.complaint) == (3, "REJECTED")
    assert [(one["line"], one["code"]) for one in ran.document["rejects"]] == [
        (3, "EMPTY_LEAD_ID"),
        (5, "EMPTY_LEAD_ID"),
    ]
    told = contactbench(*(word for word in upload if word != "--json"), "--dry-run")
    assert (told.code, "line 3: EMPTY_LEAD_ID" in told.out, "as profile default assumes" in told.out) == (3, True, True)
    (after,) = [line for line in told.err.splitlines() if line.startswith("next: contactbench upload")]
    assert "--dry-run" not in after
    assert (mock.count("oauth.token"), files(tmp_path)) == (0, before)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--lead-id", "Id"], (2, "INPUT_BAD")),
        (["--contacts-per-list", 1, "--lists", 1], (2, "LISTS_TOO_FEW")),
        (["--target", "http://127.0.0.1:99999"], (2, "BAD_TARGET")),
        (["--target", "https://api.mypurecloud.com"], (9, "HOST_NOT_ALLOWED")),
        (["--run", "leads.csv/run"], (2, "NO_FOLDER")),
        (["--run", "open"], (2, "UNSAFE_FOLDER")),
        (["--strategy", "batch"], (2, "UNKNOWN_STRATEGY")),
    ],
)
def test_what_an_upload_would_refuse(mock, contactbench, upload_of, leads, tmp_path, more, expected):
    """Ends here as it would there."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    before = files(tmp_path)
    ran = contactbench(*upload_of(leads, "batch-api", mock.url, *more), "--dry-run")
    assert (ran.code, ran.complaint) == expected
    assert files(tmp_path) == before


def test_no_leads_and_a_run_that_is_there(mock, contactbench, make_leads, upload_of, tmp_path):
    """A header alone is no error; of a folder with a run it says that it would go on."""
    upload = upload_of(make_leads(0), "batch-api", mock.url)
    assert contactbench(*upload, "--dry-run").document["goes_on"] is False
    assert contactbench(*upload).code == 0
    before = files(tmp_path)
    assert contactbench(*upload, "--dry-run").document["goes_on"] is True
    assert files(tmp_path) == before
