"""The oracle sees each thing that can be wrong, by itself."""

import csv
import json
from hashlib import sha256

import pytest

from .oracle import complaints

LEADS = ["A1", "A2", "A3"]
MAPPED = [("A1", "c1"), ("A2", "c2")]
STORED = {"c1": ("A1", "Fairview"), "c2": ("A2", "Fairview")}


@pytest.fixture
def told(tmp_path):
    """A function: the checks that fail."""

    def write(name, header, rows):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])

    def found(stored=STORED, mapped=MAPPED, rejected=("A3",), **manifest):
        write("leads.csv", ("Lead ID", "City"), [(lead_id, "Fairview") for lead_id in LEADS])
        rows = [(lead_id, contact_id, "l1", "mapped") for lead_id, contact_id in mapped]
        write("mapping.csv", ("lead_id", "contact_id", "contact_list_id", "status"), rows)
        write("rejects.csv", ("lead_id",), [(lead_id,) for lead_id in rejected])
        digest = sha256((tmp_path / "mapping.csv").read_bytes()).hexdigest()
        facts = {"rows": len(mapped), "sha256": digest, "verified": True, **manifest}
        (tmp_path / "mapping.manifest.json").write_text(json.dumps(facts))
        contacts = [(id_, "l1", {"Lead ID": lead_id, "City": city}) for id_, (lead_id, city) in stored.items()]
        return sorted({told.partition(":")[0] for told in complaints(contacts, tmp_path, tmp_path / "leads.csv")})

    return found


@pytest.mark.parametrize(
    ("wrong", "checks"),
    [
        ({}, []),
        ({"rejected": ()}, ["C1"]),  # A3 is nowhere
        ({"rejected": ("A3", "A1")}, ["C1"]),  # A1 is told twice
        ({"rejected": ("A3", "A9")}, ["C1"]),  # nobody knows A9
        ({"mapped": [("A1", "c2"), ("A2", "c1")]}, ["C2", "C5"]),  # joined by position
        ({"stored": {"c1": STORED["c1"]}}, ["C2"]),  # lost
        ({"stored": STORED | {"c3": ("A1", "Fairview")}}, ["C3", "C4"]),  # sent twice
        ({"stored": STORED | {"c3": ("A3", "Fairview")}}, ["C4"]),  # nobody knows of it
        ({"stored": STORED | {"c2": ("A2", "Riverton")}}, ["C5"]),
        ({"rows": 3}, ["C6"]),
        ({"sha256": "0"}, ["C6"]),
        ({"verified": False}, ["C6"]),
    ],
)
def test_each_check_by_itself(told, wrong, checks):
    """One thing wrong, and the checks that are about it."""
    assert told(**wrong) == checks
