"""Jobs that follow the time, the questions after them, or nothing."""

import pytest

from mockserver.errors import StoreFull

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
FILE = "Lead,Phone\n" + "".join(f"L-{n},+1 555 0100\n" for n in range(30))


@pytest.fixture
async def leads(mock_org):
    """The address of a list whose jobs would take an hour by time."""
    mock_org.change(
        jobs__import_start_delay_s=3600.0,
        jobs__import_rows_per_s=1.0,
        jobs__export_start_delay_s=3600.0,
        jobs__polls=3,
    )
    return f"{LISTS}/{(await mock_org.client.post(LISTS, json=LIST)).json()['id']}"


async def upload(mock, leads):
    fields = {"fileType": "contactlist", "id": leads.rpartition("/")[2]}
    await mock.client.post("/uploads/v2/contactlist", data=fields, files={"file": ("a.csv", FILE)})


async def status(mock, leads):
    return (await mock.client.get(f"{leads}/importstatus")).json()


async def size(mock, leads):
    return (await mock.client.get(f"{leads}?includeSize=true")).json()["size"]


async def test_imports_by_polls(mock_org, leads):
    """Each question brings an import a part of its way, and the rows with it."""
    mock_org.change(jobs__progress="polls")
    await upload(mock_org, leads)
    told = [((await status(mock_org, leads)).get("percentComplete"), await size(mock_org, leads)) for _ in range(3)]
    assert told == [(33, 10), (66, 20), (100, 30)]
    assert "state" not in await status(mock_org, leads)


async def test_imports_at_once(mock_org, leads):
    """The first status is the last."""
    mock_org.change(jobs__progress="immediate")
    await upload(mock_org, leads)
    assert (await status(mock_org, leads))["percentComplete"] == 100
    assert await size(mock_org, leads) == 30


@pytest.mark.parametrize(("progress", "statuses"), [("polls", [404, 404, 200]), ("immediate", [200]), ("time", [404])])
async def test_exports(mock_org, leads, progress, statuses):
    """An export is ready at the third question, or at once, or later."""
    mock_org.change(jobs__progress=progress)
    await mock_org.client.post(f"{leads}/export")
    assert [(await mock_org.client.get(f"{leads}/export")).status_code for _ in statuses] == statuses


async def test_a_frozen_export_is_not_asked_into_being(mock_org, leads):
    """However often it is asked for."""
    mock_org.change(jobs__progress="polls")
    await mock_org.client.post(f"{leads}/export")
    mock_org.services.exports.freeze(leads.rpartition("/")[2])
    assert {(await mock_org.client.get(f"{leads}/export")).status_code for _ in range(5)} == {404}


@pytest.mark.hardening("mock-24", "mock-33")
async def test_an_import_into_a_full_store(mock_org, leads, monkeypatch):
    """It has failed, with the rows that came before; everybody else is served."""
    mock_org.change(jobs__progress="polls")
    await upload(mock_org, leads)
    await status(mock_org, leads)

    def add_contacts(*arguments):
        raise StoreFull

    with monkeypatch.context() as patch:
        patch.setattr(mock_org.org.store, "add_contacts", add_contacts)
        failed = await status(mock_org, leads)
    assert (failed["state"], failed["failureReason"], await size(mock_org, leads)) == ("FAILED", "INTERRUPTED", 10)
    await upload(mock_org, leads)
    assert [(await status(mock_org, leads)).get("percentComplete") for _ in range(3)] == [33, 66, 100]


@pytest.mark.hardening("mock-24")
async def test_too_many_imports(mock_org, leads, monkeypatch):
    """One more than the mock holds is a 429, and leaves no file behind."""
    monkeypatch.setattr("mockserver.jobs._MOST_ON_THEIR_WAY", 2)
    for _ in range(2):
        await upload(mock_org, leads)
    fields = {"fileType": "contactlist", "id": leads.rpartition("/")[2]}
    files = {"file": ("a.csv", FILE)}
    refused = await mock_org.client.post("/uploads/v2/contactlist", data=fields, files=files)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert list(mock_org.org.spool.iterdir()) == []
