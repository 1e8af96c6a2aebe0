"""Locust's own options, as its documentation has them; and the org of somebody who names none."""

import csv
import json
import os
import re
import signal
import socket
import subprocess

import httpx
import pytest

from ..scenarios.conftest import serving
from .locust_process import CLIENT, ROOT, command, page_of, run, until

pytestmark = pytest.mark.smoke

SMALL = ["--headless", "--contacts", "300", "--batch-size", "50"]


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("mock"), "--pace", "none") as served:
        yield served


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_json_is_one_document(mock, tmp_path):
    """On stdout; the summary is on stderr."""
    done = run(tmp_path, *command("batch_api", *SMALL, "--host", mock.url, "--json"))
    assert done.returncode == 0, done.stderr
    assert {entry["name"] for entry in json.loads(done.stdout)} >= {"contacts.add", "export.create"}
    assert "VERIFIED, 300 of 300" in done.stderr


def test_files_of_statistics_hold_every_request(mock, tmp_path):
    """--csv, --csv-full-history, --json-file and --html: each has what was sent, the last second included."""
    files = ["--csv", "out/s", "--csv-full-history", "--json-file", "out/j", "--html", "out/h.html"]
    done = run(tmp_path, *command("batch_api", *SMALL, "--host", mock.url, *files))
    assert done.returncode == 0, done.stderr
    (run_json,) = (tmp_path / "runs").rglob("run.json")
    sent = json.loads(run_json.read_text())["strategies"][0]["requests"]
    written = rows(tmp_path / "out/s_stats.csv")
    assert int(written[-1]["Request Count"]) == sent == sum(int(row["Request Count"]) for row in written[:-1])
    assert int(rows(tmp_path / "out/s_stats_history.csv")[-1]["Total Request Count"]) == sent
    assert sum(each["num_requests"] for each in json.loads((tmp_path / "out/j.json").read_text())) == sent
    assert "contacts.add" in (tmp_path / "out/h.html").read_text()


def test_behind_a_path(mock, tmp_path):
    """--web-base-path: the page, the tab, the report and the checks are below it."""
    options = ["--host", mock.url, "--contacts", "200", "--web-base-path", "/perf"]
    with page_of(tmp_path, "batch_api", *options, base="/perf") as locust:
        assert 'src="./contactbench/tab.js"' in CLIENT.get(f"{locust.url}/").text
        assert CLIENT.get(f"{locust.url}/contactbench/tab.js").is_success
        forged = {"user_count": "2", "spawn_rate": "2", "run_dir": str(tmp_path / "stray")}
        assert CLIENT.post(f"{locust.url}/swarm", data=forged).json()["success"]
        until(lambda: CLIENT.get(f"{locust.url}/contactbench/run").json()["heading"] == "Verified")
        assert CLIENT.get(f"{locust.url}/contactbench/report").status_code == 200
        assert CLIENT.get(f"{locust.url}/stats/requests").json()["extended_stats"][0]["data"]
        assert CLIENT.get(f"{locust.url}/", headers={"Host": "evil.example"}).status_code == 421
        assert not (tmp_path / "stray").exists()


FILES = [f"{ROOT}/scenarios", f"{ROOT}/scenarios/batch_api.py,{ROOT}/scenarios/monthly.py"]


