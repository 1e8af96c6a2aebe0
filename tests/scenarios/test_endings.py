"""How a load test ends when it cannot end well: in time, with a message and an exit code that tells."""

import signal

import pytest

from .conftest import serving, until

pytestmark = pytest.mark.smoke

NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("options", "environment", "code", "message"),
    [
        (["--host", NOBODY], {}, 5, "NO_CONNECTION nothing answers"),
        (["--host", "https://api.example.com"], {}, 9, "HOST_NOT_ALLOWED"),
        (["--host", "127.0.0.1:8080"], {}, 2, "BAD_TARGET"),
        (["--contacts", "0", "--host", NOBODY], {}, 2, "NO_LEADS"),
        (["--batch-size", "1001", "--host", NOBODY], {}, 2, "BAD_OPTION"),
        (["--leads", "/nowhere.csv", "--host", NOBODY], {}, 2, "INPUT_BAD"),
        (["--threshold", "p95(contacts.add)<soon", "--host", NOBODY], {}, 2, "BAD_THRESHOLD"),
        (["--shape", "search", "--rate", "", "--host", NOBODY], {}, 2, "BAD_OPTION"),
        (["--lists", "-1", "--host", NOBODY], {}, 2, "BAD_OPTION"),
    ],
)
def test_what_cannot_begin_says_why(locust, options, environment, code, message):
    """No traceback, no guess: the message of the run, and its exit code."""
    ended, printed = locust.run("batch_api", "--contacts", "100", *options, **environment)
    assert ended == code, printed
    assert message in printed
    assert "Traceback" not in printed


def test_a_wrong_secret_is_refused_and_not_repeated(locust, mock):
    """The server says no, so nobody asks again; the secret is nowhere to be read."""
    secret = {"GENESYSCLOUD_OAUTHCLIENT_SECRET": "not-the-secret-0815"}
    code, printed = locust.run("csv_import_own_ids", "--contacts", "100", "--host", mock.url, **secret)
    assert code == 6, printed
    assert "AUTH_REJECTED" in printed
    assert "0815" not in printed


@pytest.mark.parametrize(
    ("limits", "code", "told"),
    [
        (["mapped==leads", "requests<=3"], 99, "requests<=3"),
        (["p95(contacts.gone)<1s"], 2, "contacts.gone"),
    ],
)
def test_thresholds_decide(locust, mock, limits, code, told):
    """A proved run that crosses one ends with 99; a metric that the run does not have is a mistake, not a pass."""
    options = [part for limit in limits for part in ("--threshold", limit)]
    ended, printed = locust.run("batch_api", "--contacts", "1500", "--again", *options, "--host", mock.url)
    assert ended == code, printed
    assert "VERIFIED, 1,500 of 1,500" in printed
    assert told in printed[printed.index("VERIFIED") :]


@pytest.fixture
def stalling(tmp_path):
    """A mock of its own that answers nine batches and keeps the tenth waiting."""
    with serving(tmp_path, "--pace", "none") as served:
        rule = {"op": "contacts.add", "nth": 10, "when": "before_commit", "action": {"stall_s": 60}}
        assert served.control.put("/faults", json=[rule]).status_code == 200
        yield served


def stalled(mock):
    return mock.control.get("/faults").json()[0]["fired"] == 1


def test_a_server_that_dies_half_way_ends_the_test(locust, stalling):
    """Back-off has an end: the message, a journal that is whole, and not 0."""
    options = ["--headless", "-u", "2", "-r", "2", "--contacts", "20000", "--quiet-period", "0.1"]
    with locust.start("batch_api", *options, "--host", stalling.url) as process:
        until(lambda: stalled(stalling))
        stalling.process.kill()
        printed, _ = process.communicate(timeout=80)
    assert process.returncode == 5, printed
    assert "NO_CONNECTION" in printed


@pytest.mark.hardening("harness-14")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "STOP"])
def test_an_interrupted_test_goes_on(locust, stalling, how):
    """By a signal or a file: stopped is not passed; the same command finishes, and no lead is there twice."""
    stop_file = locust.run_dir("batch_api") / "STOP"
    options = ["--headless", "-u", "2", "-r", "2", "--contacts", "20000", "--quiet-period", "2"]
    options += ["--stop-timeout", "1", "--host", stalling.url]
    with locust.start("batch_api", *options) as process:
        until(lambda: stalled(stalling))
        process.send_signal(how) if how != "STOP" else stop_file.touch()
        printed, _ = process.communicate(timeout=80)
    assert process.returncode == 5, printed
    assert ("STOPPED" if how == "STOP" else "STOPPED before the end") in printed
    stop_file.unlink(missing_ok=True)
    code, printed = locust.run("batch_api", *options)
    assert code == 0, printed
    assert stalling.control.get("/state").json()["lists"][0]["size"] == 20_000
