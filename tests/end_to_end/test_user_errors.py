"""What a user can get wrong: one sentence, an exit code that scripts can rely on, and nobody's data in it."""

import csv
from pathlib import Path

import pytest

PHONE, SECRET = "+1 555 0142", "s3cr3t-of-nobody"
HEADER, ROWS = ["Lead ID", "Phone", "Name"], [[f"L{n}", PHONE, "Quill Canary"] for n in range(30)]


@pytest.fixture
def leads(tmp_path):
    """A file of good leads, all of them with one recognisable phone number and name."""
    path = tmp_path / "leads.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *ROWS])
    return path


@pytest.fixture
def failing(contactbench, upload_of, tmp_path):
    """A function: exit code and code of an upload, once it is seen that it gives nothing away."""

    def upload(leads: Path, url: str, *more: object, strategy: str = "batch-api", **environ: str) -> tuple[int, str]:
        ran = contactbench(*upload_of(leads, strategy, url, *more), **environ)
        told = ran.out + ran.err
        assert not [word for word in ("Traceback", SECRET, PHONE, "Canary") if word in told], told
        assert leaks(tmp_path / "run") == []
        return ran.code, ran.complaint

    return upload


def leaks(run: Path) -> list[str]:
    """Files of a run that hold a phone number, a name or a secret; rejects are there to show the rows."""
    words = [word.encode() for word in (PHONE, "Canary", SECRET)]
    files = [path for path in run.rglob("*") if path.is_file() and not path.name.startswith("rejects.")]
    return [path.name for path in files if any(word in path.read_bytes() for word in words)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"Id,Phone\nL1,+1 555 0142\n", "INPUT_BAD"),  # no Lead ID column
        (b"Lead ID,Mobile\nL1,+1 555 0142\n", "INPUT_BAD"),
        (b"Lead ID,Phone,Phone\nL1,+1 555 0142,2\n", "INPUT_BAD"),
        (b"Lead ID,Phone\nL1,+1 555 0142\nL1,+1 555 0142\n", "DUPLICATE_LEADS"),
        (b"Lead ID,Phone,Name\nL1,+1 555 0142,\xff\xfe Canary\n", "INPUT_BAD"),  # not UTF-8
        (b'Lead ID,Phone,Name\nL1,+1 555 0142,"Canary\n', "INPUT_BAD"),  # a quote without end
        (b'Lead ID,Phone,Name\nL1,+1 555 0142,"Canary"s\n', "INPUT_BAD"),
        (b"", "INPUT_BAD"),
        (b"PK\x03\x04", "INPUT_BAD"),  # a workbook
    ],
)
def test_a_file_that_is_none(mock, failing, tmp_path, content, code):
    """A file that cannot be read unambiguously is refused before anything is sent."""
    leads = tmp_path / "broken.csv"
    leads.write_bytes(content)
    assert (failing(leads, mock.url), mock.count("oauth.token")) == ((2, code), 0)


@pytest.mark.parametrize(
    ("more", "strategy", "expected"),
    [
        (["--lists", 1, "--contacts-per-list", 10], "batch-api", (2, "LISTS_TOO_FEW")),
        (["--leads", "none-such.csv"], "batch-api", (2, "INPUT_BAD")),
        ([], "batch-apis", (2, "UNKNOWN_STRATEGY")),
        (["--target", "https://api.mypurecloud.com"], "batch-api", (9, "HOST_NOT_ALLOWED")),
        (["--target", "http://127.0.0.1.example.com"], "batch-api", (9, "HOST_NOT_ALLOWED")),
        (["--target", "ftp://localhost"], "batch-api", (2, "BAD_TARGET")),
        (["--target", f"http://user:{SECRET}@127.0.0.1:8080"], "batch-api", (2, "BAD_TARGET")),
        (["--target", "http://127.0.0.1:9"], "batch-api", (5, "NO_CONNECTION")),  # nobody listens to discard
        (["--max-duration", 1], "csv-import-search", (5, "DEADLINE")),
    ],
)
def test_a_command_that_cannot_work(mock, failing, leads, more, strategy, expected):
    """Nothing is sent to a wrong server, and a missing server is reported without a long wait."""
    mock.faults({"op": "import.status", "action": {"status": 503}})
    assert failing(leads, mock.url, *more, strategy=strategy) == expected


def test_a_secret_that_is_wrong(mock, failing, leads):
    """The server's no to the client is final, and the secret is not repeated."""
    assert failing(leads, mock.url, GENESYSCLOUD_OAUTHCLIENT_SECRET=SECRET) == (6, "AUTH_REJECTED")
    assert mock.get("/ledger/counts").keys() == {"oauth.token"}


@pytest.mark.parametrize(
    ("setting", "value", "strategy", "code"),
    [
        ("limits.contacts_per_list", 10, "batch-api", "LIST_CAP"),
        ("limits.contacts_per_org", 10, "batch-api", "ORG_CAP"),
        ("limits.lists_per_org", 0, "batch-api", "ORG_CAP"),
        ("limits.upload_bytes", 500, "csv-import-own-ids", "BODY_TOO_LARGE"),
        ("semantics.own_ids", "ignore", "batch-api-own-ids", "OWN_IDS_IGNORED"),
    ],
)
def test_a_server_that_says_no(start_mock, failing, leads, setting, value, strategy, code):
    """The platform's own limits end an upload with the limit's name and an advice."""
    mock = start_mock("--pace", "none")
    mock.settings(**{setting.replace(".", "__"): value})
    assert failing(leads, mock.url, strategy=strategy) == (6, code)


def test_another_input_in_the_same_folder(mock, contactbench, make_leads, upload_of, failing):
    """A run folder belongs to its input: another one is refused before anything is sent."""
    assert contactbench(*upload_of(make_leads(10), "batch-api", mock.url)).code == 0
    before = mock.get("/ledger/counts")
    assert failing(make_leads(11), mock.url) == (7, "STATE_MISMATCH")
    assert mock.get("/ledger/counts") == before


@pytest.mark.parametrize("damage", [b"SQLite format 3\0" + b"\xff" * 5_000, b"no database at all\n" * 300])
def test_a_journal_that_is_damaged(mock, contactbench, make_leads, upload_of, failing, tmp_path, damage):
    """A journal that cannot be read is refused."""
    leads = make_leads(10)
    assert contactbench(*upload_of(leads, "batch-api", mock.url)).code == 0
    (tmp_path / "run" / "journal.sqlite").write_bytes(damage)
    assert failing(leads, mock.url) == (7, "STATE_CORRUPT")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["compare", "--leads", "10", "--profile", "none-such", "--json"], 2),
        (["compare", "--leads", "10", "--strategies", "none-such", "--json"], 2),
        (["compare", "--leads", "none-such.csv", "--json"], 2),
        (["compare", "--pace", "brisk"], 2),
        (["upload", "--strategy", "batch-api"], 2),
        (["verify", "none-such"], 7),
        (["mapping", "none-such", "--to", "x.csv"], 7),
        (["report", "none-such"], 2),
        (["leads", "--count", "-1", "--to", "x.csv"], 2),
        (["leads", "--count", "1", "--to", "/no/such/folder/x.csv"], 2),
        (["none-such"], 2),
    ],
)
def test_other_commands(contactbench, arguments, code):
    """Every command ends with a sentence."""
    ran = contactbench(*arguments)
    assert (ran.code, "Traceback" in ran.err) == (code, False), ran.err
    assert ran.err.strip()
