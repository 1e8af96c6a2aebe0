"""Requests made up from the OpenAPI document, right ones and wrong ones, against a mock process (tox -e fuzz)."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from .conftest import config_in

SCHEMATHESIS = str(Path(sysconfig.get_path("scripts")) / "schemathesis")
EXAMPLES = os.environ.get("CONTACTBENCH_FUZZ_EXAMPLES", "2")  # an operation, a phase and a mode
SEED = os.environ.get("CONTACTBENCH_FUZZ_SEED", "1")
PHASES = os.environ.get("CONTACTBENCH_FUZZ_PHASES", "fuzzing,stateful")
LEAST_REQUESTS = int(os.environ.get("CONTACTBENCH_FUZZ_LEAST", "300"))


@pytest.mark.fuzz
def test_no_request_finds_a_flaw(fuzzed, tmp_path):
    """Every check of schemathesis passes, nothing is answered 5xx, and no answer is one the document does not have."""
    command = [SCHEMATHESIS, "--config-file", str(config_in(tmp_path, fuzzed)), "run", f"{fuzzed.url}/openapi.json"]
    command += ["--checks", "all", "--seed", SEED, "--max-examples", EXAMPLES, "--phases", PHASES, "--no-color"]
    tokens = dict(zip(("FUZZ_TOKEN", "FUZZ_SPARE_TOKEN"), fuzzed.tokens, strict=True))
    ran = subprocess.run(command, cwd=tmp_path, env=dict(os.environ) | tokens, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    counts = fuzzed.counts()
    failed = {op: statuses for op, statuses in counts.items() if any(status >= "5" for status in statuses)}
    asked = sum(sum(statuses.values()) for statuses in counts.values())
    assert not failed
    assert not fuzzed.violations()
    assert asked >= LEAST_REQUESTS
    print(f"{asked} requests")  # noqa: T201  # the figure is part of the result
