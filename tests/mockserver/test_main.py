import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mockserver.__main__ import AS_ROOT, IN_COMMAND, main
from mockserver.config import Config, ConfigError, clients_in, parse_client

FORM = {"grant_type": "client_credentials"}


class Started:
    """A mock in a process of its own."""

    def __init__(self, *args, ready_file, environ=None):
        command = [sys.executable, "-m", "mockserver", "--port", "0", "--ready-file", str(ready_file), *args]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | (environ or {})
        )
        self.first_line = self.process.stdout.readline()  # printed once the ready file is there
        assert self.first_line, self.process.stderr.read()
        self.ready = json.loads(ready_file.read_text())

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        assert err.startswith(AS_ROOT) == (os.geteuid() == 0)
        return self.process.returncode, self.first_line + out, err.removeprefix(f"{AS_ROOT}\n")


@pytest.fixture
def start(tmp_path):
    started = []

    def one(*args, **options):
        started.append(Started(*args, ready_file=tmp_path / "ready.json", **options))
        return started[-1]

    yield one
    for mock in started:
        if mock.process.poll() is None:
            mock.process.kill()
        mock.process.communicate()


@pytest.mark.hardening("mock-4")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_from_start_to_stop(start, tmp_path, number):
    """A started mock says where it is, serves, and stops without leaving anything behind."""
    spools = tmp_path / "spools"
    spools.mkdir()
    mock = start("--seed", "3", environ={"TMPDIR": str(spools)})
    ready = mock.ready
    assert (tmp_path / "ready.json").stat().st_mode & 0o777 == 0o600
    assert ready.keys() == {"url", "control_url", "control_token", "pid", "client_id", "client_secret", "ca_file"}
    reply = httpx.post(f"{ready['url']}/oauth/token", data=FORM, auth=(ready["client_id"], ready["client_secret"]))
    assert reply.status_code == 200
    control = httpx.get(f"{ready['control_url']}/state", headers={"Authorization": f"Bearer {ready['control_token']}"})
    assert control.json()["lists"] == []
    (spool,) = spools.iterdir()
    assert spool.stat().st_mode & 0o777 == 0o700
    code, out, err = mock.stop(number)
    assert (code, err, list(spools.iterdir()), (tmp_path / "ready.json").exists()) == (
        0,
        "",
        [],
        False,
    )
    assert ready["url"] in out


def test_row_12_a_client_whose_id_looks_like_a_real_one(start):
    """The greeting has it, and it gets a token; with clients of one's own it is not there."""
    mock = start("--allow-origin", "http://LOCALHOST:3000")
    found = "11111111-2222-4333-8444-555555555555"
    reply = httpx.post(f"{mock.ready['url']}/oauth/token", data=FORM, auth=(found, "mock-secret"))
    page = httpx.get(f"{mock.ready['url']}/healthz", headers={"Origin": "http://localhost:3000"})
    assert (reply.status_code, page.headers["Access-Control-Allow-Origin"]) == (200, "http://localhost:3000")
    assert f"\n{found} mock-secret\n" in greeting(mock)
    assert found not in greeting(start("--client", "mine:secret"))


def greeting(mock):
    """All but the first line of what it has said, once it has stopped."""
    mock.process.terminate()
    assert mock.process.wait(20) == 0
    return mock.process.stdout.read()


def test_settings_from_the_environment(start):
    """Every option is also a variable."""
    mock = start(environ={"CONTACTBENCH_MOCK_CLIENT": "my-client:my-secret", "CONTACTBENCH_MOCK_PACE": "none"})
    assert (mock.ready["client_id"], mock.ready["client_secret"]) == ("my-client", "my-secret")
    headers = {"Authorization": f"Bearer {mock.ready['control_token']}"}
    profile = httpx.get(f"{mock.ready['control_url']}/profile", headers=headers).json()
    assert (profile["rate"]["requests_per_window"], profile["sources"]["rate.requests_per_window"]) == (
        0,
        "--pace none",
    )


@pytest.mark.hardening("mock-34")
def test_a_store_that_is_in_use(start, tmp_path, capsys):
    """A second mock on the same store is refused at once, with an exit code of its own."""
    start("--store", str(tmp_path / "org.sqlite"))
    assert main(["--port", "0", "--store", str(tmp_path / "org.sqlite")]) == 7
    assert "store" in capsys.readouterr().err


def test_a_kept_store_never_draws_the_same_ids_again(start, tmp_path):
    """After a restart with the same seed, new lists and contacts get new ids."""
    ids = []
    for _ in range(2):
        mock = start("--store", str(tmp_path / "org.sqlite"), "--pace", "none")
        with httpx.Client(base_url=mock.ready["url"]) as client:
            token = client.post("/oauth/token", data=FORM, auth=("mock-client", "mock-secret")).json()["access_token"]
            column = {"columnName": "Phone", "type": "cell"}
            body = {"name": f"Leads {len(ids)}", "columnNames": ["Phone"], "phoneColumns": [column]}
            headers = {"Authorization": f"Bearer {token}"}
            ids.append(client.post("/api/v2/outbound/contactlists", json=body, headers=headers).json()["id"])
        assert mock.stop()[0] == 0
    assert ids[0] != ids[1]


