"""Imports and exports of the lists of many replicates: when they end, and what who asks is told.

The rules are those of mockserver/imports/jobs.py and mockserver/exports/jobs.py.
"""

import numpy as np

from mockserver.profile import Jobs as Rules

from .worlds import Floats, Ints, Tables, World


class Jobs:
    def __init__(self, tables: Tables) -> None:
        self._nodes = tables.nodes
        self._import_delay = tables.row(lambda world: _timed(world).import_start_delay_s)
        self._import_s = tables.row_lists(lambda world, rows: _seconds(rows, _timed(world).import_rows_per_s))
        self._export_s = tables.row_lists(
            lambda world, rows: _timed(world).export_start_delay_s + _seconds(rows, _timed(world).export_rows_per_s)
        )
        self._at_once = tables.row(lambda world: world.profile.jobs.exports_at_once, np.int64)
        self._imports_begin = np.full(self._import_s.shape, np.inf)
        self._exports_end = np.full(self._import_s.shape, -np.inf)

    def begin(self, rows: Ints, nodes: Ints, shards: Ints, now: Floats) -> None:
        """What these requests start, if they start anything."""
        imports, exports = self._nodes.starts_import[nodes], self._nodes.starts_export[nodes]
        if imports.any():
            at = rows[imports], shards[imports]
            self._imports_begin[at] = now[imports] + self._import_delay[rows[imports]]
        if exports.any():
            self._begin_exports(rows[exports], shards[exports], now[exports])

    def _begin_exports(self, rows: Ints, shards: Ints, now: Floats) -> None:
        """An export waits until fewer than `exports_at_once` others are being made."""
        busy = np.where(self._exports_end[rows] > now[:, None], self._exports_end[rows], -np.inf)
        lists = busy.shape[1]
        ranked = np.sort(busy, axis=1)[np.arange(len(rows)), lists - np.minimum(self._at_once[rows], lists)]
        free_at = np.where(self._at_once[rows] <= lists, ranked, -np.inf)
        self._exports_end[rows, shards] = np.maximum(now, free_at) + self._export_s[rows, shards]

    def after(self, rows: Ints, nodes: Ints, shards: Ints, now: Floats) -> Ints:
        """The step that follows: another question where a job is asked about that is not done."""
        after = self._nodes.done[nodes]
        imports, exports = self._nodes.asks_import[nodes], self._nodes.asks_export[nodes]
        if exports.any():
            ready = self._exports_end[rows, shards] <= now
            after = np.where(exports & ~ready, self._nodes.running[nodes], after)
        if imports.any():
            begins = self._imports_begin[rows, shards]
            ended = now >= begins + self._import_s[rows, shards]
            going = np.where(now < begins, self._nodes.waiting[nodes], self._nodes.running[nodes])
            after = np.where(imports & ~ended, going, after)
        return after


def _timed(world: World) -> Rules:
    """The job settings where time alone brings jobs forward; where it does not, they take none."""
    jobs = world.profile.jobs
    if jobs.progress == "time":
        return jobs
    return Rules(**{**{name: getattr(jobs, name) for name in jobs.__struct_fields__}, **_AT_ONCE})


_AT_ONCE = {
    "import_start_delay_s": 0.0,
    "import_rows_per_s": 0.0,
    "export_start_delay_s": 0.0,
    "export_rows_per_s": 0.0,
}


def _seconds(rows: int, rows_per_s: float) -> float:
    return rows / rows_per_s if rows_per_s else 0.0
