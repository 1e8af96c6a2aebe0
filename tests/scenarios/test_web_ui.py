"""The same run from Locust's web interface."""

import httpx
import pytest

from .conftest import until

pytestmark = pytest.mark.smoke


@pytest.fixture
def web_ui(locust, mock, unused_port):
    options = ["--web-host", "127.0.0.1", "--web-port", str(unused_port), "--host", mock.url]
    process = locust.start("csv_import_own_ids", *options)
    with process, httpx.Client(base_url=f"http://127.0.0.1:{unused_port}", timeout=60.0) as client:
        until(lambda: answers(client))
        yield client, process
        process.kill()


@pytest.fixture
def unused_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(client):
    try:
        return client.get("/").is_success
    except httpx.TransportError:
        return False


def tab(client):
    """What Locust's page is given for the tab, with its own figures."""
    (table,) = client.get("/stats/requests").json()["extended_stats"]
    return table["data"]


def test_a_run_from_the_browser(web_ui):
    """The form shows the options, the report is there when the run has ended, and the exit code is the run's."""
    client, process = web_ui
    form = client.get("/").text
    assert all(f'"{name}":' in form for name in ("contacts", "lists", "rate", "shape"))
    assert not any(f'"{name}":' in form for name in ("run_dir", "max_duration", "org_id", "yes"))
    assert "mock-secret" not in form
    assert client.get("/contactbench/report").status_code == 404
    client.post("/swarm", data={"user_count": 2, "spawn_rate": 2, "contacts": 1500}).raise_for_status()
    until(lambda: client.get("/contactbench/report").is_success)
    assert "csv-import-own-ids" in client.get("/contactbench/report").text
    shown = {row["name"]: row["value"] for row in tab(client)}
    assert (shown["contacts loaded"], shown["leads mapped"]) == ("1,500 of 1,500",) * 2
    assert shown["result"] == "Verified"
    assert "all mapped in" not in shown
    process.terminate()
    printed, _ = process.communicate(timeout=30)
    assert (process.returncode, "VERIFIED, 1,500 of 1,500" in printed) == (0, True), printed
