"""Months of leads into one org, each month a run with its own proof."""

import csv
import json

import pytest

from .conftest import serving

pytestmark = pytest.mark.smoke

LEADS, NEW, MONTHS = 1000, 200, 3
HELD = {  # after each month
    "append": [1000, 2000, 3000],
    "upsert": [1000, 1200, 1400],
    "clear-then-load": [1000, 1000, 1000],
    "delta": [1000, 1200, 1400],
}
SENT = {"append": LEADS, "upsert": LEADS, "clear-then-load": LEADS, "delta": NEW}


@pytest.fixture
def org(tmp_path):
    """An org of its own, so that its state is that of the months."""
    with serving(tmp_path, "--pace", "none") as served:
        yield served


def options(mode, *more):
    return ["--contacts", str(LEADS), "--months", str(MONTHS), "--mode", mode, "--lists", "2", *more]


def months(locust):
    return json.loads((locust.run_dir("monthly") / "months.json").read_text())["months"]


def stored(org):
    """Lead ID -> contact id of every contact, by the org's own store; each lead as often as it is there."""
    found = []
    for each in org.control.get("/state").json()["lists"]:
        rows = org.control.get("/contacts", params={"list": each["id"], "limit": 100_000}).json()
        found += [(row["data"]["Lead ID"], row["id"]) for row in rows]
    return found


def mapping(folder):
    with (folder / "mapping.csv").open(newline="") as file:
        return {row["lead_id"]: row["contact_id"] for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("mode", "strategy"),
    [
        ("append", "csv-import-export"),
        ("upsert", "batch-api-own-ids"),
        ("clear-then-load", "batch-api"),
        ("delta", "batch-api"),
    ],
)
def test_a_mode_leaves_what_it_means_to(locust, org, mode, strategy):
    """The org's own store agrees with the table, and the last month's leads are where its mapping says."""
    code, printed = locust.run("monthly", *options(mode, "--strategy", strategy), "--host", org.url)
    assert code == 0, printed
    rows = months(locust)
    assert [row["contacts_in_org"] for row in rows] == HELD[mode]
    assert [row["leads_sent"] for row in rows] == [LEADS, *[SENT[mode]] * 2]
    there = stored(org)
    assert len(there) == HELD[mode][-1]
    assert set(mapping(locust.run_dir("monthly") / "month-03").items()) <= set(there)


def test_who_has_left_is_not_dialled(locust, org):
    """The DNC list holds the Lead IDs of former months that are in this one no more: read back from the org."""
    code, printed = locust.run("monthly", *options("delta", "--dnc"), "--host", org.url)
    assert code == 0, printed
    assert [row["excluded"] for row in months(locust)] == [0, NEW, 2 * NEW]


def test_a_month_that_does_not_fit(locust, org):
    """The org is full in the third month: the table says so, and the exit code is the platform's no."""
    limit = {"limits": {"contacts_per_org": 2500}}
    assert org.control.patch("/profile", json=limit).status_code == 200
    code, printed = locust.run("monthly", *options("append"), "--host", org.url)
    assert code == 6, printed
    assert "ORG_CAP" in months(locust)[2]["fails"]
    assert [row["verified"] for row in months(locust)] == [True, True, False]


def test_the_same_command_goes_on(locust, org):
    """Months that are proved are left alone: later ones have changed their lists."""
    command = options("upsert", "--strategy", "batch-api-own-ids", "--host", org.url)
    locust.run("monthly", *command)
    before = len(org.control.get("/ledger").json())
    code, printed = locust.run("monthly", *command)
    assert code == 0, printed
    after = org.control.get("/ledger").json()[before:]
    assert not [entry for entry in after if entry["op"] in ("contacts.add", "lists.create")]
