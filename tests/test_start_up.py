"""What a start must not cost. Who may import whom is a contract of import-linter, in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {"locust", "gevent", "duckdb", "httpx", "aiohttp", "numpy", "altair", "jinja2"}


@pytest.mark.parametrize("module", ["harness.cli", "mockserver"])
def test_a_start_is_quick(module):
    """Asking for help loads no client, no server, no database."""
    program = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert module.split(".")[0] in loaded
    assert not HEAVY & set(loaded)
