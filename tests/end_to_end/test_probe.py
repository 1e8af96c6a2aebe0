"""`contactbench probe` as a command: against a mock on real time, killed, and cleaned up after."""

import signal

import pytest

from .processes import ended, start

PROBE = ("probe", "--run", "probe", "--settle", "0.2", "--json", "--target")


@pytest.fixture
def quick_mock(start_mock):
    """An org without latencies whose windows are short, so that the probe need not wait for a minute."""
    mock = start_mock("--pace", "none", "--seed", "1")
    mock.settings(rate__requests_per_window=500, rate__window_s=2.0, semantics__answer_order="shuffled")
    return mock


def names(mock):
    return [one["name"] for one in mock.get("/state")["lists"]]


def test_the_command(quick_mock, contactbench, tmp_path):
    """It finds what the org was set to, writes a profile that a mock can be started with, and leaves nothing."""
    ran = contactbench(*PROBE, quick_mock.url, "--to", "found.toml", "--json")
    assert (ran.code, names(quick_mock)) == (0, []), ran.err
    settings = ran.document["settings"]
    assert (settings["semantics.answer_order"], settings["rate.requests_per_window"]) == ("shuffled", 500)
    assert "answer_order" in (tmp_path / "found.toml").read_text()


@pytest.mark.slow
def test_a_cap(quick_mock, contactbench):
    """It stops where it may send no more, and still takes its lists away."""
    ran = contactbench(*PROBE, quick_mock.url, "--max-contacts", 10, "--json")
    assert (ran.code, ran.complaint, names(quick_mock)) == (9, "RUN_CAP", [])


@pytest.mark.slow
def test_killed_and_cleaned_up(quick_mock, contactbench, tmp_path):
    """What a killed probe leaves, `cleanup` removes."""
    process = start([*PROBE, quick_mock.url], tmp_path)
    while len(names(quick_mock)) < 3:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    ended(process)
    ran = contactbench("cleanup", "probe", "--yes", "--json")
    assert (ran.code, names(quick_mock)) == (0, []), ran.err