@pytest.mark.parametrize("files", FILES, ids=["folder", "two"])
def test_several_files_are_several_scenarios(mock, tmp_path, files):
    """One sentence that says what to do, and nothing is sent; the users of one of them may be named."""
    words = [*command("batch_api")[:3], "-f", files, *SMALL, "--host", mock.url]
    done = run(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ONE_SCENARIO" in done.stderr
    assert "BatchUploader | " in done.stderr
    assert "Traceback" not in done.stderr
    done = run(tmp_path, *words, "BatchUploader")
    assert done.returncode == 0, done.stderr


def test_the_class_picker_picks_a_scenario(mock, tmp_path):
    """All at once are refused on the form; one of them runs."""
    options = ["-f", f"{ROOT}/scenarios", "--class-picker", "--host", mock.url, "--contacts", "200"]
    with page_of(tmp_path, "batch_api", *options) as locust:
        start = {"user_count": "2", "spawn_rate": "2"}
        for picked in ([], ["BatchUploader", "OwnIdImporter"], ["Agent"]):
            answer = CLIENT.post(f"{locust.url}/swarm", data={**start, "user_classes": picked}).json()
            assert not answer["success"]
            assert "ONE_SCENARIO" in answer["message"]
        picked = {"user_classes": ["OwnIdImporter"]}
        assert CLIENT.post(f"{locust.url}/swarm", data={**start, **picked}).json()["success"]
        until(lambda: CLIENT.get(f"{locust.url}/contactbench/run").json()["heading"] == "Verified")
        assert [path.parent.name for path in (tmp_path / "runs").rglob("run.json")] == ["locust-csv-import-own-ids"]


def test_a_port_that_is_taken(mock, tmp_path):
    """One sentence and exit 2, not a page that nobody can reach."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(tmp_path, *command("batch_api", "--web-port", port, "--host", mock.url))
    assert done.returncode == 2
    assert f"NO_PORT port {port} of 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_host_elsewhere(tmp_path):
    """It is told by Locust's own option."""
    done = run(tmp_path, *command("batch_api", *SMALL, "--host", "https://api.mypurecloud.com"))
    assert done.returncode == 9
    assert "--host org" in done.stdout


@pytest.mark.hardening("harness-1")
def test_a_password_in_the_host(tmp_path):
    """Refused before Locust keeps it in a report, and never repeated."""
    host = "http://u:pw-s3cret@127.0.0.1:8080"
    done = run(tmp_path, *command("batch_api", *SMALL, "--host", host, "--html", "report.html"))
    assert (done.returncode, "BAD_TARGET" in done.stderr, "pw-s3cret" in done.stdout + done.stderr) == (2, True, False)
    assert not (tmp_path / "report.html").exists()


def test_users_of_a_csv_import_have_a_list_each(mock, tmp_path):
    """None of four idles."""
    done = run(tmp_path, *command("csv_import_export", "--headless", "-u", "4", "-r", "4", "--host", mock.url))
    assert done.returncode == 0, done.stderr
    (run_json,) = (tmp_path / "runs").rglob("run.json")
    assert len(json.loads(run_json.read_text())["strategies"][0]["lists"]) == 4


def test_a_day_needs_somebody_who_uploads(mock, tmp_path):
    """One user would be one who reads, for ever."""
    done = run(tmp_path, *command("mixed_day", "--headless", "-u", "1", "--host", mock.url))
    assert done.returncode == 2
    assert "--users must be at least 2" in done.stdout


# --- without --host ---------------------------------------------------------------------------------------------------


def taken():
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", 8080)) == 0


@pytest.fixture
def _nothing_listens():
    """In the mock's usual place."""
    until(lambda: not taken())


@pytest.mark.hardening("harness-2")
@pytest.mark.usefixtures("_nothing_listens")
def test_typed_right_after_the_installation(tmp_path):
    """A mock is started, named with its control API, and gone with Locust; credentials of a real org stay out of it."""
    secrets = {"GENESYSCLOUD_OAUTHCLIENT_ID": "real", "GENESYSCLOUD_OAUTHCLIENT_SECRET": "not-the-mocks"}
    for processes in ([], ["--processes", "2"]):
        done = run(tmp_path, *command("batch_api", *SMALL, *processes), **secrets)
        assert done.returncode == 0, done.stdout + done.stderr
        (url,) = re.findall(r"a mock was started at (http://\S+)\. ", done.stderr)
        (control,) = re.findall(r"Its control API: (http://\S+),", done.stderr)
        assert refuses(url)
        assert refuses(control)


@pytest.mark.usefixtures("_nothing_listens")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_mock_ends_with_locust(tmp_path, how):
    """Also with one that is killed."""
    with page_of(tmp_path, "batch_api") as locust:
        notes = CLIENT.get(f"{locust.url}/contactbench/run").json()["notes"]
        addresses = re.findall(r"http://[\d.:]+\d", notes[0]["text"])
        assert len(addresses) == 2
        os.kill(locust.process.pid, how)
        locust.process.wait(timeout=60)
        until(lambda: all(map(refuses, addresses)), 20)


@pytest.mark.usefixtures("_nothing_listens")
def test_no_mock_refuses(tmp_path):
    done = run(tmp_path, *command("batch_api", *SMALL, "--no-mock"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "NO_MOCK nothing listens at http://127.0.0.1:8080" in done.stderr


@pytest.mark.usefixtures("_nothing_listens")
def test_something_else_listens_there(tmp_path):
    """It is not taken for an org, and not loaded."""
    words = ["python3", "-m", "http.server", "8080", "--bind", "127.0.0.1"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL) as server:
        try:
            until(taken)
            done = run(tmp_path, *command("batch_api", *SMALL))
        finally:
            server.kill()
    assert (done.returncode, done.stdout) == (2, "")
    assert "NOT_A_MOCK" in done.stderr


def refuses(url):
    try:
        CLIENT.get(url)
    except httpx.ConnectError:
        return True
    return False
