"""Nobody but this machine's own page starts, reads or aims anything by Locust's web interface."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from ..scenarios.conftest import serving
from .locust_process import CLIENT, browsing, command, page_of, run, until, unused_port

pytestmark = pytest.mark.smoke

ROUTES = ["/", "/swarm", "/stop", "/stats/requests", "/logs", "/contactbench/report", "/contactbench/run", "/nothing"]


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("mock"), "--pace", "none") as served:
        yield served


@pytest.fixture(scope="module")
def locust(mock, tmp_path_factory):
    options = ["--host", mock.url, "--contacts", "100", "--max-contacts", "7"]
    with page_of(tmp_path_factory.mktemp("locust"), "batch_api", *options) as there:
        yield there


def ask(locust, path, **headers):
    """Each route by GET and POST."""
    form = {"user_count": "1", "spawn_rate": "1"}
    return [
        CLIENT.request(method, f"{locust.url}{path}", data=form if method == "POST" else None, headers=headers)
        for method in ("GET", "POST")
    ]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example", "192.0.2.1:8089", "[::1", ""]
)
def test_a_name_that_was_made_to_lead_here(locust, path, host):
    """DNS rebinding: the browser takes this page for the other one's. 421, and nothing of the page."""
    for answer in ask(locust, path, Host=host):
        assert answer.status_code == 421
        assert "Locust</title>" not in answer.text


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Referer": "http://evil.example/page"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_a_page_of_another_origin(locust, path, headers):
    """403, whatever it asks for, and no header that would let it read."""
    for answer in ask(locust, path, **headers):
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_page_itself_and_programs(locust):
    """By the machine's names, from the page's own origin, and from no page at all."""
    port = httpx.URL(locust.url).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", "[::1]:9"):
        own = {"Host": host, "Origin": f"http://{host.lower()}", "Sec-Fetch-Site": "same-origin"}
        answer = CLIENT.get(f"{locust.url}/stats/requests", headers=own)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_foreign_page_in_a_browser_starts_and_reads_nothing(locust, tmp_path):
    """Played: forms, fetches, pictures and frames of a page from another port of this machine."""
    port = unused_port()
    attack = f"""<iframe src="{locust.url}/"></iframe><img src="{locust.url}/stats/requests">
<form method=post action="{locust.url}/swarm" target=f><input name=user_count value=1><input name=spawn_rate value=1>
</form><iframe name=f></iframe><script>
document.forms[0].submit();
const tries = ["/stats/requests", "/logs", "/contactbench/run"].map((path) =>
  fetch("{locust.url}" + path).then((answer) => answer.text()).catch(() => "refused"));
tries.push(fetch("{locust.url}/swarm", {{method: "POST", mode: "no-cors",
  body: new URLSearchParams({{user_count: 1, spawn_rate: 1}})}}).then(() => "refused"));
Promise.all(tries).then((all) => document.title = all.join(" "));
</script>"""
    (tmp_path / "index.html").write_text(attack)
    words = ["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: _serves(port))
            with browsing(f"http://127.0.0.1:{port}/") as page:
                page.wait_for_function("document.title.startsWith('refused')")
                assert page.title() == "refused refused refused refused"
        finally:
            server.kill()
    assert CLIENT.get(f"{locust.url}/contactbench/run").json()["heading"] == "Not started"


def _serves(port):
    try:
        return CLIENT.get(f"http://127.0.0.1:{port}/").is_success
    except httpx.TransportError:
        return False


@pytest.mark.hardening("harness-9")
def test_a_forged_form_aims_at_nothing(mock, locust, tmp_path):
    """What it names beside the fields that are shown is said in the log, and changes nothing: neither where the leads
    go, nor on whose word, nor a path, nor a cap, nor an option of Locust's own."""
    stray = tmp_path / "stray"
    forged = {
        "host": "org",
        "org_id": "8f7c1a52-0000-4000-8000-000000000000",
        "yes": "true",
        "real_numbers": "true",
        "max_contacts": "999999",
        "run_dir": str(stray / "run"),
        "leads": "/etc/passwd",
        "thresholds": "/etc/passwd",
        "gc_config": "/etc/passwd",
        "credentials_file": "/etc/passwd",
        "html_file": str(stray / "report.html"),
        "json_file": str(stray / "stats"),
        "no_mock": "true",
        "contacts": "50",
    }
    answer = CLIENT.post(f"{locust.url}/swarm", data={"user_count": "2", "spawn_rate": "2", **forged})
    assert answer.json()["host"] == mock.url
    until(lambda: CLIENT.get(f"{locust.url}/contactbench/run").json()["heading"] == "Verified")
    assert len(list(locust.folder.glob("runs/locust-batch-api/run.json"))) == 1
    assert mock.control.get("/state").json()["lists"][0]["size"] == 50
    assert "ignored in the form" in locust.log
    assert re.search(r"max_contacts.*run_dir.*yes", locust.log)
    answer = CLIENT.post(f"{locust.url}/user", content=json.dumps({"user_class_name": "BatchUploader", "load": 1}))
    assert answer.status_code == 400
    assert not stray.exists()


def test_it_listens_on_this_machine_alone(locust):
    """Unless --web-host says otherwise."""
    port = f"{httpx.URL(locust.url).port:04X}"
    rows = [line.split()[1] for table in ("tcp", "tcp6") for line in _table(table) if line.split()[3] == "0A"]
    assert [address for address in rows if address.endswith(f":{port}")] == [f"0100007F:{port}"]


def _table(name):
    return Path(f"/proc/net/{name}").read_text().splitlines()[1:]


def test_the_masters_port_too(mock, tmp_path):
    """And what runs over it is for this machine's own workers."""
    port = unused_port()
    with page_of(tmp_path, "batch_api", "--host", mock.url, "--master", "--master-bind-port", str(port)):
        rows = [line.split()[1] for table in ("tcp", "tcp6") for line in _table(table) if line.split()[3] == "0A"]
        assert [row for row in rows if row.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_a_host_that_was_chosen_has_its_names(mock, tmp_path):
    """On all addresses: any address, this machine's name, and the name of a proxy in front; no other."""
    options = ["--host", mock.url, "--web-host", "0.0.0.0", "--web-host-display-name", "https://perf.example"]
    with page_of(tmp_path, "batch_api", *options) as there:
        assert "--web-login" in there.log
        for host, status in {"192.0.2.1:8089": 200, "perf.example": 200, "evil.example": 421}.items():
            assert CLIENT.get(f"{there.url}/", headers={"Host": host}).status_code == status
        proxied = {"Origin": "https://perf.example"}
        assert CLIENT.get(f"{there.url}/tasks", headers=proxied).status_code == 200


def test_files_are_their_owners_alone(mock, tmp_path):
    """As with the CLI, whatever the umask was."""
    words = command("batch_api", "--headless", "--host", mock.url, "--contacts", "100", "--again")
    done = run(tmp_path, "sh", "-c", 'umask 022; exec "$@"', "sh", *words)
    assert done.returncode == 0, done.stderr
    made = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert {path.name for path in made} >= {"report.html", "requests.parquet", "mapping.csv"}
    assert [path for path in made if path.stat().st_mode & 0o077] == []
