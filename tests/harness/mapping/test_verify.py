"""The proof finds every way in which server and mapping can differ."""

import stat

import pytest

from harness.errors import GaveUp
from harness.files.duckdb_files import PARQUET, copy_to, database
from harness.mapping.files import KEPT, RunFiles
from harness.mapping.verify import ProofFindings, compare, compare_exports, count_foreign

from ..fakes import ListedLeads, shard

HEADER = b'\xef\xbb\xbf"inin-outbound-id","Lead ID","Phone"\n'
GOOD = [("c1", "A"), ("c2", "B"), ("c3", "C")]


def write_export(path, pairs):
    rows = "".join(f"{contact_id},{lead_id},1\n" for contact_id, lead_id in pairs)
    path.write_bytes(HEADER + rows.encode())
    return path


def write_mapping(path, pairs, list_id="list-1"):
    rows = "".join(f"{lead_id},{contact_id},{list_id},mapped\n" for contact_id, lead_id in pairs)
    path.write_text("lead_id,contact_id,contact_list_id,status\n" + rows)
    return path


@pytest.mark.parametrize(
    ("exported", "findings"),
    [
        (GOOD, ProofFindings()),
        (GOOD[::-1], ProofFindings()),  # order means nothing
        (GOOD[:2], ProofFindings(lost=1)),
        ([], ProofFindings(lost=3)),
        ([("c1", "B"), ("c2", "A"), ("c3", "C")], ProofFindings(wrong=2)),
        ([*GOOD[:2], ("c3", "c")], ProofFindings(wrong=1)),  # letters count
        ([*GOOD, ("c4", "D")], ProofFindings(orphaned=1)),
        ([*GOOD, ("c4", "A")], ProofFindings(orphaned=1, doubled=1)),
        ([*GOOD, ("c1", "A")], ProofFindings(doubled=1)),
        ([*GOOD[:2], ("c9", "C")], ProofFindings(lost=1, orphaned=1)),
        ([("c1", "A"), ("c2", "A"), ("c3", "C")], ProofFindings(wrong=1, doubled=1)),
        ([*GOOD[:2], ("", "C")], ProofFindings(lost=1, orphaned=1)),  # a contact without an id
    ],
)
def test_what_is_amiss(tmp_path, exported, findings):
    """Each contact against each lead, counted; one difference is enough not to be proved."""
    mapping = write_mapping(tmp_path / "mapping.csv", GOOD)
    export = write_export(tmp_path / "export.csv", exported)
    told = compare(tmp_path, mapping, [("list-1", export)], "Lead ID")
    assert told == findings
    assert told.is_clean is (findings == ProofFindings())


def test_whom_it_is_about(tmp_path):
    """Each of them by lead, contact and list, for the owner of the run alone; nobody once all is well."""
    mapping = write_mapping(tmp_path / "mapping.csv", GOOD)
    export = write_export(tmp_path / "export.csv", [("c1", "A"), ("c2", "C"), ("c9", "A")])
    compare(tmp_path, mapping, [("list-1", export)], "Lead ID")
    named = tmp_path / "findings.csv"
    assert named.read_text().splitlines() == [
        "finding,lead_id,contact_id,contact_list_id",
        "doubled,A,c1,list-1",
        "doubled,A,c9,list-1",
        "lost,C,c3,list-1",
        "orphaned,A,c9,list-1",
        "wrong,C,c2,list-1",
    ]
    assert stat.S_IMODE(named.stat().st_mode) == 0o600
    compare(tmp_path, mapping, [("list-1", write_export(tmp_path / "export.csv", GOOD))], "Lead ID")
    assert not named.exists()


def test_a_contact_that_lost_its_lead_id_is_not_proved(tmp_path):
    """An empty cell is no lead."""
    mapping = write_mapping(tmp_path / "mapping.csv", GOOD)
    export = write_export(tmp_path / "export.csv", [*GOOD[:2], ("c3", "")])
    assert compare(tmp_path, mapping, [("list-1", export)], "Lead ID") == ProofFindings(wrong=1)


def test_a_contact_in_the_wrong_list(tmp_path):
    """The list is part of the mapping: there it is lost, here it is an orphan."""
    mapping = write_mapping(tmp_path / "mapping.csv", GOOD, list_id="list-2")
    export = write_export(tmp_path / "export.csv", GOOD)
    assert compare(tmp_path, mapping, [("list-1", export)], "Lead ID") == ProofFindings(lost=3, orphaned=3)


def test_a_lead_in_two_lists_is_doubled(tmp_path):
    """Leads are counted over all lists of the run."""
    mapping = write_mapping(tmp_path / "mapping.csv", GOOD)
    exports = [("list-1", GOOD), ("list-2", [("c8", "A")])]
    files = [(list_id, write_export(tmp_path / f"{list_id}.csv", pairs)) for list_id, pairs in exports]
    assert compare(tmp_path, mapping, files, "Lead ID") == ProofFindings(orphaned=1, doubled=1)


def test_an_export_that_was_cut_off_proves_nothing(tmp_path):
    """It is an error, not a count of lost leads."""
    mapping = write_mapping(tmp_path / "mapping.csv", GOOD)
    export = write_export(tmp_path / "export.csv", GOOD)
    export.write_bytes(export.read_bytes()[:-3])
    with pytest.raises(GaveUp, match="EXPORT_TRUNCATED"):
        compare(tmp_path, mapping, [("list-1", export)], "Lead ID")


def test_exports_of_a_run_are_removed_when_they_have_served(tmp_path):
    """They hold personal data."""
    files = RunFiles(tmp_path, ListedLeads(3), tmp_path / "leads.parquet")
    write_mapping(files.mapping, GOOD)
    export = write_export(files.export_path(shard()), GOOD)
    assert compare_exports(files, [shard()]).is_clean
    assert not export.exists()
    assert compare_exports(files, []).is_clean  # nothing to compare


@pytest.mark.parametrize(
    ("findings", "told"),
    [(ProofFindings(), "nothing amiss"), (ProofFindings(lost=2, doubled=1), "lost=2 doubled=1")],
)
def test_findings_in_words(findings, told):
    """What is zero is not told."""
    assert str(findings) == told


@pytest.mark.hardening("harness-15")
@pytest.mark.parametrize(
    ("exported", "foreign"),
    [
        ([("c0", "A0"), ("c1", "A1"), ("c2", "A2")], 0),
        ([], 0),
        ([("c0", "A0"), ("c2", "A2"), ("x", "A2")], 0),  # nobody knows which contact A2 has become
        ([("k", "B1")], 0),  # of an earlier month
        ([("c0", "A0"), ("x", "A0")], 1),
        ([("x", "B2"), ("y", "a0"), ("z", "")], 3),
        ([("x", "A3")], 1),  # a lead of another list
    ],
)
def test_contacts_of_others(tmp_path, exported, foreign):
    """By Lead ID, and by contact id for leads whose contact is known."""
    files = RunFiles(tmp_path, ListedLeads(4), tmp_path / "leads.parquet")
    rows = " UNION ALL ".join(f"SELECT {n} AS position, {n} AS line, 'A{n}' AS lead_id" for n in range(4))
    with database(tmp_path) as db:
        db.execute(copy_to(files.leads, rows, PARQUET))
    (tmp_path / KEPT).write_text("lead_id,contact_id,contact_list_id\nB1,k,list-1\n")
    part = tmp_path / "part-0.csv"
    part.write_text("lead_id,contact_id,contact_list_id\nA0,c0,list-1\nA1,c1,list-1\n")
    write_export(files.export_path(shard()), exported)
    assert count_foreign(files, shard(), [part]) == foreign
