"""Reads requests.parquet: a few of its requests to draw, and what all of them add up to."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from harness.files.duckdb_files import parquet_table

_TIMED = """
    SELECT seq, sent_at, greatest(done_at - sent_at, 0.0) AS service_s,
           coalesce(status, 0) BETWEEN 200 AND 399 AND coalesce(error, '') = '' AS ok
    FROM requests WHERE sent_at IS NOT NULL AND done_at IS NOT NULL
"""
_TOTALS = f"""
    SELECT count(*), count(*) FILTER (NOT ok), quantile_cont(service_s, 0.5), quantile_cont(service_s, 0.95),
           max(service_s)
    FROM ({_TIMED})
"""
_SOME = f"""
    WITH ranked AS (
        SELECT *, row_number() OVER (ORDER BY service_s DESC, seq) AS slowness,
               row_number() OVER (ORDER BY seq) AS position, count(*) OVER () AS total
        FROM ({_TIMED})
    )
    SELECT sent_at, service_s, ok FROM ranked
    WHERE slowness <= $slowest OR position % greatest(ceil(total / $spread), 1) = 0
    ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class RequestPoint:
    sent_at: float  # s since the run began
    service_s: float
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSamples:
    """All requests of one strategy in five numbers, and at most the asked-for number of them as points."""

    total: int
    not_ok: int
    p50_s: float
    p95_s: float
    max_s: float
    points: tuple[RequestPoint, ...]


def read_samples(path: Path, most: int) -> RequestSamples | None:
    """Samples of the requests in `path`, at most `most` points; None if there is no file or no request in it.

    A tenth of the points are the slowest requests, so that thinning out never hides them; the rest are every n-th.
    """
    if not path.is_file():
        return None
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW requests AS FROM {parquet_table(path)}")
        totals = database.execute(_TOTALS).fetchone()
        slowest = max(most // 10, 1)
        some = database.execute(_SOME, {"slowest": slowest, "spread": max(most - slowest, 1)}).fetchall()
    if totals is None or not totals[0]:
        return None
    total, not_ok, p50_s, p95_s, max_s = totals
    points = tuple(RequestPoint(*row) for row in some)
    return RequestSamples(total=total, not_ok=not_ok, p50_s=p50_s, p95_s=p95_s, max_s=max_s, points=points)
