"""Joins at full size find room each time: `tox -e memory`. A line a run: the most memory of it or of its own mock."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.end_to_end.processes import CONTACTBENCH, Mock, environment

LEADS = int(os.environ.get("CONTACTBENCH_MEMORY_LEADS", "1500000"))
RUNS = int(os.environ.get("CONTACTBENCH_MEMORY_RUNS", "20"))
MONTH = LEADS // 15
MORE = LEADS * 10 // 3  # five million
MOST_GROWTH = 1.2
BY_CSV = ("csv-import-export", "csv-import-own-ids")
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]


@pytest.fixture
def ended(tmp_path, capsys) -> Callable[..., float]:
    """A function: runs a command that has to succeed; the MB it had at most."""

    def run(name: str, *command: object) -> float:
        began, output = time.monotonic(), tmp_path / "output.txt"
        with output.open("w") as file:
            process = subprocess.Popen([*map(str, command)], cwd=ROOT, env=environment(), stdout=file, stderr=file)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        mb = used.ru_maxrss / 1024
        with capsys.disabled():
            sys.stdout.write(f"{name}: exit {process.returncode}, {time.monotonic() - began:.0f} s, {mb:.0f} MB\n")
            sys.stdout.flush()
        assert process.returncode == 0, output.read_text()[-2000:]
        return mb

    return run


@pytest.fixture
def org(tmp_path):
    """An org that neither waits nor limits, with contact lists of five million."""
    mock = Mock(tmp_path / "mock", "--pace", "none", "--profile", "raised-limits", "--seed", "1")
    yield mock.url
    mock.stop()


def upload(ended: Callable[..., float], url: str, folder: Path, strategy: str, leads: int, *options: object) -> float:
    """An upload of leads of its own; the MB it had at most."""
    file, run = folder / "leads.csv", folder / "run"
    ended(f"{leads:,} leads", CONTACTBENCH, "leads", "--count", leads, "--to", file)
    where: Sequence[object] = (
        "--leads",
        file,
        "--lead-id",
        "Lead ID",
        "--phone",
        "Phone",
        "--target",
        url,
        "--run",
        run,
    )
    mb = ended(f"{strategy}, {leads:,} leads", CONTACTBENCH, "upload", "--strategy", strategy, *where, *options)
    (entry,) = json.loads((run / "run.json").read_bytes())["strategies"]
    assert (entry["mapped"], entry["rejected"], entry["verified"]) == (leads, 0, True)
    return mb


@pytest.mark.parametrize("strategy", BY_CSV)
def test_sixteen_lists_at_once(ended, org, tmp_path, strategy):
    """All of them are exported and joined together."""
    upload(ended, org, tmp_path, strategy, LEADS, "--lists", 16, "--concurrency", 16)


@pytest.mark.parametrize("strategy", BY_CSV)
def test_more_leads_need_hardly_more_memory(ended, tmp_path, strategy):
    """From a month's leads to five million of them."""
    most = []
    for leads in (LEADS, MORE):
        folder = tmp_path / str(leads)
        folder.mkdir()
        mock = Mock(folder / "mock", "--pace", "none", "--profile", "raised-limits", "--seed", "1")
        try:
            most.append(upload(ended, mock.url, folder, strategy, leads, "--contacts-per-list", MORE))
        finally:
            mock.stop()
        for file in folder.glob("*.csv"):
            file.unlink()
    assert most[1] <= MOST_GROWTH * most[0]


@pytest.mark.parametrize("number", range(RUNS))
def test_a_comparison(ended, tmp_path, number):
    """Both strategies, in two lists each, without a wait between their joins."""
    options = ("--strategies", ",".join(BY_CSV), "--pace", "none", "--out", tmp_path / "compare")
    ended(f"comparison {number + 1}", CONTACTBENCH, "compare", "--leads", LEADS, *options)


@pytest.mark.parametrize("number", range(RUNS // 2))
def test_twelve_months(ended, org, tmp_path, number):
    """Each month's leads are joined with the mappings of all before."""
    options = ("--headless", "-u", 4, "-r", 4, "--contacts", MONTH, "--lists", 4, "--months", 12)
    where = ("--host", org, "--run-dir", tmp_path / "months")
    ended(
        f"twelve months {number + 1}",
        sys.executable,
        "-m",
        "locust",
        "-f",
        ROOT / "scenarios/monthly.py",
        *options,
        *where,
    )
    document = json.loads((tmp_path / "months/months.json").read_bytes())
    assert len(document["months"]) == 12
