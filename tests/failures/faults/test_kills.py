"""2.10: killed and started again. The journal says what may have been sent, and that is looked up first."""

import shutil
from collections import Counter

import pytest

from harness import events
from harness.flow import Call
from harness.journal.sqlite_journal import SqliteJournal

from . import naive
from .killing import killed
from .rig import BATCH, LEADS

GEN, OWN, CSV, CSV_OWN = "batch-api", "batch-api-own-ids", "csv-import-export", "csv-import-own-ids"
EVERY = pytest.mark.parametrize("name", [GEN, OWN, CSV, CSV_OWN])
FEW = 300  # leads, in three batches
FLIPS = 10


def call(*ops):
    return lambda step: isinstance(step, Call) and step.op in ops


def event(*kinds):
    return lambda step: isinstance(step, kinds)


def any_step(step):
    return True


@pytest.fixture
def kill(rig):
    """A function: whether the upload came to the step at which it is killed."""

    def at(name, chosen, nth, moment, **options):
        plan = rig.plan(name, **options)
        return rig.run(killed(plan, rig.target, rig.folder / "run", chosen, nth, moment))

    return at


@pytest.mark.parametrize("first", range(1, 41, 8))
@pytest.mark.parametrize("moment", ["before", "after"])
@EVERY
def test_f121_killed_at_any_step(rig, kill, name, moment, first):
    """Killed before and after every eighth step, one at a time: the same command finishes: ALL."""
    rig.invent(FEW)
    kill(name, any_step, first, moment, concurrency=2)
    end = rig.upload(name)
    rig.check(end, name)
    assert len(rig.lists()) == 1


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(("name", "resolved"), [(GEN, True), (OWN, False)])
def test_f122_killed_between_commit_and_acknowledgement(rig, kill, name, resolved, nth):
    """The answer was read, its ids were not stored: GEN finds and adopts them, OWN sends the same bytes: ALL."""
    rig.invent(FEW)
    assert kill(name, call("contacts.add"), nth, "after", concurrency=1)
    end = rig.upload(name)
    assert (end.entry["resolved"] > 0) is resolved
    rig.check(end, name)


@pytest.mark.parametrize(("name", "lists"), [(CSV, 2), (CSV_OWN, 1)])
def test_f122_killed_between_upload_and_its_acknowledgement(rig, kill, name, lists):
    """The file was uploaded but the journal does not say so: CSV-GEN drops its list, CSV-OWN imports again: ALL."""
    assert kill(name, call("import.upload"), 1, "after")
    end = rig.upload(name)
    assert rig.count("lists.create") == lists
    rig.check(end, name)


def test_f122_a_journal_that_forgets_what_was_sent(rig, kill):
    """A restart that trusts the journal without a search sends batches again: CHECK says C3."""
    rig.invent(FEW)
    assert kill(GEN, call("contacts.add"), 2, "after", concurrency=1)
    end = rig.upload(naive.BLIND)
    assert (end.code, rig.complaints()[0]) == (0, f"C3: {BATCH} doubled")


@EVERY
def test_f123_killed_between_intent_and_sending(rig, kill, name):
    """Nothing was sent: the restart finds no contacts and sends the batch: ALL."""
    rig.invent(FEW)
    assert kill(name, event(events.BatchSending, events.UploadSending), 1, "after")
    end = rig.upload(name)
    assert end.entry["resolved"] == 0
    rig.check(end, name)


@EVERY
def test_f124_killed_before_the_mapping_is_proved(rig, kill, name):
    """The manifest is written last: without it there is no mapping yet; ALL after the same command."""
    assert kill(name, call("export.create", "contacts.bulk"), 1, "before")
    assert not (rig.folder / "run" / "mapping.manifest.json").exists()
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize("name", [GEN, CSV])
def test_f125_killed_while_doubts_are_resolved(rig, kill, name):
    """Killed, killed again during the look-up, and once more after it: the fourth start finishes: ALL."""
    rig.invent(FEW)
    assert kill(name, call("contacts.add", "import.upload"), 2 if name == GEN else 1, "after", concurrency=1)
    assert kill(name, call("contacts.search", "lists.delete"), 1, "after")
    assert kill(name, event(events.BatchAcked, events.ShardAbandoned), 1, "after")
    rig.check(rig.upload(name), name)


@pytest.mark.parametrize("name", [GEN, OWN])
def test_f121_what_is_sent_again_is_bounded(rig, kill, name):
    """A kill costs each worker one batch at most."""
    assert kill(name, call("contacts.add"), 4, "after", concurrency=2)
    assert rig.upload(name).code == 0
    assert rig.count("contacts.add") <= LEADS // BATCH + 2


@EVERY
def test_f139_any_byte_of_the_journal(rig, kill, name):
    """One byte at a time is altered: exit 7 and nothing is sent; or the byte has no meaning: ALL."""
    rig.invent(FEW)
    assert kill(name, call("export.create", "contacts.search"), 1, "before")
    run, kept = rig.folder / "run", rig.folder / "kept"
    SqliteJournal(run / "journal.sqlite").close()
    shutil.copytree(run, kept)
    content, writes, ends = (run / "journal.sqlite").read_bytes(), rig.writes(), Counter()
    for place in range(7, len(content), len(content) // FLIPS):
        shutil.rmtree(run)
        shutil.copytree(kept, run)
        altered = content[:place] + bytes([content[place] ^ 0x15]) + content[place + 1 :]
        (run / "journal.sqlite").write_bytes(altered)
        end = rig.upload(name)
        ends[end.word] += 1
        assert (end.code, rig.writes() - writes) == (7, 0) or (end.code, rig.complaints()) == (0, []), place
    assert ends["STATE_CORRUPT"] > 0


def test_f139_one_letter_of_a_part(rig, kill):
    """An altered contact id in the mapping of a list is noticed before the mapping is published: exit 7."""
    assert kill(CSV, call("contacts.bulk"), 1, "before")
    part = rig.folder / "run" / "part-0.csv"
    part.write_bytes(part.read_bytes()[:-60] + b"0" + part.read_bytes()[-59:])
    end = rig.upload(CSV)
    assert (end.code, end.word) == (7, "STATE_CORRUPT")
