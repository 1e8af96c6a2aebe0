"""The runs of a torture, one after another or in processes; in the order of the plans either way."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread

from harness import simulator
from harness.files.duckdb_files import keep_database_open

from .plan import Torture
from .run import RUN, Ordeal, tortured

PORTION = 5  # runs that a process is given at once
MEMORY_DISK = Path("/dev/shm")


def ordeals(plans: Sequence[Torture], jobs: int) -> Iterator[Ordeal]:
    """What became of each plan. A run draws on nothing but its plan, so that `jobs` changes no outcome."""
    if jobs == 1:
        yield from _played(plans)
        return
    portions = [plans[start : start + PORTION] for start in range(0, len(plans), PORTION)]
    # Processes that are begun afresh: what a fork would copy (threads, locks) is nobody's any more in the copy.
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_depend_on_parent) as processes:
        try:
            for portion in processes.map(_portion, portions):
                yield from portion
        except BaseException:
            processes.shutdown(cancel_futures=True)
            raise


def _depend_on_parent() -> None:
    """Leave Ctrl-C to the parent, or each process would tell of it; end when the parent does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := parent_process()) is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _portion(plans: Sequence[Torture]) -> list[Ordeal]:
    return list(_played(plans))


def _played(plans: Sequence[Torture]) -> Iterator[Ordeal]:
    """Each in the same folder, emptied, so that all of them share one DuckDB."""
    profile = simulator.load_profile("default")
    with tempfile.TemporaryDirectory(prefix="contactbench-torture-", dir=workplace()) as name:
        folder = Path(name)
        with keep_database_open(folder / RUN):
            for plan in plans:
                yield tortured(plan, profile, folder)
                for path in folder.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def workplace() -> Path | None:
    """A disk in memory where there is one, since no power fails here and fsync costs nothing there. None: as usual."""
    return MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else None
