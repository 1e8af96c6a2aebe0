"""The claims at full size: `tox -e full`."""

import pytest

from harness.strategies import MAIN

LEADS = 1_500_000
WINDOW_S = 60.0  # of the default profile, which allows 300 requests in each

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def twice(contactbench_in, tmp_path_factory):
    """The folders and documents of two comparisons of 1.5 million leads with one seed."""
    folder = tmp_path_factory.mktemp("full")
    pair = []
    for name in ("first", "second"):
        command = ("compare", "--leads", LEADS, "--seed", 1, "--out", folder / name, "--json")
        ran = contactbench_in(folder, *command, timeout_s=1_500)
        assert ran.code == 0, ran.err
        pair.append((folder / name, {entry["strategy"]: entry for entry in ran.document["strategies"]}))
    return pair


@pytest.mark.parametrize("strategy", MAIN)
def test_every_lead_is_mapped_and_proved(twice, strategy):
    """1.5 million leads do not fit one list; in two, each has its contact."""
    _, entries = twice[0]
    entry = entries[strategy]
    assert (entry["leads"], entry["mapped"], entry["rejected"], entry["verified"]) == (LEADS, LEADS, 0, True)
    assert [contact_list["size"] for contact_list in entry["lists"]] == [LEADS // 2, LEADS // 2]


@pytest.mark.parametrize("strategy", MAIN)
def test_a_second_time(twice, strategy):
    """The same seed gives the same mapping, byte for byte, in the same time."""
    (first, entries), (second, others) = twice
    assert (first / strategy / "mapping.csv").read_bytes() == (second / strategy / "mapping.csv").read_bytes()
    assert entries[strategy]["duration_s"] == others[strategy]["duration_s"]


@pytest.mark.parametrize("strategy", ["batch-api", "batch-api-own-ids"])
def test_the_limit_decides_how_long_batches_take(twice, strategy):
    """1,500 POSTs and two lists fill five windows of 300 requests before the last two of them go."""
    _, entries = twice[0]
    entry = entries[strategy]
    assert entry["operations"]["contacts.add"]["count"] >= LEADS // 1000
    assert 5 * WINDOW_S <= entry["duration_s"] < 6 * WINDOW_S
    assert entry["status_429"] == 0
