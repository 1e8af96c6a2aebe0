"""`contactbench estimate`, as it is typed."""

import msgspec
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.leads.shard_csv import write_csv
from harness.leads.synthetic import SyntheticLeads

QUICK = ("estimate", "--replicates", "5", "--strategies", "csv-import-own-ids")


def run(*arguments):
    return CliRunner().invoke(app, [*QUICK, *arguments])


def test_json(tmp_path):
    """One document on stdout, the same in the file; a profile's name tells whose figures they are."""
    ran = run("--leads", "2000", "--profile", "default", "--json", "--to", str(tmp_path / "estimate.json"))
    document = msgspec.json.decode(ran.stdout)
    assert ran.exit_code == 0
    assert document == msgspec.json.decode((tmp_path / "estimate.json").read_bytes())
    assert [entry["profile"] for entry in document["strategies"]] == ["default"]


def test_words_about_a_file(tmp_path):
    """Leads of a file are counted; the text is for people."""
    write_csv(SyntheticLeads(1234, 1), tmp_path / "leads.csv")
    ran = run("--leads", str(tmp_path / "leads.csv"), "--profile", "optimistic")
    assert ran.exit_code == 0
    assert "1,234 leads" in ran.stdout


@pytest.mark.parametrize("leads", ["0", "1"])
def test_next_to_nothing(leads):
    """No leads and a single one are no trouble."""
    assert run("--leads", leads, "--profile", "default", "--monthly").exit_code == 0


def test_a_profile_that_is_not_there():
    """A usage error, exit 2."""
    assert run("--leads", "10", "--profile", "nowhere").exit_code == 2


def test_a_folder(tmp_path):
    """It is made, and gets a report beside the document."""
    ran = run("--leads", "10", "--profile", "default", "--to", str(tmp_path / "runs" / "x"))
    assert ran.exit_code == 0
    assert {path.name for path in (tmp_path / "runs" / "x").iterdir()} == {"estimate.json", "report.html", "report.md"}


@pytest.mark.parametrize("name", ["other.txt", "there"])
def test_a_file(tmp_path, name):
    """What is a file, or is named like one, is written as one; over what is there only if that is meant."""
    (tmp_path / "there").touch()
    asked = ("--leads", "10", "--profile", "default", "--to", str(tmp_path / name))
    assert run(*asked).exit_code == (2 if name == "there" else 0)
    assert run(*asked, "--force").exit_code == 0
    assert msgspec.json.decode((tmp_path / name).read_bytes())["kind"] == "estimate"
