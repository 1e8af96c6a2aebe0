"""A mapping as a table of somebody's database."""

import csv
from contextlib import closing
from hashlib import sha256

import msgspec
import psycopg
import pytest

from harness.errors import StateError, UsageError
from harness.mapping.copy_mapping import copy_mapping

ROWS = {"L-1": "c1", 'odd, "quoted"': "c2", "\\.": "c3", "Zoë": "c4"}


def finished(folder, rows):
    """A run folder with a mapping and its manifest."""
    folder.mkdir()
    lines = ["lead_id,contact_id,contact_list_id,status"]
    lines += ['"{}",{},list-1,mapped'.format(lead.replace('"', '""'), contact) for lead, contact in rows.items()]
    content = ("\n".join(lines) + "\n").encode()
    (folder / "mapping.csv").write_bytes(content)
    manifest = {"file": "mapping.csv", "sha256": sha256(content).hexdigest(), "rows": len(rows), "verified": True}
    (folder / "mapping.manifest.json").write_bytes(msgspec.json.encode(manifest))
    return folder


@pytest.fixture
def table(postgres, tmp_path):
    return postgres.url().replace("/postgres?", f"/postgres/public.{tmp_path.name}?")


def stored(postgres, tmp_path):
    with closing(psycopg.connect(postgres.url())) as db:
        return dict(db.execute(f'SELECT lead_id, contact_id FROM public."{tmp_path.name}"').fetchall())


def test_a_table_holds_the_mapping_however_often_it_is_copied(postgres, table, tmp_path):
    """All of it once, whatever is in the ids; another mapping takes the place of the first."""
    folder = finished(tmp_path / "run", ROWS)
    for _ in range(2):
        assert copy_mapping(folder, table)["rows"] == 4
        assert stored(postgres, tmp_path) == ROWS
    copy_mapping(finished(tmp_path / "next", {"L-9": "c9"}), table)
    assert stored(postgres, tmp_path) == {"L-9": "c9"}


def test_a_copy_that_fails_leaves_the_former_one(postgres, table, tmp_path):
    """A manifest that tells of other rows is found before anybody sees the table."""
    copy_mapping(finished(tmp_path / "run", ROWS), table)
    wrong = finished(tmp_path / "next", {"L-9": "c9"})
    manifest = msgspec.json.decode((wrong / "mapping.manifest.json").read_bytes()) | {"rows": 2}
    (wrong / "mapping.manifest.json").write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(StateError):
        copy_mapping(wrong, table)
    assert stored(postgres, tmp_path) == ROWS


def test_a_table_of_somebody_else_is_left_alone(postgres, table, tmp_path):
    """What is in it would be lost."""
    with psycopg.connect(postgres.url()) as db:
        db.execute(f'CREATE TABLE public."{tmp_path.name}" (lead_id text, contact_id text)')
        db.execute(f"INSERT INTO public.\"{tmp_path.name}\" VALUES ('theirs', 'x')")
    with pytest.raises(UsageError, match="not created by"):
        copy_mapping(finished(tmp_path / "run", ROWS), table)
    assert stored(postgres, tmp_path) == {"theirs": "x"}


@pytest.mark.parametrize("to", ["postgresql://me:geheim@db/leads", "postgresql://me:geheim@db/a/b/c", "mysql://x/y/z"])
def test_an_address_without_a_table(tmp_path, to):
    """Said before anything is connected to, and without the password."""
    with pytest.raises(UsageError) as refused:
        copy_mapping(finished(tmp_path / "run", ROWS), to)
    assert "geheim" not in str(refused.value)


@pytest.mark.hardening("harness-22")
def test_a_copy_for_spreadsheets(tmp_path):
    """Ids that are formulas stand there as text; a .csv without that name is the mapping, byte for byte."""
    ids = {"=cmd|'/C calc'!A0": "c1", "+1555": "c2", "\tx": "c3", "a;=1": "c4", "plain": "c5"}
    folder = finished(tmp_path / "run", ids)
    copy_mapping(folder, str(tmp_path / "m.for-spreadsheets.csv"))
    copy_mapping(folder, str(tmp_path / "m.csv"))
    with (tmp_path / "m.for-spreadsheets.csv").open(newline="") as file:
        shown = [row["lead_id"] for row in csv.DictReader(file)]
    assert shown == ["'=cmd|'/C calc'!A0", "'+1555", "'\tx", "a;'=1", "plain"]
    assert (tmp_path / "m.csv").read_bytes() == (folder / "mapping.csv").read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b'{"sha256": "\xff"}', b'{"sha256": 1, "rows": "x"}', b'{"a":' + b"[" * 99_999]
)
def test_a_manifest_that_is_none(tmp_path, content):
    """Whatever became of it: there is no mapping without one."""
    run = finished(tmp_path / "run", ROWS)
    (run / "mapping.manifest.json").write_bytes(content)
    with pytest.raises(StateError, match="NO_MAPPING"):
        copy_mapping(run, str(tmp_path / "copy.csv"))
