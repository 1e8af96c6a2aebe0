"""What every store does, and what the durable one does besides."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mockserver.errors import NotFound
from mockserver.model import ContactList
from mockserver.storage.durable_store import DurableStore, StoreError
from mockserver.storage.log import Record, StoreLog
from mockserver.storage.memory_store import MemoryStore

WRITER = """
import sys
from pathlib import Path
from mockserver.storage.durable_store import DurableStore
from mockserver.model import ContactList
store = DurableStore(Path(sys.argv[1]))
store.create_list(ContactList(id="a", name="A", date_created="", date_modified=""))
for batch in range(1_000_000):
    store.add_contacts("a", [f"{batch}-{n}" for n in range(100)], [b'{"lead":"1"}'] * 100)
    print(batch, flush=True)
"""


def contact_list(list_id="a", **fields):
    return ContactList(id=list_id, name=list_id.upper(), date_created="", date_modified="", **fields)


def row(lead, **others):
    return json.dumps({"lead": lead, **others}).encode()


def contacts(store, list_id="a"):
    return dict(zip(*store.snapshot(list_id)[:2], strict=True))


@pytest.fixture(params=["memory", "durable"])
def store(request, tmp_path):
    store = MemoryStore() if request.param == "memory" else DurableStore(tmp_path / "store")
    store.create_list(contact_list())
    yield store
    store.close()


def test_lists_keep_the_order_of_creation(store):
    """Replacing a list's configuration leaves its place and its contacts alone."""
    store.create_list(contact_list("b"))
    store.add_contacts("a", ["1"], [row("x")])
    store.replace_list(contact_list("a", version=2))
    assert [(each.id, each.version) for each in store.contact_lists()] == [("a", 2), ("b", 1)]
    assert store.contact_list("a").version == 2
    assert store.size("a") == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.contact_list("none"),
        lambda store: store.replace_list(contact_list("none")),
        lambda store: store.delete_list("none"),
        lambda store: store.size("none"),
        lambda store: store.add_contacts("none", [], []),
        lambda store: store.put_contacts("none", [], []),
        lambda store: store.existing("none", []),
        lambda store: store.delete_contacts("none", []),
        lambda store: store.clear("none"),
        lambda store: store.snapshot("none"),
        lambda store: store.page("none", 0, 1),
        lambda store: store.find("none", "lead", ["x"]),
        lambda store: store.attributes("none", "1"),
        lambda store: store.set_attributes("none", {}),
        lambda store: store.save_import("none", b"{}"),
        lambda store: store.iter_ids("none"),
    ],
)
def test_a_list_that_does_not_exist(store, use):
    """Every operation on an unknown list says so in the platform's words."""
    with pytest.raises(NotFound) as refused:
        use(store)
    assert refused.value.code == "contact.list.not.found"


@pytest.mark.parametrize("write", ["add_contacts", "put_contacts"])
def test_a_refused_write_changes_nothing(store, write):
    """Ids and rows that do not match in number are refused as a whole."""
    with pytest.raises(ValueError, match="2 ids for 1 rows"):
        getattr(store, write)("a", ["1", "2"], [row("x")])
    assert store.size("a") == store.total_size() == 0


def test_a_list_is_created_once(store):
    """A second list of the same id is refused and leaves the first as it was."""
    with pytest.raises(ValueError, match="exists already"):
        store.create_list(contact_list(version=9))
    assert store.contact_list("a").version == 1


def test_put_inserts_and_replaces(store):
    """The later of two rows of one id wins; a replaced contact keeps its place."""
    store.add_contacts("a", ["1", "2"], [row("x"), row("y")])
    assert store.put_contacts("a", ["2", "3", "3"], [row("Y"), row("z"), row("Z")]) == 1
    assert list(contacts(store).items()) == [("1", row("x")), ("2", row("Y")), ("3", row("Z"))]
    assert store.total_size() == store.size("a") == 3


def test_existing(store):
    """Only contacts that exist are given, whether they were added before or after the ids were first looked up."""
    store.add_contacts("a", ["1"], [row("x")])
    assert store.existing("a", ["1", "2"]) == {"1": row("x")}
    store.add_contacts("a", ["2"], [row("y")])
    assert store.existing("a", ["1", "2", "3"]) == {"1": row("x"), "2": row("y")}


