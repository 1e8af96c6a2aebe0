"""A lost state is made anew from the org: the same mapping, nothing written; what is missing is left to the upload."""

import shutil

import pytest

from harness.client.oauth import MOCK_CREDENTIALS
from harness.commands.reconcile import rebuild
from harness.errors import RunError
from harness.strategies import MAIN, STRATEGIES

from ..faults.killing import killed

LISTS = {"lists": 3}
LOSSES = ("deleted", "truncated", "altered", "part", "folder")
STRATEGY_OF = dict(zip(LOSSES, STRATEGIES, strict=True))  # of the default command


@pytest.fixture
def reconcile(rig):
    """A function: what became of the run folder's state."""

    def reconciled(name, lists=(), folder="run", **options):
        plan = rig.plan(name, folder, **options)
        return rig.run(rebuild(plan, rig.target, MOCK_CREDENTIALS, rig.folder / folder, lists))

    return reconciled


def losing(run, how):
    """The state of a run that is lost in one of the ways there are."""
    journal = run / "journal.sqlite"
    match how:
        case "deleted":
            journal.unlink()
        case "truncated":
            journal.write_bytes(journal.read_bytes()[:5000])
        case "altered":
            content = journal.read_bytes()
            journal.write_bytes(content.replace(b"L00000", b"M00000"))
        case "part":
            next(run.glob("part-*.csv"), journal).write_bytes(b"nothing")
        case "folder":
            shutil.rmtree(run)
            run.mkdir()


@pytest.mark.parametrize(
    ("name", "how"),
    [
        pytest.param(name, how, marks=[] if STRATEGY_OF[how] == name else pytest.mark.slow)
        for name in STRATEGIES
        for how in LOSSES
    ],
)
def test_f144_the_state_of_a_finished_run(rig, reconcile, name, how):
    """The rebuilt mapping equals the original byte for byte, and neither command writes to the org."""
    assert rig.upload(name, **LISTS).code == 0
    mapping, writes = rig.mapping(), rig.writes()
    losing(rig.folder / "run", how)
    rig.checked.clear()
    rebuilt = reconcile(name)
    assert (rebuilt.found, rebuilt.missing) == (600, 0)
    end = rig.upload(name)
    assert (rig.mapping(), rig.writes()) == (mapping, writes)
    rig.check(end, name)


@pytest.mark.parametrize("nth", [9, 14, 19, 30])
@pytest.mark.parametrize("name", list(STRATEGIES))
def test_f144_the_state_of_a_run_that_was_killed(rig, reconcile, name, nth):
    """Contacts in the org are kept, and the upload sends the missing ones: ALL."""
    plan = rig.plan(name, concurrency=2, **LISTS)
    assert rig.run(killed(plan, rig.target, rig.folder / "run", lambda step: True, nth, "before"))
    losing(rig.folder / "run", "deleted")
    rig.sleep(60)
    reconcile(name)
    end = rig.upload(name)
    rig.check(end, name)
    assert len(rig.lists()) == 3


@pytest.mark.parametrize("name", MAIN)
def test_leads_that_are_missing_are_counted(rig, reconcile, name):
    """The last lists were never loaded, and every lead of the first one was."""
    rig.stopped(name, lists=6)
    losing(rig.folder / "run", "altered")
    rig.sleep(100)
    rebuilt = reconcile(name)
    assert (rebuilt.found + rebuilt.missing, rebuilt.found) == (600, rig.size())
    assert rebuilt.aside.name == "journal.sqlite.corrupt-1"
    rig.check(rig.upload(name), name)


def test_leads_that_are_doubled(rig, reconcile):
    """A person has to decide: exit 4, findings.csv names them, and no journal is made."""
    assert rig.upload("batch-api").code == 0
    rig.add_foreign(3)
    losing(rig.folder / "run", "deleted")
    with pytest.raises(RunError) as told:
        reconcile("batch-api")
    assert (told.value.exit_code, rig.findings()["doubled"]) == (4, 6)
    assert not list((rig.folder / "run").glob("*.sqlite*"))


def test_two_runs_of_one_input(rig, reconcile):
    """Which of them is meant has to be said, by their lists."""
    assert rig.upload("batch-api").code == 0
    mapping, lists = rig.mapping(), rig.lists()
    assert rig.upload("batch-api", folder="other", again=True).code == 0
    losing(rig.folder / "run", "folder")
    rig.checked.clear()
    with pytest.raises(RunError, match="choose with --lists"):
        reconcile("batch-api")
    assert reconcile("batch-api", lists).missing == 0
    assert (rig.upload("batch-api").code, rig.mapping()) == (0, mapping)


def test_nothing_to_be_found(rig, reconcile):
    """No list of this input: nothing is made up."""
    with pytest.raises(RunError) as told:
        reconcile("batch-api")
    assert (told.value.code, rig.writes()) == ("STATE_LOST", 0)
