"""Secrets come by a private file, the environment or the keyring, and leave this process by no way but a login."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.client.org_safety import OrgOptions
from harness.client.secret_sources import MOST_BYTES, credentials_in, environment_of_children, read_private
from harness.errors import UsageError
from harness.runs.account import merge_sources

SECRET = "file-s3cret"
LINES = f"# of the sandbox\nGENESYSCLOUD_OAUTHCLIENT_ID=file-id\n\nGENESYSCLOUD_OAUTHCLIENT_SECRET='{SECRET}'\n"
ENVIRON = {"GENESYSCLOUD_REGION": "eu-west-1", "GENESYSCLOUD_OAUTHCLIENT_ID": "env-id",
           "GENESYSCLOUD_OAUTHCLIENT_SECRET": "env-s3cret"}  # fmt: skip
PROFILE = {"client_credentials": "profile-id", "client_secret": "profile-s3cret"}


@pytest.fixture
def private(tmp_path):
    """A function: a file with this content that only its owner can read."""

    def written(content=LINES, mode=0o600):
        path = tmp_path / "credentials"
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8-sig")
        path.chmod(mode)
        return path

    return written


@pytest.mark.hardening("harness-1")
def test_a_file_comes_before_the_environment(private):
    """What it does not say is taken from the environment, and where the client was read is told."""
    account = merge_sources(OrgOptions(), ENVIRON, PROFILE, credentials_in(private()))
    assert (account.domain, account.client_id, account.client_secret) == ("mypurecloud.ie", "file-id", SECRET)
    assert (account.origin, SECRET in repr(account)) == ("credentials file over environment over profile", False)


@pytest.mark.hardening("harness-1")
def test_an_inherited_descriptor():
    """/dev/fd/N is a pipe of the shell, which can be read once: all that ask get what was in it."""
    ours, theirs = os.pipe()
    os.write(theirs, LINES.encode())
    os.close(theirs)
    try:
        found = [credentials_in(Path(f"/dev/fd/{ours}")) for _ in range(2)]
    finally:
        os.close(ours)
        read_private.cache_clear()
    assert [each["GENESYSCLOUD_OAUTHCLIENT_SECRET"] for each in found] == [SECRET, SECRET]


def fifo(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def foreign(path):
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(path, 65534, -1)


@pytest.mark.hardening("harness-1")
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.chmod(0o640), "NOT_PRIVATE"),
        (lambda path: path.chmod(0o604), "NOT_PRIVATE"),
        (foreign, "NOT_PRIVATE"),
        (fifo, "NOT_PRIVATE"),  # nobody writes to it: to open it would wait for ever
        (lambda path: path.write_text("x" * (MOST_BYTES + 1)), "NOT_PRIVATE"),
        (lambda path: path.write_text(f"{SECRET}\n"), "NO_CREDENTIALS"),
        (lambda path: path.write_text(f"PASSWORD={SECRET}\n"), "NO_CREDENTIALS"),
        (lambda path: path.write_bytes(SECRET.encode("utf-16")), "NO_CREDENTIALS"),
        (lambda path: path.unlink(), "NO_CREDENTIALS"),
    ],
    ids=["group", "others", "foreign", "pipe", "big", "no pair", "no name", "UTF-16", "absent"],
)
def test_a_file_that_is_refused(private, spoil, code):
    """Its name and what to do are told, and nothing of what is in it."""
    path = private()
    spoil(path)
    with pytest.raises(UsageError) as error:
        credentials_in(path)
    assert (error.value.code, str(path) in str(error.value), SECRET in str(error.value)) == (code, True, False)


@pytest.fixture
def keyring(monkeypatch):
    """The library, with the secret of one client."""

    class KeyringError(Exception):
        pass

    def get_password(service, name):
        if name == "locked":
            raise KeyringError(SECRET)
        return {("contactbench", "env-id"): SECRET}.get((service, name))

    errors = SimpleNamespace(KeyringError=KeyringError)
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password, errors=errors, __spec__=1))
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


@pytest.mark.hardening("harness-1")
@pytest.mark.usefixtures("keyring")
def test_the_keyring_is_read_only_if_asked_for():
    account = merge_sources(OrgOptions(keyring=True), ENVIRON, {})
    assert (account.client_secret, account.origin) == (SECRET, "keyring over environment")
    assert merge_sources(OrgOptions(), ENVIRON, {}).client_secret == "env-s3cret"


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(("client", "code"), [("unknown", "NO_CREDENTIALS"), ("locked", "NO_KEYRING")])
def test_a_keyring_without_the_secret(client, code):
    """How to store it is told; the library's own message is not, since it is unknown what it repeats."""
    with pytest.raises(UsageError) as error:
        merge_sources(OrgOptions(keyring=True), ENVIRON | {"GENESYSCLOUD_OAUTHCLIENT_ID": client}, {})
    assert (error.value.code, SECRET in str(error.value)) == (code, False)


@pytest.mark.hardening("harness-2")
def test_child_processes_get_no_secret(monkeypatch):
    secrets = {
        "GENESYSCLOUD_ACCESS_TOKEN": SECRET,
        "PGPASSWORD": SECRET,
        "CONTACTBENCH_JOURNAL": f"postgresql://{SECRET}",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    assert not {name for name, value in environment_of_children().items() if SECRET in value}


@pytest.mark.hardening("harness-2")
def test_a_protected_process():
    """The secret is not in its environment nor in a child's, no crash leaves its memory; a login still finds it."""
    program = (
        "import os, resource, subprocess; from harness.client import secret_sources as s; s.protect_process();"
        "assert 'GENESYSCLOUD_OAUTHCLIENT_SECRET' not in os.environ;"
        "assert s.environment()['GENESYSCLOUD_OAUTHCLIENT_SECRET'] == 'env-s3cret';"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0);"
        "assert b'env-s3cret' not in subprocess.check_output(['env'])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | ENVIRON, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
