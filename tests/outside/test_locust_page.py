"""Locust's page as a person uses it: the form as it comes up, START, STOP, New, the report."""

import json

import pytest

from ..scenarios.conftest import serving
from .locust_process import browsing, page_of, until

pytestmark = pytest.mark.smoke

SCENARIOS = ["batch_api", "batch_api_own_ids", "csv_import_export", "csv_import_own_ids", "mixed_day", "monthly"]
HEADING = "#contactbench h2"


@pytest.fixture
def mock(tmp_path):
    (tmp_path / "mock").mkdir()
    with serving(tmp_path / "mock", "--pace", "none") as served:
        yield served


def start(page):
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_role("tab", name="Contacts").click()


def end_is(page, heading):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where)?.textContent === text", arg=[HEADING, heading]
    )


def results(folder):
    return {path: path.read_bytes() for path in sorted(folder.glob("runs/**/run.json"))}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_start_with_the_form_as_it_comes_up(scenario, mock, tmp_path):
    """It runs to its end; the tab has the verdict, done of total and a report that opens. Started again it is a new
    test, and the former one's figures stay."""
    months = ["--months", "2"] if scenario == "monthly" else []
    with (
        page_of(tmp_path, scenario, "--host", mock.url, "--contacts", "1000", *months) as locust,
        browsing(locust.url) as page,
    ):
        page.locator(HEADING).get_by_text("Not started").wait_for()
        start(page)
        end_is(page, "Verified")
        shown = page.locator("#contactbench").inner_text()
        assert "1,000 of 1,000 leads mapped" in shown
        assert "VERIFIED" in shown
        assert "all mapped in" not in shown
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open the report").click()
        assert "1,000" in opened.value.locator("h1, table").first.inner_text() + opened.value.content()
        first = results(tmp_path)
        assert first
        page.get_by_role("button", name="New").click()
        start(page)
        until(lambda: len(results(tmp_path)) == 2 * len(first))
        end_is(page, "Verified")
        assert first.items() <= results(tmp_path).items()
        locust.process.terminate()
        assert locust.process.wait(timeout=60) == 0


def test_stop_says_stopped_and_the_next_start_goes_on(mock, tmp_path):
    """The tab says so although Locust asks for figures no more; what was loaded is not loaded again."""
    rule = {"op": "contacts.add", "nth": 4, "when": "before_commit", "action": {"stall_s": 60}}
    assert mock.control.put("/faults", json=[rule]).status_code == 200
    options = ["--host", mock.url, "--contacts", "1000", "--batch-size", "100", "--quiet-period", "0.1"]
    with page_of(tmp_path, "batch_api", *options, "--stop-timeout", "1") as locust, browsing(locust.url) as page:
        start(page)
        page.get_by_text("300 of 1,000 leads mapped").wait_for()
        page.get_by_role("button", name="Stop").click()
        end_is(page, "Stopped")
        assert "STOPPED before the end" in page.locator("#contactbench").inner_text()
        assert results(tmp_path) == {}
        mock.control.put("/faults", json=[])
        page.get_by_role("button", name="New").click()
        start(page)
        end_is(page, "Verified")
        assert len(results(tmp_path)) == 1
        assert [each["size"] for each in mock.control.get("/state").json()["lists"]] == [1000]


def test_start_again_in_a_named_folder_changes_no_figure(mock, tmp_path):
    """With --run-dir it is the same run, which is over: no lead is sent, and what it measured stays."""
    options = ["--host", mock.url, "--contacts", "1000", "--run-dir", str(tmp_path / "runs" / "mine")]
    figures = ("duration_s", "contacts_per_s", "first_mapping_s")
    with page_of(tmp_path, "batch_api", *options) as locust, browsing(locust.url) as page:
        start(page)
        end_is(page, "Verified")
        before = json.loads((tmp_path / "runs/mine/run.json").read_text())["strategies"][0]
        page.get_by_role("button", name="New").click()
        start(page)
        until(lambda: locust.log.count("VERIFIED, 1,000 of 1,000") == 2)
        end_is(page, "Verified")
        after = json.loads((tmp_path / "runs/mine/run.json").read_text())["strategies"][0]
        assert {name: after[name] for name in figures} == {name: before[name] for name in figures}


def test_what_cannot_be_is_said_on_the_form(mock, tmp_path):
    """In words, before anything starts; the host is shown and cannot be typed over."""
    with (
        page_of(tmp_path, "csv_import_export", "--host", mock.url) as locust,
        browsing(locust.url) as page,
    ):
        page.locator(HEADING).wait_for()
        page.get_by_text("Custom parameters").click()
        labels = page.locator("main form label").all_inner_texts()
        assert [label.split(" (")[0] for label in labels[-4:]] == ["Contacts", "Lists", "Rate", "Shape"]
        assert page.locator("input[name=host]").get_attribute("readonly") is not None
        page.locator("input[name=contacts]").fill("-5")
        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_text("--contacts must be at least 0").wait_for()
        page.locator("input[name=contacts]").fill("1k")
        start(page)
        end_is(page, "Verified")
