"""A comparison on a bad day of the org: one request in twenty meets a fault, and no lead is lost or doubled."""

import pytest

from harness.strategies import MAIN

pytestmark = pytest.mark.slow  # tests/README.md says what is quicker

HEARD = ("refused", "expired", "failed", "cut", "unsent")
MEANT = ("not_applied", "repeatable", "doubtful")
SEED_OF_FILES = 16194  # whose first upload and first download are struck


@pytest.fixture(
    scope="module",
    params=[
        20_000,
        pytest.param(1_500_000, marks=[pytest.mark.full, pytest.mark.timeout(3600)]),
    ],
)
def troubled(request, contactbench_in, tmp_path_factory):
    """The folder of a comparison of so many leads under the profile `troubled`, their number, and its entries."""
    home = tmp_path_factory.mktemp("troubled")
    folder = home / "out"
    command = ("compare", "--leads", request.param, "--profile", "troubled", "--seed", 3, "--out", folder, "--json")
    ran = contactbench_in(home, *command, timeout_s=3_000 if request.param > 100_000 else 240)
    assert ran.code == 0, ran.err
    return folder, request.param, {entry["strategy"]: entry for entry in ran.document["strategies"]}


@pytest.mark.parametrize("strategy", MAIN)
def test_every_lead_is_mapped_and_proved(troubled, strategy):
    """Whatever the requests met, each lead has one contact, and an independent read agrees."""
    _, leads, entries = troubled
    entry = entries[strategy]
    assert (entry["mapped"], entry["rejected"], entry["verified"]) == (leads, 0, True)
    assert sum(contact_list["size"] for contact_list in entry["lists"]) == leads


@pytest.mark.parametrize("strategy", MAIN)
def test_every_trouble_is_accounted_for(troubled, strategy):
    """A request without a clear answer meant something; a lead of a batch in doubt was found or sent again."""
    trouble = troubled[2][strategy]["trouble"]
    assert sum(trouble[name] for name in HEARD) == sum(trouble[name] for name in MEANT)
    assert (trouble["leads_found"] + trouble["leads_resent"] > 0) == (trouble["batches_in_doubt"] > 0)
    assert strategy == "batch-api" or trouble["batches_in_doubt"] == 0  # what may be sent twice is never in doubt


def test_the_mock_struck_as_often_as_it_was_told(troubled):
    """A twentieth of all requests, within four standard deviations; the harness heard of them all."""
    folder, _, entries = troubled
    struck = sum(sum(entry["faults_struck"].values()) for entry in entries.values())
    expected = sum(entry["requests"] for entry in entries.values()) * 0.05
    assert abs(struck - expected) < 4 * expected**0.5
    assert "What went wrong, and what became of it" in (folder / "report.md").read_text()


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_whole_files_are_struck(contactbench, tmp_path):
    """Of 750,000 rows each: an upload is answered 504 and carried out later, and the download of an export is cut."""
    strategies = "csv-import-export,csv-import-own-ids"
    where = ("--profile", "troubled", "--seed", SEED_OF_FILES, "--out", tmp_path / "out", "--json")
    ran = contactbench("compare", "--leads", 1_500_000, "--strategies", strategies, *where, timeout_s=3_000)
    assert ran.code == 0, ran.err
    entries = {entry["strategy"]: entry for entry in ran.document["strategies"]}
    assert all(entry["operations"]["import.upload"]["errors"] for entry in entries.values())
    assert all(entry["operations"]["export.file"]["errors"] for entry in entries.values())
    assert entries["csv-import-export"]["trouble"]["lists_reloaded"] == 1
