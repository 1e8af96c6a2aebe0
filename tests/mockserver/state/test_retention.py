"""Contacts that expire."""

import msgspec
import pytest

from mockserver.clock import ManualClock
from mockserver.errors import StoreFull
from mockserver.model import ContactList
from mockserver.state.retention import Retention, expiry, with_expiry
from mockserver.storage.memory_store import MemoryStore

from ...conftest import log_in

NOW = 1_767_225_600.0 + 12 * 3_600  # noon of 2026-01-01
DAY = 86_400.0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"retentionType": "Never"}, None),
        ({"retentionType": "Today"}, "2026-01-02T00:00:00.000Z"),
        ({"retentionType": "RetentionDays", "retentionDays": 2}, "2026-01-03T12:00:00.000Z"),
        ({"retentionDays": 2}, "2026-01-03T12:00:00.000Z"),
        (
            {"retentionType": "DateExpiration", "dateExpiration": "2026-02-01T01:00:00+01:00"},
            "2026-02-01T00:00:00.000Z",
        ),
        ({"dateExpiration": "2026-02-01"}, "2026-02-01T00:00:00.000Z"),
        ({"callable": False}, None),
    ],
)
def test_dated(given, expected):
    """Every retention but Never ends on a date."""
    assert msgspec.json.decode(with_expiry(msgspec.json.encode(given), NOW)).get("dateExpiration") == expected


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/New_York", "05:00"), ("Europe/Berlin", "23:00"), ("Nowhere/Land", "00:00")]
)
def test_today_ends_where_the_list_is(zone, expected):
    """Midnight comes at another moment there; a zone nobody knows is UTC."""
    stored = msgspec.json.decode(with_expiry(b'{"retentionType":"Today"}', NOW, zone))
    assert stored["dateExpiration"][11:16] == expected


@pytest.fixture
def kept():
    """A store with contacts a, b and c; b expires after a day, c after two."""
    store, clock = MemoryStore(), ManualClock(NOW)
    store.create_list(ContactList(id="l", name="L", date_created="", date_modified=""))
    store.add_contacts("l", ["a", "b", "c"], [b"{}"] * 3)
    days = {id_: with_expiry(b'{"retentionDays":%d}' % days, NOW) for id_, days in (("b", 1), ("c", 2))}
    store.set_attributes("l", days)
    return store, clock


def test_contacts_go_when_their_date_has_come(kept):
    """Each at its moment, and the others stay."""
    retention = Retention(*kept)
    seen = []
    for _ in range(3):
        retention.advance_to_now()
        seen.append("".join(kept[0].snapshot("l").ids))
        kept[1].advance(DAY)
    assert seen == ["abc", "ac", "a"]


def test_contacts_that_a_full_disk_keeps(kept, monkeypatch):
    """They go as soon as it has room, and nobody else is refused meanwhile."""
    store, clock = kept
    retention = Retention(store, clock)
    clock.advance(9 * DAY)

    def delete_contacts(*arguments):
        raise StoreFull

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete_contacts", delete_contacts)
        retention.advance_to_now()
    assert store.size("l") == 3
    retention.advance_to_now()
    assert [*store.snapshot("l").ids] == ["a"]


def test_a_date_that_was_changed(kept):
    """A contact that is kept longer after all does not go on the former date."""
    store, clock = kept
    retention = Retention(store, clock)
    store.set_attributes("l", {"b": b'{"retentionType":"Never"}'})
    store.delete_contacts("l", ["c"])
    clock.advance(9 * DAY)
    retention.advance_to_now()
    assert [*store.snapshot("l").ids] == ["a", "b"]


def test_a_list_that_is_gone(kept):
    """Its contacts are gone with it."""
    retention = Retention(*kept)
    kept[0].delete_list("l")
    kept[1].advance(9 * DAY)
    retention.advance_to_now()
    assert kept[0].total_size() == 0


def test_expiry_without_a_date():
    """Nothing said, nothing expires."""
    assert expiry(b'{"callable":true}') is None


@pytest.mark.anyio
async def test_over_http(mock_org):
    """An expired contact is 404, and does not count."""
    made = await mock_org.client.post(
        "/api/v2/outbound/contactlists",
        json={"name": "L", "columnNames": ["Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]},
    )
    uri = made.json()["selfUri"]
    contact = {"id": "x", "data": {"Phone": "+15550100"}, "retentionType": "RetentionDays", "retentionDays": 1}
    (added,) = (await mock_org.client.post(f"{uri}/contacts", json=[contact])).json()
    assert added["dateExpiration"] == "2026-01-02T00:00:00.000Z"
    mock_org.change(tokens__lifetime_s=9 * 86_400)
    await log_in(mock_org.client)
    for status, size in ((200, 1), (404, 0)):
        assert (await mock_org.client.get(f"{uri}/contacts/x")).status_code == status
        assert (await mock_org.client.get(uri, params={"includeSize": "true"})).json()["size"] == size
        mock_org.clock.advance(DAY)