def test_delete_contacts(store):
    """A deleted contact is gone everywhere, attributes included, and its id may come again, at the end."""
    store.add_contacts("a", ["1", "2", "3"], [row("x"), row("y"), row("z")])
    store.set_attributes("a", {"2": b'{"callable":false}'})
    assert store.delete_contacts("a", ["2", "9", "2"]) == 1
    store.put_contacts("a", ["2"], [row("again")])
    assert list(store.iter_ids("a")) == ["1", "3", "2"]
    assert store.attributes("a", "2") is None


def test_deleting_most_contacts(store):
    """Whatever is done about the gaps, order, ids, values and places stay right."""
    ids = [str(n) for n in range(3_000)]
    store.add_contacts("a", ids, [row(each) for each in ids])
    assert store.find("a", "lead", ["2999"]) == ["2999"]
    assert store.delete_contacts("a", ids[:2_900]) == 2_900
    assert list(store.iter_ids("a")) == ids[2_900:]
    assert store.find("a", "lead", ["2999", "5"]) == ["2999"]
    assert store.existing("a", ["2950", "5"]) == {"2950": row("2950")}


def test_a_snapshot_is_of_one_moment(store):
    """Later changes of the list do not show in it."""
    store.add_contacts("a", ["1", "2"], [row("x"), row("y")])
    store.set_attributes("a", {"1": b"{}"})
    before = store.snapshot("a")
    store.put_contacts("a", ["1", "3"], [row("X"), row("z")])
    store.delete_contacts("a", ["2"])
    store.set_attributes("a", {"3": b"{}"})
    assert (list(before.ids), list(before.rows)) == (["1", "2"], [row("x"), row("y")])
    assert dict(before.attributes) == {"1": b"{}"}


@pytest.mark.parametrize("deleted", [[], ["0", "7", "8"]], ids=["without gaps", "with gaps"])
def test_pages_add_up_to_the_list(store, deleted):
    """Pages follow the order of creation; one beyond the end is empty."""
    store.add_contacts("a", [str(n) for n in range(10)], [row(str(n)) for n in range(10)])
    store.delete_contacts("a", deleted)
    pages = [store.page("a", offset, 3) for offset in range(0, 12, 3)]
    assert [each for page in pages for each in page.ids] == list(store.iter_ids("a"))
    assert [json.loads(each)["lead"] for page in pages for each in page.rows] == list(store.iter_ids("a"))
    assert store.page("a", 100, 3).ids == []


def test_dates_of_creation(store):
    """A contact keeps the date it came with, whatever is changed or deleted around it."""
    store.add_contacts("a", ["1", "2"], [row("x")] * 2, 10.0)
    store.put_contacts("a", ["2", "3"], [row("y")] * 2, 20.0)
    assert (store.created_at("a", ["3", "1", "2"]), store.page("a", 0, 9).created) == (
        [20.0, 10.0, 10.0],
        [10.0, 10.0, 20.0],
    )
    store.delete_contacts("a", ["1"])
    assert (store.page("a", 0, 9).created, store.created_until("a", 15.0)) == ([10.0, 20.0], 1)


def test_find(store):
    """Contacts of any of the values are found in order of creation, once each."""
    store.add_contacts("a", ["1", "2", "3"], [row("x"), row("y"), row("x")])
    assert store.find("a", "lead", ["y", "x", "x", "none"]) == ["1", "2", "3"]
    assert store.find("a", "no column", ["x"]) == []


def test_find_after_changes(store):
    """The values of added, replaced and deleted contacts are those they have now."""
    store.add_contacts("a", ["1", "2", "3"], [row("x"), row("x"), row("x")])
    assert store.find("a", "lead", ["x"]) == ["1", "2", "3"]
    store.put_contacts("a", ["1", "4"], [row("y"), row("x")])
    store.delete_contacts("a", ["2"])
    assert store.find("a", "lead", ["x"]) == ["3", "4"]
    assert store.find("a", "lead", ["y"]) == ["1"]
    store.put_contacts("a", ["1"], [row("x")])
    assert store.find("a", "lead", ["x"]) == ["1", "3", "4"]


def test_find_after_very_many_changes(store):
    """A contact that changes its value all the time is found by the last one only."""
    store.add_contacts("a", ["1"], [row("0")])
    for n in range(1_200):
        assert store.find("a", "lead", [str(n)]) == ["1"]
        store.put_contacts("a", ["1"], [row(str(n + 1))])
    assert store.find("a", "lead", [str(n) for n in range(1_200)]) == []


@pytest.mark.parametrize("column", ['said "so"', "back\\slash", "tab\t", "Größe", ""])
def test_find_in_a_column_of_any_name(store, column):
    """Names that need escaping in JSON are found like others; a row without the column has no value."""
    store.add_contacts("a", ["1", "2"], [json.dumps({column: "x"}).encode(), b"{}"])
    assert store.find("a", column, ["x", ""]) == ["1"]


