"""What a run or a mock has kept, altered: believed only if it is as it was stored."""

import hashlib
import io
import json
import random

import pytest

from harness.errors import RunError
from harness.journal.sqlite_journal import SqliteJournal
from harness.mapping.copy_mapping import copy_mapping
from mockserver.clock import ManualClock
from mockserver.control.snapshots import restore, snapshot
from mockserver.errors import ApiError
from mockserver.loaded_profile import load
from mockserver.model import ContactColumn, ContactList
from mockserver.services import create_services
from mockserver.state.auth import OAuthClient
from mockserver.storage.memory_store import MemoryStore

from ..harness.journal.kept import LISTED, acked, opened, planned, sending
from .mutation import Target, play

DIGEST_BYTES = hashlib.sha256().digest_size


def contents(journal):
    return journal.facts(), journal.shards(), journal.batches(), list(journal.mapping()), journal.rejects()


def test_journals(tmp_path, told):
    """An altered one is refused, or what it says is what was saved: nothing else may be believed."""
    original = tmp_path / "original.sqlite"
    planned(original, *LISTED, sending(0, "A", "B"), acked(0, A="c1", B="c2"), sending(3, "D", shard=1))
    with opened(original) as journal:
        saved = contents(journal)
    folder = tmp_path / "altered"
    folder.mkdir()

    def read(data: bytes) -> None:
        for left in folder.iterdir():
            left.unlink()
        path = folder / "journal.sqlite"
        path.write_bytes(data)
        journal = SqliteJournal(path)
        try:
            found = contents(journal)
        finally:
            journal.close()
        assert found in (saved, ({}, [], {}, [], []))  # an empty file is a new journal

    seeds = (original.read_bytes(),)
    assert len(seeds[0]) <= 1 << 16
    words = (b"acked", b"sending", b"c2", b"list-2", b"CREATE TABLE x (y)", b"\x05\x00", b"\0" * 100)
    told(play(Target(name="journals", read=read, seeds=seeds, refusals=(RunError,), words=words, few=25)))


def test_mappings(tmp_path, told):
    """A manifest or a mapping that was altered is refused, or is as good as the one that was written."""
    lines = b"lead_id,contact_id,contact_list_id,status\nA,c1,list-1,mapped\n"
    manifest = {"file": "mapping.csv", "sha256": hashlib.sha256(lines).hexdigest(), "rows": 1, "verified": True}

    def read(data: bytes) -> None:
        told_of, _, mapping = data.partition(b"\x1e")
        (tmp_path / "mapping.manifest.json").write_bytes(told_of)
        (tmp_path / "mapping.csv").write_bytes(mapping)
        (tmp_path / "copy.csv").unlink(missing_ok=True)
        copied = copy_mapping(tmp_path, str(tmp_path / "copy.csv"))
        assert hashlib.sha256((tmp_path / "copy.csv").read_bytes()).hexdigest().encode() in told_of
        assert isinstance(copied["rows"], int)

    seeds = (json.dumps(manifest).encode() + b"\x1e" + lines,)
    words = (b'"rows": "x"', b'"sha256": 1', b"[]", b'{"sha256":1}')
    told(play(Target(name="mappings", read=read, seeds=seeds, refusals=(RunError,), words=words, few=60)))


@pytest.fixture
def services(tmp_path):
    """An org with a list of three contacts, a document and a token."""
    services = create_services(
        store=MemoryStore(),
        clock=ManualClock(),
        profile=load("default"),
        spool=tmp_path,
        clients=[OAuthClient("a", "b")],
    )
    columns = (ContactColumn(column_name="Phone", type="cell"),)
    dates = {"date_created": "2026-01-01T00:00:00.000Z", "date_modified": "2026-01-01T00:00:00.000Z"}
    services.org.store.create_list(
        ContactList(id="l-1", name="Leads", column_names=("Phone",), phone_columns=columns, **dates)
    )
    services.org.store.add_contacts("l-1", ["c-1", "c-2", "c-3"], [b'{"Phone":"+15550100001"}'] * 3, 1.0)
    services.org.store.set_attributes("l-1", {"c-1": b'{"callable":false}'})
    services.org.store.save_document("event", "e-1", b"{}")
    services.org.tokens.issue("a", services.org.clock.now(), 60)
    services.org.rng_for("correlation")
    return services


def test_snapshots(services, told):
    """An altered one is refused and nothing changes. With a right digest it is refused too, or what it makes can be
    taken as a snapshot again."""
    kept = b"".join(snapshot(services))

    def read(data: bytes) -> None:
        with pytest.raises(ApiError):
            restore(services, io.BytesIO(data + b"x"))
        assert b"".join(snapshot(services)) == kept
        try:
            restore(services, io.BytesIO(data + hashlib.sha256(data).digest()))
            again = b"".join(snapshot(services))
            restore(services, io.BytesIO(again))
        finally:
            restore(services, io.BytesIO(kept))

    seed = kept[:-DIGEST_BYTES]
    pieces = [seed, seed[: len(seed) // 2]]
    words = (b"\xc0", b"\x93", b"\xa4list", b"\xa8contacts", b"\xa3end\x00", random.Random(1).randbytes(4))
    told(play(Target(name="snapshots", read=read, seeds=pieces, refusals=(ApiError,), words=words, few=60)))
