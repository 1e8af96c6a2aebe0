"""Months of leads into one org, each month a run with its own proof."""

import csv
import json

import pytest

from .conftest import serving

pytestmark = pytest.mark.smoke

LEADS, NEW, MONTHS = 1000, 200, 2


@pytest.fixture
def org(tmp_path):
    """An org of its own, so that its state is that of the months."""
    with serving(tmp_path, "--pace", "none") as served:
        yield served


@pytest.fixture
def loaded(locust, org):
    """A function: the months by a mode, with their exit code."""

    def run(mode, *more):
        options = ["--contacts", str(LEADS), "--months", str(MONTHS), "--mode", mode, "--lists", "2", *more]
        return locust.run("monthly", *options, "--host", org.url, patience_s=240)

    return run


def months(locust, name):
    document = json.loads((locust.run_dir("monthly") / "months.json").read_text())
    return [month[name] for month in document["months"]]


def stored(org):
    """Lead ID and contact id of every contact, by the org's own store; each as often as it is there."""
    found = []
    for each in org.control.get("/state").json()["lists"]:
        rows = org.control.get("/contacts", params={"list": each["id"], "limit": 100_000}).json()
        found += [(row["data"]["Lead ID"], row["id"]) for row in rows]
    return found


def mapping(locust):
    """That of the last month."""
    with (locust.run_dir("monthly") / f"month-{MONTHS:02d}" / "mapping.csv").open(newline="") as file:
        return {(row["lead_id"], row["contact_id"]) for row in csv.DictReader(file)}


def test_cleared_lists_hold_the_last_month_alone(locust, org, loaded):
    """The same lists, emptied and filled: what the org has is the mapping, no contact more."""
    code, printed = loaded("clear-then-load")
    assert code == 0, printed
    assert sorted(stored(org)) == sorted(mapping(locust))
    assert months(locust, "contacts_in_org") == [LEADS, LEADS]


def test_known_leads_are_updated_where_they_are(locust, org, loaded):
    """No lead is there twice, those that have left stay; and the same command again sends no lead."""
    code, printed = loaded("upsert", "--strategy", "batch-api-own-ids")
    assert code == 0, printed
    there = stored(org)
    assert len(there) == len(set(there)) == LEADS + NEW == months(locust, "contacts_in_org")[-1]
    assert mapping(locust) <= set(there)
    before = len(org.control.get("/ledger").json())
    code, printed = loaded("upsert", "--strategy", "batch-api-own-ids")
    assert code == 0, printed
    sent = [entry["op"] for entry in org.control.get("/ledger").json()[before:]]
    assert not {"contacts.add", "lists.create"} & set(sent)


def test_who_has_left_is_not_dialled(locust, org, loaded):
    """Only new leads are loaded; the DNC list holds the Lead IDs that are in this month no more, read back."""
    code, printed = loaded("delta", "--dnc")
    assert code == 0, printed
    assert len(stored(org)) == LEADS + NEW
    assert (months(locust, "leads_sent"), months(locust, "excluded")) == ([LEADS, NEW], [0, NEW])


def test_a_month_that_does_not_fit(locust, org, loaded):
    """The org is full in the second month: the table says so, and the exit code is the platform's no."""
    assert org.control.patch("/profile", json={"limits": {"contacts_per_org": 1500}}).status_code == 200
    code, printed = loaded("append")
    assert code == 6, printed
    assert "ORG_CAP" in months(locust, "fails")[1]
    assert months(locust, "verified") == [True, False]
