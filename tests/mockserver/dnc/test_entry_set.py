"""Entries in memory and in the store: what they are after any changes, and how much that takes."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from mockserver.dnc.book import DncBook, EntrySet
from mockserver.dnc.rules import Change, DncList
from mockserver.errors import NotFound
from mockserver.model import Reference
from mockserver.storage.durable_store import DurableStore
from mockserver.storage.memory_store import MemoryStore

CHANGES = st.lists(
    st.builds(
        Change,
        action=st.sampled_from(["add", "add", "remove", "clear"]),
        kind=st.sampled_from(["phone", "email"]),
        values=st.lists(st.integers(0, 9).map(str), max_size=5),
        expires=st.integers(0, 3),
    ),
    max_size=20,
)


def dnc_list(list_id="a", **fields):
    return DncList(
        id=list_id,
        name=list_id,
        date_created="",
        date_modified="",
        version=1,
        division=Reference(id="home"),
        dnc_source_type="rds",
        contact_method="Any",
        **fields,
    )


def snapshot(entries):
    return {kind: dict(of_kind) for kind, of_kind in entries.snapshot().items() if of_kind}


def expected(changes):
    """The same, in plain words."""
    model = {}
    for change in changes:
        if change.action == "add":
            model |= {(change.kind, value): change.expires for value in change.values}
        elif change.action == "remove":
            model = {key: at for key, at in model.items() if key[0] != change.kind or key[1] not in change.values}
        else:
            spared = (lambda at, limit=change.expires: at == 0 or at > limit) if change.expires else (lambda at: False)
            model = {key: at for key, at in model.items() if key[0] != change.kind or spared(at)}
    return model


@settings(deadline=None, max_examples=100)
@given(changes=CHANGES)
def test_a_set_is_a_dict(changes):
    """Any changes leave what they would leave in a dict; so do the changes that stand for the result."""
    entries, copy = EntrySet(), EntrySet()
    for change in changes:
        entries.make(change)
    for change in entries.changes(most=2):
        copy.make(change)
    flat = {(kind, value): at for kind, of_kind in snapshot(entries).items() for value, at in of_kind.items()}
    assert flat == expected(changes)
    assert (snapshot(copy), len(copy)) == (snapshot(entries), len(flat))


def test_what_fits():
    """Only new entries need room, each once."""
    entries = EntrySet()
    entries.make(Change("add", "phone", ["1", "2"]))
    assert entries.new("phone", ["1", "3", "3"]) == 1
    assert entries.first_that_fit("phone", ["1", "3", "3", "4", "2"], room=1) == 3


@settings(deadline=None, max_examples=30)
@given(changes=CHANGES)
def test_a_book_is_what_its_store_says(changes):
    """Read again from the store, every list and entry is the same."""
    store = MemoryStore()
    book = DncBook(store)
    book.create(dnc_list())
    for change in changes:
        book.make("a", change)
    again = DncBook(store)
    assert again.lists() == book.lists()
    assert snapshot(again.entries("a")) == snapshot(book.entries("a"))


def test_a_book_survives_a_restart(tmp_path):
    """Lists in their last version, entries, and nothing of a deleted list."""
    store = DurableStore(tmp_path / "store")
    book = DncBook(store)
    for list_id in ("a", "b"):
        book.create(dnc_list(list_id))
        book.make(list_id, Change("add", "phone", ["+15550100"], 7))
    book.replace(dnc_list(license_id="9"))
    book.delete("b")
    store.close()
    store = DurableStore(tmp_path / "store")
    again = DncBook(store)
    assert (again.lists(), snapshot(again.entries("a"))) == ([dnc_list(license_id="9")], {"phone": {"+15550100": 7}})
    assert (again.total_size(), list(store.document_kinds())) == (1, ["dnc_list", "dnc_entries/a/0"])
    store.close()


def test_documents_that_say_nothing_any_more_are_written_anew():
    """Adding and removing for ever does not fill the store, and no entry is lost."""
    store = MemoryStore()
    book = DncBook(store)
    book.create(dnc_list())
    book.make("a", Change("add", "email", ["x@example.com"], 3))
    numbers = [str(n) for n in range(20_000)]
    for _ in range(6):
        book.make("a", Change("add", "phone", numbers))
        book.make("a", Change("remove", "phone", numbers))
    kept = [kind for kind in store.document_kinds() if kind.startswith("dnc_entries/a/")]
    assert len(kept) == 1
    assert len(store.documents(kept[0])) < 6
    assert snapshot(DncBook(store).entries("a")) == {"email": {"x@example.com": 3}}


@pytest.mark.parametrize(
    "use",
    [
        lambda book: book.dnc_list("none"),
        lambda book: book.entries("none"),
        lambda book: book.replace(dnc_list("none")),
        lambda book: book.delete("none"),
        lambda book: book.make("none", Change("clear", "phone")),
    ],
)
def test_a_list_that_does_not_exist(use):
    """Every operation says so in the platform's words."""
    with pytest.raises(NotFound) as refused:
        use(DncBook(MemoryStore()))
    assert refused.value.code == "dnc.list.not.found"
