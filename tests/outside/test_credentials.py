"""Secrets as they are handed to a command: what it takes, what it tells of them, and where they are not found."""

from pathlib import Path

import pytest

import harness

from ..end_to_end.processes import Mock, ended, start

SECRET = "not-for-the-process-list-0815"


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """One whose only client has a secret of its own."""
    folder = tmp_path_factory.mktemp("mock")
    clients = folder / "clients.toml"
    clients.write_text(f'[[client]]\nid = "consultant"\nsecret = "{SECRET}"\n')
    mock = Mock(folder, "--pace", "none", "--clients", str(clients))
    yield mock
    mock.stop()


@pytest.fixture
def path(tmp_path):
    """A private file with that secret."""
    path = tmp_path / "credentials"
    path.touch(mode=0o600)
    path.write_text(f"GENESYSCLOUD_OAUTHCLIENT_ID=consultant\nGENESYSCLOUD_OAUTHCLIENT_SECRET={SECRET}\n")
    return path


@pytest.fixture
def stray(tmp_path):
    """A home and an environment with settings for other programs: netrc, the Python SDK's configuration, proxies."""
    netrc = tmp_path / ".netrc"
    netrc.touch(mode=0o600)
    netrc.write_text("machine 127.0.0.1 login stray password another\n")
    sdk = tmp_path / ".genesyscloudpython" / "config"
    sdk.parent.mkdir()
    sdk.write_text("[general]\nhost = https://stray.invalid\n")
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    return proxies | {"HOME": str(tmp_path)}


@pytest.mark.hardening("harness-1", "harness-27")
def test_an_upload_with_a_file_of_credentials(contactbench, make_leads, upload_of, mock, path, stray, tmp_path):
    """It says what goes where and where the client was read, before the run, follows no setting that was not meant for
    it, and writes the secret nowhere."""
    ran = contactbench(*upload_of(make_leads(3), "batch-api", mock.url, "--credentials-file", path), **stray)
    assert ran.code == 0, ran.err
    first = ran.err.splitlines()[0]
    assert first == f"contactbench {harness.__version__}, target {mock.url}, credentials: credentials file"
    kept = [each for each in (tmp_path / "run").rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()]
    assert (kept, SECRET in ran.out + ran.err) == ([], False)


@pytest.mark.hardening("harness-1")
def test_a_file_of_credentials_that_others_can_read(contactbench, make_leads, upload_of, mock, path):
    """Exit 2 before anything is sent."""
    path.chmod(0o644)
    before = mock.count("oauth.token")
    ran = contactbench(*upload_of(make_leads(3), "batch-api", mock.url, "--credentials-file", path))
    assert (ran.code, ran.complaint, mock.count("oauth.token"), SECRET in ran.err) == (2, "NOT_PRIVATE", before, False)


@pytest.mark.hardening("harness-2", "harness-27")
def test_a_command_while_it_runs(make_leads, upload_of, mock, path, tmp_path):
    """A crash would write no memory to a file."""
    mock.faults({"op": "contacts.add", "action": {"stall_s": 30}})
    process = start(upload_of(make_leads(3), "batch-api", mock.url, "--credentials-file", str(path)), tmp_path)
    told = [process.stderr.readline() for _ in range(2)]  # what goes where; the plan
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    process.kill()
    ended(process)
    (core,) = [each.split()[4:6] for each in limits.splitlines() if each.startswith("Max core file size")]
    assert (core, "credentials: credentials file" in told[0]) == (["0", "0"], True)
