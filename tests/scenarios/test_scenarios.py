"""Every scenario at 20,000 leads against a real mock, to the proof."""

import csv
import json

import duckdb
import pytest

pytestmark = pytest.mark.smoke

SCENARIOS = ["batch_api", "batch_api_own_ids", "csv_import_export", "csv_import_own_ids"]


def mapping(run_dir):
    with (run_dir / "mapping.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def parquet_rows(path):
    with duckdb.connect() as db:
        return db.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()[0]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_maps_every_lead_and_proves_it(locust, mock, scenario):
    """Exit 0 stands for a complete mapping, a verified run.json and one row a request."""
    code, printed = locust.run(scenario, "--contacts", "20000", "--lists", "3", "--host", mock.url)
    assert code == 0, printed
    rows = mapping(locust.run_dir(scenario))
    assert len({row["lead_id"] for row in rows}) == len({row["contact_id"] for row in rows}) == 20_000
    entry = json.loads((locust.run_dir(scenario) / "run.json").read_text())["strategies"][0]
    assert (entry["verified"], entry["mapped"], len(entry["lists"])) == (True, 20_000, 3)
    assert parquet_rows(locust.run_dir(scenario) / "requests.parquet") == entry["requests"]


def test_lead_ids_become_contact_ids(locust, mock):
    """With ids of one's own the mapping is the identity."""
    code, printed = locust.run("batch_api_own_ids", "--contacts", "1500", "--host", mock.url)
    assert code == 0, printed
    assert all(row["lead_id"] == row["contact_id"] for row in mapping(locust.run_dir("batch_api_own_ids")))


def test_the_end_is_one_screen(locust, mock):
    """Last come the verdict, the rate and the files; the percentiles are the three that were chosen."""
    _, printed = locust.run("batch_api", "--contacts", "1500", "--host", mock.url)
    assert "batch-api: VERIFIED, 1,500 of 1,500 leads mapped" in printed[printed.rindex("Aggregated") :]
    assert "    50%    95%    99% # reqs" in printed
    assert (locust.run_dir("batch_api") / "report.html").exists()


def test_the_same_command_again_proves_the_same_mapping(locust, mock):
    """A finished run sends no lead twice; other inputs are refused in its folder."""
    options = ["--contacts", "3000", "--host", mock.url]
    locust.run("csv_import_export", *options)
    before = (locust.run_dir("csv_import_export") / "mapping.csv").read_bytes()
    code, printed = locust.run("csv_import_export", *options)
    assert (code, (locust.run_dir("csv_import_export") / "mapping.csv").read_bytes()) == (0, before), printed
    code, printed = locust.run("csv_import_export", "--contacts", "3001", "--host", mock.url)
    assert code == 7
    assert "STATE_MISMATCH" in printed


def test_leads_of_ones_own(locust, mock, tmp_path):
    """A file with columns of any name, some of its rows no leads: those are rejected, and the exit code says so."""
    leads = tmp_path / "mine.csv"
    leads.write_text(
        "Ref,Tel\r\n" + "".join(f"A{n},+1555010{n % 100:04d}\r\n" for n in range(50)) + ",+15550100000\r\n"
    )
    options = ["--leads", str(leads), "--lead-id", "Ref", "--phone", "Tel", "--batch-size", "7", "--host", mock.url]
    code, printed = locust.run("batch_api", *options)
    assert code == 3, printed
    assert [row["lead_id"] for row in mapping(locust.run_dir("batch_api"))] == [f"A{n}" for n in range(50)]
