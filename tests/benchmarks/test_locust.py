"""What the strategy costs under Locust: requests a second and core, beside bare users who post the same bodies.

CPU time of the client's process, a request; both in one process, in turns, so that the machine is the same for both.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

LEADS = int(os.environ.get("CONTACTBENCH_BENCH_LEADS", "20000"))
ROUNDS = 3 if LEADS <= 100_000 else 1
AIM = 0.8  # of the bare users' rate
LEAST = 0.4  # below that something is wrong: bodies are made, leads are read and a journal is kept in the difference
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


def test_a_strategy_costs_little_beside_its_requests(mock, tmp_path, capsys):
    """Leads read, bodies made, answers joined by Lead ID, journal kept: what that leaves of the bare users' rate."""
    command = [sys.executable, "-m", "tests.benchmarks.locust_rounds", mock.url, str(tmp_path), str(LEADS), str(ROUNDS)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rounds = [json.loads(line) for line in printed.splitlines()]
    ratio = median(one["bare"] / one["upload"] for one in rounds)
    with capsys.disabled():
        each = {name: median(one[name] for one in rounds) * 1000 for name in ("upload", "bare")}
        sys.stdout.write(
            f"\nLocust, CPU a POST of 1,000 contacts: strategy {each['upload']:.2f} ms, bare FastHttpUser"
            f" {each['bare']:.2f} ms; requests a second and core {ratio:.2f}x, to reach {AIM}x\n"
        )
    assert ratio >= LEAST
