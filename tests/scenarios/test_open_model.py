"""A constant arrival rate, whatever the server does; and the search for the highest one."""

import json
import os
import signal
import subprocess
import sys

import pytest

from .conftest import serving, until

pytestmark = pytest.mark.smoke

HIDDEN = 10  # requests a second that the org takes, whatever its headers say


def run_json(locust, scenario="batch_api"):
    return json.loads((locust.run_dir(scenario) / "run.json").read_text())


def test_a_stall_is_seen_from_the_plan(locust, mock):
    """Both users wait 3 s for an answer: requests due in that time are dropped, counted, and included in p99."""
    rule = {"op": "contacts.add", "nth": 60, "when": "before_commit", "action": {"stall_s": 3}}
    assert mock.control.put("/faults", json=[rule, {**rule, "nth": 61}]).status_code == 200
    try:
        options = ["--contacts", "1500", "--batch-size", "10", "--rate", "20/s", "--quiet-period", "0.1", "-u", "2"]
        code, printed = locust.run("batch_api", *options, "--host", mock.url)
    finally:
        mock.control.put("/faults", json=[])
    assert code == 0, printed
    arrivals = run_json(locust)["arrivals"]
    assert arrivals["sent"] == 150
    assert 40 <= arrivals["dropped"] <= 62
    assert 2.0 <= arrivals["latency_p99_s"] <= arrivals["latency_max_s"] <= 4.0
    assert f"{arrivals['dropped']:,} dropped" in printed


@pytest.fixture
def liar(tmp_path):
    """An org that takes 30 requests in 3 s, of one operation fewer than its headers say."""
    rate = {"requests_per_window": 1000, "window_s": 3.0, "per_op": {"contacts.add": HIDDEN * 3}}
    with serving(tmp_path, "--pace", "real", "--profile", "unlimited") as served:
        assert served.control.patch("/profile", json={"rate": rate}).status_code == 200
        yield served


@pytest.mark.skipif("CONTACTBENCH_SEARCH" not in os.environ, reason="a minute of waiting: set CONTACTBENCH_SEARCH")
def test_the_highest_rate_is_found(locust, liar):
    """Within 5 %, by what is accepted; the leads that are left go at ease, and all are mapped."""
    options = [
        "--rate",
        "8/s",
        "--shape",
        "search",
        "--search-window",
        "3",
        "--batch-size",
        "1",
        "-u",
        "30",
        "-r",
        "30",
    ]
    code, printed = locust.run("batch_api", *options, "--contacts", "700", "--host", liar.url, patience_s=240)
    assert code == 0, printed
    search = run_json(locust)["arrivals"]["search"]
    assert search["ended"], search
    assert search["highest_per_min"] == pytest.approx(60 * HIDDEN, rel=0.05), search
    assert "highest rate without a 429" in printed


def test_a_suspended_process_has_no_late_slots(locust, mock):
    """The time in which it did not run is nobody's: not the server's, not the plan's."""
    options = ["--headless", "-u", "2", "-r", "2", "--contacts", "400", "--batch-size", "10", "--rate", "10/s"]
    with locust.start("batch_api", *options, "--host", mock.url) as process:
        until(lambda: (locust.run_dir("batch_api") / "requests.csv").exists())
        process.send_signal(signal.SIGSTOP)
        subprocess.run([sys.executable, "-c", "import time; time.sleep(6.5)"], check=True)
        process.send_signal(signal.SIGCONT)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert run_json(locust)["strategies"][0]["suspended_s"] > 5
    assert run_json(locust)["arrivals"]["latency_max_s"] < 2
