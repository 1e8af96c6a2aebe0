"""What an upload takes as the leads grow: seconds, CPU and memory of the command and of the mock, each a process."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.processes import Mock, environment

from .side_by_side import cpu_of

MOST_CONTACTS = 5_000_000  # of a list: the profile raised-limits
PROGRAM = """
import json, resource, sys
from harness.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}), file=sys.stderr)
"""


@dataclass(frozen=True, kw_only=True)
class Grown:
    """One upload. Seconds are of the clock, but for those of CPU; memory is the most that was resident, in MB."""

    strategy: str
    leads: int
    wall_s: float  # of the upload; the report that follows is left out
    upload_s: float
    mapping_s: float
    verification_s: float
    cpu_s: float
    mock_cpu_s: float
    mb: float
    mock_mb: float


def grown(strategy: str, leads: int, file: Path, folder: Path) -> Grown:
    """An upload of so many leads into an org that neither waits nor limits, with contact lists of five million."""
    mock = Mock(folder / "mock", "--pace", "none", "--profile", "raised-limits", "--seed", "1")
    try:
        cpu = cpu_of(mock.process.pid)
        document, used = _uploaded(strategy, file, folder, mock.url)
        (entry,) = document["strategies"]
        assert (entry["mapped"], entry["rejected"], entry["verified"]) == (leads, 0, True)
        stages = {name: entry[name] for name in ("upload_s", "mapping_s", "verification_s")}
        return Grown(
            strategy=strategy,
            leads=leads,
            wall_s=document["machine"]["wall_s"],
            mock_cpu_s=cpu(),
            mock_mb=_most_mb(mock.process.pid),
            **stages,
            **used,
        )
    finally:
        mock.stop()


def _uploaded(strategy: str, file: Path, folder: Path, url: str) -> tuple[dict[str, Any], dict[str, float]]:
    columns = ["--lead-id", "Lead ID", "--phone", "Phone", "--contacts-per-list", str(MOST_CONTACTS)]
    where = ["--leads", str(file), "--target", url, "--run", str(folder / "run")]
    command = [sys.executable, "-c", PROGRAM, "upload", "--strategy", strategy, *where, *columns, "--json"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout), json.loads(done.stderr.splitlines()[-1])


def _most_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def table(sizes: Sequence[Grown]) -> list[str]:
    """The figures as Markdown."""
    head = "| strategy | leads | seconds | leads/s | CPU s | CPU s, mock | MB | MB, mock |"
    rows = (
        f"| `{one.strategy}` | {one.leads:,} | {one.wall_s:.1f} | {one.leads / one.wall_s:,.0f} | {one.cpu_s:.1f} |"
        f" {one.mock_cpu_s:.1f} | {one.mb:.0f} | {one.mock_mb:.0f} |"
        for one in sizes
    )
    return [head, "|---|--:|--:|--:|--:|--:|--:|--:|", *rows]


def draw(sizes: Sequence[Grown], to: Path) -> None:
    """Both axes in powers of ten: what grows with the leads is a line that rises with them."""
    import altair

    values = [asdict(one) | {"memory": mb, "of": of} for one in sizes for of, mb in _memory(one)]
    chart = altair.Chart(altair.Data(values=values))
    leads = altair.X("leads:Q", title="leads").scale(type="log")
    seconds = altair.Y("wall_s:Q", title="seconds, loaded, mapped and proved").scale(type="log")
    memory = altair.Y("memory:Q", title="most memory, MB").scale(type="log")
    strategy = altair.Color("strategy:N", title=None)
    both = chart.mark_line(point=True).encode(leads, seconds, strategy).properties(width=300, height=240)
    dashes = altair.StrokeDash("of:N", title=None)
    beside = chart.mark_line(point=True).encode(leads, memory, strategy, dashes).properties(width=300, height=240)
    (both | beside).save(str(to))


def _memory(one: Grown) -> list[tuple[str, float]]:
    return [("contactbench", one.mb), ("the mock", one.mock_mb)]


def sizes_asked_for(default: str) -> list[int]:
    return [int(size) for size in os.environ.get("CONTACTBENCH_BENCH_SIZES", default).split(",")]
