"""Time: what limits and latencies add up to, in virtual seconds and in real ones."""

import math
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.slow  # tests/README.md says what is quicker

TIGHT = """
extends = "default"
[rate]
requests_per_window = {{ value = {limit}, source = "assumption: for this test" }}
[limits]
request_body_bytes = {{ value = {body_bytes}, source = "assumption: for this test" }}
"""
# Much waiting, little work, no job that ends just when it is asked about: what this machine adds stays small. Without a
# limit, whose end is told in whole seconds only: of short windows, that would be most of the time.
QUICK = """
extends = "default"
[rate]
requests_per_window = { value = 0, source = "assumption: for this test" }
[limits]
request_body_bytes = { value = 25_000, source = "assumption: for this test" }
[latency."contacts.add"]
base_s = { value = 0.8, source = "assumption: for this test" }
[jobs]
import_start_delay_s = { value = 0.5, source = "assumption: for this test" }
import_rows_per_s = { value = 800.0, source = "assumption: for this test" }
export_start_delay_s = { value = 0.5, source = "assumption: for this test" }
export_rows_per_s = { value = 4_000.0, source = "assumption: for this test" }
"""
WINDOW_S = 60.0


@pytest.fixture
def compare(contactbench, tmp_path):
    """A function: the document's entries of a comparison under a profile of the test's own."""

    def ran(profile: str, out: str, *more: object) -> dict:
        path = tmp_path / "profile.toml"
        path.write_text(profile)
        done = contactbench("compare", "--profile", path, "--out", tmp_path / out, "--json", *more)
        assert done.code == 0, done.err
        return {entry["strategy"]: entry for entry in done.document["strategies"]}

    return ran


def refused(folder: Path) -> int:
    """Requests that were answered 429."""
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT count(*) FROM '{folder / 'requests.parquet'}' WHERE status = 429").fetchall()
    return rows[0][0]


@pytest.mark.parametrize(("leads", "limit", "concurrency"), [(40_000, 4, 8), (40_500, 10, 1), (12_000, 3, 3)])
def test_windows_add_up(compare, tmp_path, leads, limit, concurrency):
    """So many POSTs need so many whole minutes, and then the last window's own requests; the limit is never met."""
    more = ("--leads", leads, "--strategies", "batch-api", "--concurrency", concurrency)
    entry = compare(TIGHT.format(limit=limit, body_bytes=3_000_000), "out", *more)["batch-api"]
    counted = 1 + math.ceil(leads / 1000)  # one list, then the POSTs; the token's request counts elsewhere
    full_windows = (counted - 1) // limit
    assert full_windows * WINDOW_S <= entry["duration_s"] < (full_windows + 1) * WINDOW_S
    assert (entry["status_429"], refused(tmp_path / "out" / "batch-api")) == (0, 0)


def test_four_hundred_posts(compare, tmp_path):
    """More than 400 small POSTs against 20 requests a minute: twenty minutes, replayed at once."""
    more = ("--leads", 40_000, "--strategies", "batch-api-own-ids")
    entry = compare(TIGHT.format(limit=20, body_bytes=25_000), "out", *more)["batch-api-own-ids"]
    posts = entry["operations"]["contacts.add"]["count"]
    assert (posts >= 400, entry["duration_s"] // WINDOW_S) == (True, posts // 20)  # the list's request is one more
    assert (entry["status_429"], refused(tmp_path / "out" / "batch-api-own-ids")) == (0, 0)


def test_virtual_seconds_are_real_ones(compare):
    """The same profile and seed take as long in virtual time as on the clock, but for what this machine adds."""
    more = ("--leads", 4_000, "--strategies", "batch-api,csv-import-export", "--seed", 3)
    virtual = compare(QUICK, "virtual", *more, "--pace", "virtual")
    real = compare(QUICK, "real", *more, "--pace", "real")
    for strategy, entry in virtual.items():
        assert real[strategy]["duration_s"] == pytest.approx(entry["duration_s"], rel=0.05)
