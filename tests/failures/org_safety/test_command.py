"""The command as a consultant types it, against a mock behind a gateway: where a real org would be."""

import os
import pty
import subprocess
from urllib.parse import urlsplit

import pytest

from harness.leads.synthetic import SyntheticLeads, write_csv

from ...end_to_end.processes import CONTACTBENCH, TIMEOUT_S, WITHOUT_CHARTS, Mock, ended, environment

SECRET = "s3cret-of-the-sandbox"
PROFILE = f'[Sandbox]\nclient_credentials = "consultant"\nclient_secret = "{SECRET}"\n'


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """A mock without limits and latencies whose client only the profile knows."""
    mock = Mock(tmp_path_factory.mktemp("mock"), "--pace", "none", "--client", f"consultant:{SECRET}")
    yield mock
    mock.stop()


@pytest.fixture
def leads(tmp_path):
    path = tmp_path / "leads.csv"
    write_csv(SyntheticLeads(40, seed=1), path)
    return path


def gateway(mock):
    where = urlsplit(mock.url)
    return {
        "GENESYSCLOUD_GATEWAY_HOST": where.hostname,
        "GENESYSCLOUD_GATEWAY_PORT": str(where.port),
        "GENESYSCLOUD_GATEWAY_PROTOCOL": "http",
    }


@pytest.fixture
def contactbench(mock, tmp_path):
    """A function: the command with the profile on its standard input, to its end."""

    def ran(*arguments, stdin=PROFILE):
        org = ["--gc-config", "-", "--gc-profile", "sandbox"]
        command = [CONTACTBENCH, *map(str, arguments), *org, "--json"]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, cwd=tmp_path,
            env=environment(**gateway(mock), **WITHOUT_CHARTS), timeout=TIMEOUT_S,
        )  # fmt: skip
        assert SECRET not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    return ran


def of(leads, *more):
    return ["upload", "--leads", leads, "--lead-id", "Lead ID", "--phone", "Phone", "--target", "org",
            "--strategy", "batch-api-own-ids", "--run", "run", *more]  # fmt: skip


def org_of(mock):
    with mock.api() as api:
        return api.get("/api/v2/organizations/me").json()["id"]


def test_from_the_first_canary_to_the_last_list(mock, contactbench, leads, tmp_path):
    """Stopped after ten leads, continued with the option, then proved again and removed from the run's folder alone."""
    upload = of(leads, "--org-id", org_of(mock), "--yes")
    code, _, told = contactbench(*upload, "--max-contacts", 20)
    assert (code, "RUN_CAP" in told, mock.count("contacts.add")) == (9, True, 1)
    assert contactbench(*upload)[0] == 0
    assert contactbench("verify", "run")[0] == 0
    assert (contactbench("cleanup", "run", "--yes")[0], mock.get("/state")["lists"]) == (0, [])
    leaks = [path for path in (tmp_path / "run").rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert leaks == []


@pytest.mark.hardening("harness-9")
def test_nobody_is_at_a_terminal(mock, contactbench, leads):
    """Exit 9 NOT_CONFIRMED, and nothing is sent: a script has to give --yes."""
    requests = mock.get("/ledger/counts")
    code, _, told = contactbench(*of(leads, "--org-id", org_of(mock)))
    assert (code, "NOT_CONFIRMED" in told) == (9, True)
    assert mock.count("oauth.token") - sum(requests.get("oauth.token", {}).values()) == 1  # that of `org_of`


@pytest.mark.hardening("harness-9")
@pytest.mark.parametrize(
    ("typed", "code"), [("another org", "NOT_CONFIRMED"), ("", "RUN_CAP")], ids=["another", "the same"]
)
def test_somebody_is_at_a_terminal(mock, leads, tmp_path, typed, code):
    """Exit 9 NOT_CONFIRMED unless the user types the org's id; then the upload continues, here to its first cap."""
    config = tmp_path / "config.toml"
    config.touch(mode=0o600)
    config.write_text(PROFILE)
    org = org_of(mock)
    ours, theirs = pty.openpty()
    command = [
        CONTACTBENCH,
        *map(str, of(leads, "--org-id", org, "--gc-config", config, "--gc-profile", "Sandbox", "--max-contacts", 1)),
    ]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env=environment(**gateway(mock), **WITHOUT_CHARTS),
    )  # fmt: skip
    os.write(ours, f"{typed or org}\n".encode())
    ran = ended(process)
    os.close(ours), os.close(theirs)
    assert (ran.code, code in ran.err, "Type the id of the org" in ran.err) == (9, True, True), ran.err
