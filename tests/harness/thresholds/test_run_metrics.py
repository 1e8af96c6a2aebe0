"""The facts of a run folder."""

import json

import duckdb
import pytest

from harness.errors import UsageError
from harness.thresholds.run_metrics import run_metrics

COLUMNS = "seq BIGINT, op VARCHAR, contact_list_id VARCHAR, batch BIGINT, planned_at DOUBLE, sent_at DOUBLE,"
COLUMNS += " done_at DOUBLE, status BIGINT, error VARCHAR"
ROWS = [
    (0, "contacts.add", "a", 0, 0.0, 1.0, 3.0, 429, "too.many.requests"),  # answered by the third row
    (1, "contacts.add", "a", 1000, 0.0, 1.0, 3.0, 429, "too.many.requests"),  # never answered
    (2, "contacts.add", "a", 0, 3.0, 4.0, 5.0, 200, ""),
    (3, "contacts.add", "a", 0, 5.0, 5.0, 6.0, 0, "ReadTimeout"),
    (4, "export.get", "a", -1, 6.0, 6.0, 7.0, 404, "no.available.list.export.uri"),
    (5, "oauth.token", "", -1, 6.0, 6.0, 7.0, 401, ""),
    (6, "oauth.token", "", -1, 7.0, 7.0, 8.0, 200, ""),
]
ENTRY = {
    "strategy": "batch-api", "directory": ".", "leads": 2, "mapped": 1, "rejected": 1, "requests": 7, "duration_s": 8.0,
    "contacts_per_s": 0.125, "verified": True, "verification": {"doubled": 2, "lost": 0},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE r ({COLUMNS})")
        database.executemany(f"INSERT INTO r VALUES ({', '.join('?' * 9)})", ROWS)
        database.execute(f"COPY r TO '{tmp_path / 'requests.parquet'}' (FORMAT parquet)")
    (tmp_path / "run.json").write_text(json.dumps({"strategies": [ENTRY]}))
    (tmp_path / "rejects.csv").write_text("line,code,message,lead_id\n3,PHONE_MISSING,no,L-3\n")
    return tmp_path


def test_requests(folder):
    """Times are from the plan and from the sending; only what nobody made good has failed."""
    (facts,) = run_metrics(folder)
    assert facts.requests.planned_s[:3].tolist() == [3.0, 3.0, 2.0]
    assert facts.requests.service_s[:3].tolist() == [2.0, 2.0, 1.0]
    assert facts.requests.failed.tolist() == [False, True, False, True, False, False, False]


def test_numbers(folder):
    """Are those of run.json, by the names that thresholds have for them; rejects are counted by code."""
    (facts,) = run_metrics(folder)
    assert (facts.numbers["duration"], facts.numbers["duplicates"], facts.numbers["mapped"]) == (8.0, 2, 1)
    assert facts.rejected_by_code == {"PHONE_MISSING": 1}


def test_a_run_that_is_not_proved_has_no_figures(folder):
    """Its counts are there, its times are not."""
    (folder / "run.json").write_text(json.dumps({"strategies": [ENTRY | {"verified": False}]}))
    (facts,) = run_metrics(folder)
    assert (facts.proved, facts.numbers["duration"], facts.numbers["mapped"]) == (False, None, 1)


@pytest.mark.parametrize("missing", ["run.json", "requests.parquet"])
def test_no_run(folder, missing):
    """A folder without the files of a run is a usage error."""
    (folder / missing).unlink()
    with pytest.raises(UsageError, match=missing):
        run_metrics(folder)