def test_clear(store):
    """The list stays, with its configuration; contacts, attributes and indexes go."""
    store.put_contacts("a", ["1"], [row("x")])
    store.set_attributes("a", {"1": b"{}"})
    assert store.find("a", "lead", ["x"]) == ["1"]
    store.clear("a")
    assert (store.size("a"), store.total_size(), store.find("a", "lead", ["x"])) == (0, 0, [])
    assert store.attributes("a", "1") is None
    assert store.put_contacts("a", ["1"], [row("y")]) == 1


def test_delete_list(store):
    """A deleted list's contacts no longer count, and nothing is left for a new list of that id."""
    store.create_list(contact_list("b"))
    store.add_contacts("b", ["1"], [row("x")])
    store.save_import("b", b"{}")
    store.delete_list("b")
    store.create_list(contact_list("b"))
    assert (store.total_size(), store.size("b"), dict(store.imports())) == (0, 0, {})


def test_documents(store):
    """They are kept by kind and id, in order of creation; a replaced one keeps its place."""
    for document_id, raw in (("1", b"x"), ("2", b"y"), ("1", b"z")):
        store.save_document("k", document_id, raw)
    store.save_document("other", "1", b"o")
    assert list(store.documents("k").items()) == [("1", b"z"), ("2", b"y")]
    assert list(store.document_kinds()) == ["k", "other"]


def test_deleting_documents(store):
    """One, or all of a kind; those that are not there are no matter."""
    for kind, document_id in (("k", "1"), ("k", "2"), ("other", "1")):
        store.save_document(kind, document_id, b"x")
    store.delete_document("k", "1")
    store.delete_document("k", "none")
    assert list(store.documents("k")) == ["2"]
    store.delete_document("k", "2")
    store.delete_documents("other")
    store.delete_documents("none")
    assert (list(store.document_kinds()), dict(store.documents("k"))) == ([], {})


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["add", "put", "delete", "clear", "find"]),
        st.lists(st.tuples(st.integers(0, 12).map(str), st.sampled_from("xyz")), max_size=6),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(operations=OPERATIONS)
def test_a_store_is_a_dict(operations):
    """Any series of operations leaves what it would leave in a dict, in the same order."""
    store, model = MemoryStore(), {}
    store.create_list(contact_list())
    for operation, pairs in operations:
        apply_both(store, model, operation, pairs)
        assert list(contacts(store).items()) == [(key, row(value)) for key, value in model.items()]
        assert store.size("a") == store.total_size() == len(model)


def apply_both(store, model, operation, pairs):
    ids, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if operation == "add":
        fresh = {key: value for key, value in pairs if key not in model}
        store.add_contacts("a", list(fresh), [row(value) for value in fresh.values()])
        model |= fresh
    elif operation == "put":
        assert store.put_contacts("a", ids, [row(value) for value in values]) == len(set(ids) - set(model))
        model.update(pairs)
    elif operation == "delete":
        assert store.delete_contacts("a", ids) == sum(model.pop(key, None) is not None for key in ids)
    elif operation == "clear":
        store.clear("a")
        model.clear()
    else:
        assert store.find("a", "lead", values) == [key for key, value in model.items() if value in values]


def test_reopening(tmp_path):
    """Everything is there again: lists, contacts in order, attributes, the saved import."""
    store = DurableStore(tmp_path / "store")
    for list_id in ("a", "b", "c"):
        store.create_list(contact_list(list_id, column_names=("lead",)))
    store.add_contacts("a", ["1", "2"], [row("x"), row("y")], 10.0)
    store.put_contacts("a", ["1", "3"], [row("X"), row("z")], 20.0)
    store.delete_contacts("a", ["2"])
    store.set_attributes("a", {"3": b'{"callable":false}'})
    store.save_import("a", b"{}")
    store.add_contacts("b", ["1"], [row("x")])
    store.clear("b")
    store.delete_list("c")
    store.replace_list(contact_list("b", version=2))
    store.close()
    again = DurableStore(tmp_path / "store")
    assert [(each.id, each.version, each.column_names) for each in again.contact_lists()] == [
        ("a", 1, ("lead",)),
        ("b", 2, ()),
    ]
    assert list(contacts(again).items()) == [("1", row("X")), ("3", row("z"))]
    assert again.created_at("a", ["1", "3"]) == [10.0, 20.0]
    assert (again.attributes("a", "3"), dict(again.imports())) == (b'{"callable":false}', {"a": b"{}"})
    again.close()