@pytest.mark.hardening("mock-19")
def test_a_body_that_is_not_compressed_as_it_says(start):
    """It is refused like any compressed body, and the connection stays usable."""
    mock = start("--pace", "none")
    with httpx.Client(base_url=mock.ready["url"], headers={"Content-Encoding": "gzip"}) as client:
        statuses = {client.post("/oauth/token", content=b"not gzip").status_code for _ in range(20)}
    assert statuses == {415}
    assert mock.stop()[2] == ""


def test_a_port_that_is_taken(capsys):
    """The message is one sentence that names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert capsys.readouterr().err == f"Port {port} of 127.0.0.1 is taken; choose another, or 0 for any free one.\n"


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["--host", "0.0.0.0"], "--i-understand-this-is-a-mock"),
        (["--profile", "none-such"], "no profile is called 'none-such'"),
        (["--client", "only-an-id"], "ID:SECRET"),
        (["--pace", "fast"], "pace"),
        (["--port", "70000"], "port"),
        (["--ready-file", "/no/such/folder/ready.json"], "cannot be written"),
    ],
)
@pytest.mark.hardening("mock-1")
def test_starts_that_are_refused(capsys, args, complaint):
    """What cannot work is said before anything is opened, with exit code 2."""
    assert main(["--port", "0", *args]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.hardening("harness-2")
def test_a_secret_in_the_command(start):
    """It is taken, with a warning that does not repeat it; a crash would write no memory to a file."""
    mock = start("--client", "mine:s3cret-0815")
    limits = Path(f"/proc/{mock.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert mock.stop()[2] == f"{IN_COMMAND}\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
@pytest.mark.hardening("mock-1")
def test_hosts_of_this_machine(host):
    """Loopback addresses need no permission."""
    Config(host=host).check()


def test_a_secret_is_never_repeated():
    """A malformed client is refused without saying what it was."""
    with pytest.raises(ConfigError) as error:
        parse_client(":hunter2")
    assert "hunter2" not in str(error.value)
    assert "hunter2" not in repr(parse_client("id:hunter2"))


def test_help(capsys):
    """Every option is described."""
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(option in text for option in ("--profile", "--store", "--seed", "--pace", "--ready-file"))


def test_clients_of_several_orgs(start, tmp_path):
    """Clients on the command line and in a file, with permissions and orgs; the ready file names the first."""
    clients = tmp_path / "clients.toml"
    clients.write_text(
        '[[client]]\nid = "reader"\nsecret = "a:b@c"\ngrants = ["outbound:contactList:view"]\n'
        '[[client]]\nid = "guest"\nsecret = "g"\norg = "second"\n'
    )
    store = tmp_path / "org.sqlite"
    mock = start("--client", "all:s", "--clients", str(clients), "--store", str(store), "--pace", "none")
    assert mock.ready["client_id"] == "all"
    orgs = {}
    with httpx.Client(base_url=mock.ready["url"]) as client:
        for name, secret in (("all", "s"), ("reader", "a:b@c"), ("guest", "g")):
            token = client.post("/oauth/token", data=FORM, auth=(name, secret)).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            orgs[name] = client.get("/api/v2/organizations/me", headers=headers).json()["id"]
            assert client.get("/api/v2/outbound/contactlists", headers=headers).status_code == 200
            created = client.post("/api/v2/outbound/contactlists", json={"name": name}, headers=headers).status_code
            assert (created == 403) == (name == "reader")
    assert (orgs["all"] == orgs["reader"], orgs["all"] == orgs["guest"]) == (True, False)
    assert (store.exists(), (tmp_path / "org.second.sqlite").exists()) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        "client = 1",
        "[[client]]\nid = 'a'",
        "[[client]]\nid='a'\nsecret='hunter2'\nx=1",
        "[[client",
        "\udcff",
        "a = " + "[" * 2_000,
    ],
)
def test_files_of_clients_that_are_refused(tmp_path, text):
    """The message says what is expected and repeats nothing of the file."""
    path = tmp_path / "clients.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match="TOML file of") as error:
        clients_in(path)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("clients", "complaint"),
    [
        (["a:b", "a:c"], "same id"),
        (["a:b@second"], "first org"),
        (["a:b@no/slash"], "letters"),
        (["a:b:,x"], "empty"),
    ],
)
def test_clients_that_do_not_go_together(clients, complaint):
    """A client is known by its id, and the first org must be open to one."""
    with pytest.raises(ConfigError, match=complaint):
        Config(clients=tuple(parse_client(text) for text in clients)).check()


@pytest.mark.parametrize(
    ("store", "code", "complaint"),
    [
        ("nosuch/org.sqlite", 2, "make it"),
        ("folder", 2, "not a file"),
        ("pipe", 2, "not a file"),
        ("leads.csv", 7, "not a store"),
        ("leads.csv/org", 2, "no folder"),
        ("shared/org.sqlite", 2, "can be written to by other users"),
        ("link", 2, "a link, which is not followed"),
    ],
)
@pytest.mark.hardening("mock-8", "mock-29")
def test_a_store_that_cannot_be(tmp_path, capsys, store, code, complaint):
    """One sentence, and nothing is left beside files that are somebody's own."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "leads.csv").write_text("Lead ID,Phone\n")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "link").symlink_to("leads.csv")
    before = sorted(tmp_path.rglob("*"))
    assert main(["--port", "0", "--store", str(tmp_path / store)]) == code
    assert complaint in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
