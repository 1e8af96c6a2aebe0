"""2.7: the CSV import. A job that says it is done is asked how many rows it has."""

import pytest

from . import naive
from .rig import LEADS

GEN, OWN = "csv-import-export", "csv-import-own-ids"
BOTH = pytest.mark.parametrize("name", [GEN, OWN])


def upload(when: str, **action):
    return {"op": "import.upload", "nth": 1, "when": when, "action": action}


def job(kind: str, **more):
    return {"op": "import.upload", "nth": 1, "action": {"job": kind, **more}}


def status(body, times: int = 1, code: int = 200):
    return {"op": "import.status", "nth": 1, "times": times, "action": {"status": code, "body": body}}


@pytest.mark.parametrize(
    ("name", "when", "lists"), [(GEN, "before_parse", 2), (GEN, "before_commit", 2), (OWN, "before_parse", 1)]
)
def test_f076_an_upload_that_is_cut_off(rig, name, when, lists):
    """It is unknown what arrived: CSV-OWN imports again into its list, CSV-GEN drops the list it created: ALL."""
    rig.faults(upload(when, reset=True))
    end = rig.upload(name)
    assert (rig.count("lists.create"), rig.count("import.upload")) == (lists, 2)
    rig.check(end, name)


@BOTH
def test_f077_a_file_that_was_taken_for_whole(rig, name):
    """The import reports 100 % though the last 100 rows never arrived: rejects.csv names them, exit 3."""
    rig.faults(job("drop_rows", rows=100))
    end = rig.upload(name)
    assert (end.code, end.entry["mapped"], end.entry["rejected"]) == (3, LEADS - 100, 100)
    assert rig.complaints() == []


@pytest.mark.parametrize(("name", "lists"), [(GEN, 2), (OWN, 1)])
def test_f078_an_upload_whose_answer_is_lost(rig, name, lists):
    """Its rows are being imported: CSV-GEN drops that list first, CSV-OWN imports the same ids again: ALL."""
    rig.faults(upload("after_commit", reset=True))
    end = rig.upload(name)
    assert rig.count("lists.create") == lists
    rig.check(end, name)


@BOTH
@pytest.mark.parametrize("action", [{"late_commit_s": 15, "status": 504}, {"status": 500}])
def test_f078_a_lost_upload_whose_import_is_long(rig, name, action):
    """The import goes on for minutes after the answer was lost; its list can be deleted only then."""
    rig.settings(jobs__import_rows_per_s=2.0)
    rig.faults(upload("after_commit", **action))
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"reason": "CONTACT_COLUMNS_LIMIT_EXCEEDED", "at_percent": 0}, "reason=CONTACT_COLUMNS_LIMIT_EXCEEDED"),
        ({"at_percent": 0}, "no reason given"),
    ],
    ids=["f079", "f080"],
)
@BOTH
def test_f079_f080_an_import_that_fails(rig, name, action, told):
    """Exit 6 IMPORT_FAILED with the reason, or saying that none was given; ALL after the same command."""
    rig.faults(job("fail", **action))
    end = rig.upload(name)
    assert (end.code, end.word, told in end.message) == (6, "IMPORT_FAILED", True)
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize(("name", "lists"), [(GEN, 2), (OWN, 1)])
def test_f081_an_import_that_fails_at_63_percent(rig, name, lists):
    """Some rows were stored: the next run imports again, CSV-GEN into a new list: ALL, no lead twice."""
    rig.faults(job("fail", at_percent=63, reason="INTERNAL_ERROR"))
    assert rig.upload(name).code == 6
    assert 0 < rig.size() < LEADS
    end = rig.upload(name)
    assert rig.count("lists.create") == lists
    rig.check(end, name)


@BOTH
def test_f082_an_import_that_stands_still(rig, name):
    """Exit 5 IMPORT_STALLED after 15 min; the same command asks for the same job and uploads nothing."""
    rig.faults(job("freeze", at_percent=63))
    end = rig.upload(name)
    assert (end.code, end.word, "63 %" in end.message) == (5, "IMPORT_STALLED", True)
    end = rig.upload(name)
    assert (end.word, rig.count("import.upload"), rig.elapsed() > 1800) == ("IMPORT_STALLED", 1, True)


@pytest.mark.parametrize(
    "body",
    [
        {"state": "IN_PROGRESS", "percentComplete": 12},
        {"state": "IN_PROGRESS", "percentComplete": 140},
        {"state": "IN_PROGRESS"},
        {"state": None, "percentComplete": 40},
        {"state": "COMPLETE", "percentComplete": 40},
        {"state": "QUEUED"},
        {"percentComplete": "100"},
    ],
    ids=str,
)
def test_f083_a_status_of_another_kind(rig, body):
    """Only 100 % without a contradicting state counts as finished; anything else is polled again: ALL."""
    rig.faults(status(body, times=3))
    rig.check(rig.upload(GEN), GEN)


def test_f083_a_status_that_is_no_object(rig):
    """Exit 5, and no second upload: ALL after the same command."""
    rig.faults(status([], times=1))
    end = rig.upload(GEN)
    assert (end.code, end.word) == (5, "BAD_RESPONSE")
    end = rig.upload(GEN)
    assert rig.count("import.upload") == 1
    rig.check(end, GEN)


@pytest.mark.parametrize("code", [404, 500])
def test_f084_a_status_that_is_not_there_at_first(rig, code):
    """It is polled until it is there: ALL."""
    rig.faults(status({"code": "not.found", "message": "no", "status": code}, times=5, code=code))
    rig.check(rig.upload(GEN), GEN)


@BOTH
def test_f085_a_small_import_that_shows_no_status(rig, name):
    """The size of the list, read twice, tells that the import has ended: ALL."""
    rig.settings(jobs__import_status_visible_rows=10_000)
    rig.check(rig.upload(name), name)


@BOTH
def test_f086_a_size_that_lags(rig, name):
    """100 %, and the list shows its contacts 20 s later: exit 0 or 4, nothing lost; ALL after the same command."""
    rig.settings(semantics__size_lag_s=20.0)
    end = rig.upload(name)
    assert (end.code in (0, 4), rig.complaints()) == (True, [])
    rig.sleep(20)
    rig.check(rig.upload(name), name)


@BOTH
def test_f087_rows_that_are_dropped_without_a_word(rig, name):
    """17 rows are missing at 100 %: the export names them, they are rejected with a code, exit 3, C1 to C6 hold."""
    rig.faults(job("drop_rows", rows=17))
    end = rig.upload(name)
    assert (end.code, end.entry["mapped"], rig.complaints()) == (3, LEADS - 17, [])
    assert {row["code"] for row in rig.rejects()} == {"NOT_IMPORTED"}


def test_f087_percent_taken_for_rows(rig):
    """An upload that maps every row because the job has ended maps 17 contacts that do not exist: CHECK says C2."""
    rig.faults(job("drop_rows", rows=17))
    end = rig.upload(naive.PercentIsAll())
    assert (end.code, rig.complaints()) == (0, ["C2: 17 mapped, but lost"])


@BOTH
def test_f089_the_list_is_deleted_during_the_import(rig, name):
    """Exit 6 LIST_GONE, the journal is kept."""
    end = rig.upload_meanwhile(name, 3.5, rig.delete)
    assert (end.code, end.word) == (6, "LIST_GONE")
    assert (rig.folder / "run" / "journal.sqlite").exists()
