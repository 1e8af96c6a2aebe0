"""How fast each strategy loads, maps and proves leads over real HTTP when the org costs nothing: `tox -e bench`.

The time is that of a whole upload: input checked, journal kept, mapping written and proved. Beside it stands what the
same leads take in virtual time under the default profile: there the org decides, here the machine does.
"""

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harness.oauth import Credentials
from harness.strategies import MAIN
from harness.strategies.job import Settings
from harness.upload import Upload, upload

from .conftest import Row

LEADS = int(os.environ.get("CONTACTBENCH_BENCH_LEADS", "20000"))
ROUNDS = 3 if LEADS <= 100_000 else 1
# An org without delays has no slow jobs: polling it in seconds would measure the polling.
SETTINGS = Settings(poll_initial_s=0.02, settle_s=0.05, quiet_s=2.0)

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@pytest.mark.benchmark(group=f"{LEADS:,} leads loaded, mapped and proved")
@pytest.mark.parametrize("strategy", MAIN)
def test_upload(benchmark, mock, leads_file, virtual_durations, rows, tmp_path, strategy):
    """Every lead is mapped and proved, so the time means something."""
    leads = leads_file(LEADS)
    folders = iter(tmp_path / str(number) for number in range(ROUNDS))

    def fresh() -> tuple[tuple[Any, ...], dict[str, Any]]:
        mock.reset()
        return (_order(strategy, leads, mock.url, next(folders)), lambda line: None), {}

    document = benchmark.pedantic(upload, setup=fresh, rounds=ROUNDS)
    (entry,) = document["strategies"]
    assert (entry["mapped"], entry["rejected"], entry["verified"]) == (LEADS, 0, True)
    assert sum(contact_list["size"] for contact_list in mock.get("/state")["lists"]) == LEADS
    row = Row(
        strategy=strategy,
        seconds=benchmark.stats.stats.median,
        contacts_per_s=LEADS / benchmark.stats.stats.median,
        requests=entry["requests"],
        bytes=_bytes_moved(tmp_path / str(ROUNDS - 1)),
        virtual_s=virtual_durations(leads)[strategy],
    )
    rows.append(row)
    benchmark.extra_info.update(
        contacts_per_s=round(row.contacts_per_s),
        requests=row.requests,
        bytes=row.bytes,
        virtual_duration_s=row.virtual_s,
    )


def _order(strategy: str, leads: Path, url: str, folder: Path) -> Upload:
    return Upload(
        strategy=strategy,
        leads=leads,
        lead_id="Lead ID",
        phone="Phone",
        target=url,
        credentials=Credentials("mock-client", "mock-secret"),
        run_id=f"bench-{strategy}",
        folder=folder,
        settings=SETTINGS,
    )


def _bytes_moved(run: Path) -> int:
    """Bytes of the bodies of all requests and answers."""
    with duckdb.connect() as db:
        moved = f"SELECT sum(sent_bytes + received_bytes) FROM '{run / 'requests.parquet'}'"
        return int(db.execute(moved).fetchall()[0][0])