def test_reopening_with_documents(tmp_path):
    """Documents are there again, also after the log was rewritten."""
    store = DurableStore(tmp_path / "store")
    for n in range(40):
        store.save_document("k", "1", b"%d" % n * 50_000)
    store.save_document("k", "2", b"y")
    store.delete_document("k", "1")
    store.save_document("gone", "1", b"x")
    store.delete_documents("gone")
    store.close()
    for _ in range(2):
        again = DurableStore(tmp_path / "store")
        assert [(kind, dict(again.documents(kind))) for kind in again.document_kinds()] == [("k", {"2": b"y"})]
        again.close()


def test_a_log_of_mostly_dead_records_is_rewritten(tmp_path):
    """The file shrinks when it is opened, and holds the same contacts."""
    path = tmp_path / "store"
    store = DurableStore(path)
    store.create_list(contact_list(column_names=("lead",)))
    for n in range(40):
        store.put_contacts("a", ["1", "2"], [row(f"{n} " * 20_000), row("y")], 10.0 + n)
    store.set_attributes("a", {"2": b"{}"})
    store.save_import("a", b"{}")
    expected = contacts(store)
    store.close()
    before = path.stat().st_size
    DurableStore(path).close()
    again = DurableStore(path)
    assert (contacts(again), again.attributes("a", "2"), dict(again.imports())) == (expected, b"{}", {"a": b"{}"})
    assert again.page("a", 0, 2).created == [10.0, 10.0]
    assert path.stat().st_size < before / 2
    again.close()


def test_a_log_that_cannot_be_rewritten(tmp_path):
    """Without room for another one, the old one stays as it is."""
    log, kept = StoreLog(tmp_path / "store"), [Record("clear", "a", b""), Record("clear", "b", b"")]
    for record in kept:
        log.append(record)

    def until_it_is_full():
        yield kept[1]
        raise sqlite3.OperationalError("database or disk is full")

    log.rewrite(until_it_is_full())
    assert list(log.records()) == kept
    log.close()


@pytest.mark.hardening("mock-34")
def test_a_store_is_used_by_one_process(tmp_path):
    """A second opening is refused at once, and admitted after the first is closed."""
    store = DurableStore(tmp_path / "store")
    with pytest.raises(StoreError, match="in use by another process"):
        DurableStore(tmp_path / "store")
    store.close()
    DurableStore(tmp_path / "store").close()


@pytest.mark.hardening("mock-8")
def test_a_file_of_something_else_is_refused(tmp_path):
    """Neither text nor another program's database is taken for a store, or changed."""
    (tmp_path / "text").write_bytes(b"not a database, but long enough to have a header " * 40)
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE lives (id)")
    other.close()
    for name in ("text", "other"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(StoreError, match="not a store of this mock"):
            DurableStore(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


@pytest.mark.hardening("mock-34")
def test_a_newer_schema_is_refused(tmp_path):
    """A store of a later version is refused."""
    DurableStore(tmp_path / "store").close()
    later = sqlite3.connect(tmp_path / "store")
    later.execute("PRAGMA user_version = 2")
    later.close()
    with pytest.raises(StoreError, match="has schema 2; this version reads up to 1"):
        DurableStore(tmp_path / "store")


@pytest.mark.hardening("mock-32")
def test_a_change_that_cannot_be_written_is_not_made(tmp_path):
    """If the disk refuses, the memory does not have it either."""
    store = DurableStore(tmp_path / "store")
    store.create_list(contact_list())
    store._log._db.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="the change was not made"):
        store.add_contacts("a", ["1"], [row("x")])
    assert store.size("a") == 0
    store.close()


@pytest.mark.hardening("mock-32")
def test_what_was_acknowledged_survives_a_kill(tmp_path):
    """After SIGKILL the lock is free, every acknowledged batch is there, and none is there in part."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "store")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    acknowledged = [int(writer.stdout.readline()) for _ in range(30)][-1]
    writer.send_signal(signal.SIGKILL)
    acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    writer.wait()
    writer.stdout.close()
    store = DurableStore(tmp_path / "store")
    assert store.size("a") >= (acknowledged + 1) * 100
    assert store.size("a") % 100 == 0
    store.close()


@pytest.mark.hardening("mock-29")
def test_files_of_a_store(tmp_path):
    """Each is its owner's alone, whatever the umask."""
    before = os.umask(0)
    try:
        store = DurableStore(tmp_path / "store")
        store.create_list(contact_list())
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["store", "store-shm", "store-wal", "store.lock"], 0o600)
