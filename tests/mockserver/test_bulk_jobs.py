"""Bulk jobs over HTTP: what is removed or changed, when, and what is told of it."""

import csv
import io

import pytest

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
EVEN = {"criteria": {"clauses": [{"predicates": [{"column": "Kind", "operator": "EQUALS", "value": "even"}]}]}}
COLUMNS = {"columnNames": ["Lead", "Kind", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}


class Bulk:
    """A list of ten contacts, and what can be asked about it."""

    def __init__(self, mock_org, uri):
        self.mock, self.client, self.uri = mock_org, mock_org.client, uri

    async def start(self, kind, **body):
        return await self.client.post(f"{self.uri}/contacts/bulk/{kind}", json=body)

    async def job(self, started):
        return (await self.client.get(started.json()["selfUri"])).json()

    async def contacts(self):
        found = await self.client.post(f"{self.uri}/contacts/search", json={"pageSize": 100})
        return {contact["id"]: contact for contact in found.json()["entities"]}


@pytest.fixture
async def bulk(mock_org):
    """Jobs take 1 s to start and do two contacts a second."""
    mock_org.change(jobs__bulk_start_delay_s=1.0, jobs__bulk_rows_per_s=2.0)
    made = (await mock_org.client.post(LISTS, json={"name": "Leads", **COLUMNS})).json()
    contacts = [
        {"id": f"c{n}", "data": {"Lead": f"L-{n}", "Kind": "odd" if n % 2 else "even", "Phone": f"+1555010{n}"}}
        for n in range(10)
    ]
    await mock_org.client.post(f"{made['selfUri']}/contacts", json=contacts)
    return Bulk(mock_org, made["selfUri"])


async def test_a_removal_from_start_to_end(bulk):
    """202, then two contacts a second; complete when all are gone, and the others stay."""
    started = await bulk.start("remove", **EVEN)
    assert (started.status_code, started.json()["type"], started.json()["state"]) == (202, "BulkDelete", "InProgress")
    seen = []
    for wait in (0, 2, 1, 1):
        bulk.mock.clock.advance(wait)
        job = await bulk.job(started)
        seen.append((job["state"], job["completedRecords"], job["percentComplete"], len(await bulk.contacts())))
    assert seen == [
        ("InProgress", 0, 0, 10),
        ("InProgress", 2, 40, 8),
        ("InProgress", 4, 80, 6),
        ("Complete", 5, 100, 5),
    ]
    assert [*await bulk.contacts()] == ["c1", "c3", "c5", "c7", "c9"]


async def test_the_backup(bulk):
    """The originals, to be downloaded once the job is complete."""
    started = await bulk.start("update", **EVEN, contact={"data": {"Kind": "changed"}})
    assert "downloadURI" not in await bulk.job(started)
    bulk.mock.clock.advance(5)
    signed = await bulk.client.get((await bulk.job(started))["downloadURI"])
    file = await bulk.client.get(signed.headers["Location"])
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
    assert [row[:3] for row in rows[1:]] == [[f"c{n}", f"L-{n}", "even"] for n in range(0, 10, 2)]


async def test_without_a_backup(bulk):
    """`generateDownloadURI` may decline it."""
    started = await bulk.start("remove", **EVEN, generateDownloadURI=False)
    bulk.mock.clock.advance(5)
    job = await bulk.job(started)
    assert (job["state"], "downloadURI" in job) == ("Complete", False)


async def test_an_update(bulk):
    """What is named is replaced, the rest of the contact stays; contacts that have gone stay gone."""
    patch = {"data": {"Kind": "changed"}, "callable": False}
    started = await bulk.start("update", contactIds=["c7", "c2", "c3", "unknown"], contact=patch)
    await bulk.client.delete(f"{bulk.uri}/contacts/c2")
    bulk.mock.clock.advance(9)
    contacts = await bulk.contacts()
    assert (await bulk.job(started))["totalRecords"] == 3
    assert {id_ for id_, each in contacts.items() if each["data"]["Kind"] == "changed"} == {"c3", "c7"}
    assert (contacts["c7"]["data"]["Lead"], contacts["c7"]["callable"], contacts["c1"]["callable"]) == (
        "L-7",
        False,
        True,
    )


async def test_a_job_for_nobody(bulk):
    """It is complete as soon as it begins."""
    started = await bulk.start("update", contactIds=["unknown"], contact={"data": {}})
    bulk.mock.clock.advance(1)
    assert (await bulk.job(started)).items() >= {"state": "Complete", "totalRecords": 0, "percentComplete": 100}.items()


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("remove", {}, 400),
        ("remove", {"contactIds": ["c1"]}, 400),
        ("remove", {"criteria": {}}, 400),
        ("remove", {**EVEN, "contactListFilterId": "f"}, 400),
        ("remove", {"contactListFilterId": "f"}, 404),
        ("update", {"contactIds": ["c1"]}, 400),
        ("update", {"contactIds": ["c1"], "contact": {"data": {"Fax": "1"}}}, 400),
        ("update", {"contactIds": ["c1"], "contact": {"data": {"Lead": "x" * 513}}}, 400),
        ("update", {"contactIds": ["c1"], "contact": {"contactListId": "other"}}, 400),
    ],
)
async def test_requests_that_are_refused(kind, body, status, bulk):
    """One way to say which contacts, columns of the list if the profile says so, and never all of them by mistake."""
    bulk.mock.change(semantics__unknown_columns="reject")
    assert (await bulk.start(kind, **body)).status_code == status
    assert len(await bulk.contacts()) == 10


async def test_the_latest_jobs(bulk):
    """Ten of them, the newest first; older ones are forgotten."""
    started = [(await bulk.start("update", contactIds=["c1"], contact={})).json() for _ in range(12)]
    bulk.mock.clock.advance(5)
    await bulk.start("update", contactIds=["c1"], contact={})
    listing = (await bulk.client.get(f"{bulk.uri}/contacts/bulk/jobs")).json()
    assert (listing["total"], listing["entities"][1]["id"]) == (10, started[-1]["id"])
    assert (await bulk.client.get(started[0]["selfUri"])).status_code == 404


@pytest.mark.parametrize("path", ["jobs/none", "jobs"])
async def test_what_does_not_exist(path, bulk):
    """Neither jobs nor lists are made up."""
    uri = bulk.uri if path != "jobs" else f"{LISTS}/none"
    assert (await bulk.client.get(f"{uri}/contacts/bulk/{path}")).status_code == 404


async def test_a_list_that_goes_while_a_job_runs(bulk):
    """The job goes with it."""
    await bulk.start("remove", **EVEN)
    assert (await bulk.client.delete(bulk.uri)).status_code == 200
    bulk.mock.clock.advance(9)
    assert (await bulk.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(("seconds", "state"), [(0, "Failed"), (9, "Complete")])
async def test_a_restart(seconds, state, bulk):
    """What was running has failed, what was complete is complete; backups are gone."""
    started = await bulk.start("remove", **EVEN)
    bulk.mock.clock.advance(seconds)
    await bulk.client.get("/healthz")
    bulk.mock.services.reload()
    job = await bulk.job(started)
    assert (job["state"], "downloadURI" in job, len(await bulk.contacts())) == (state, False, 5 if seconds else 10)


async def test_progress_by_polls(bulk):
    """A profile may tie progress to how often a job is asked about."""
    bulk.mock.change(jobs__progress="polls", jobs__polls=2)
    started = await bulk.start("remove", **EVEN)
    assert [(await bulk.job(started))["completedRecords"] for _ in range(2)] == [2, 5]


async def test_nothing_is_left_of_a_deleted_list(bulk):
    """Neither in memory nor in the store: its exports and jobs go with it, and their files."""
    await bulk.start("update", **EVEN, contact={"data": {"Kind": "changed"}})
    (await bulk.client.post(f"{bulk.uri}/export", json={})).raise_for_status()
    bulk.mock.clock.advance(60)
    (await bulk.client.get(f"{bulk.uri}/export?download=true", follow_redirects=True)).raise_for_status()
    services = bulk.mock.services
    assert (len(services.bulk_jobs._remembered), len(services.downloads._downloads)) == (1, 2)
    (await bulk.client.delete(bulk.uri)).raise_for_status()
    assert (services.bulk_jobs._remembered, services.downloads._downloads) == ({}, {})
    assert services.exports._of_list(bulk.uri.rpartition("/")[2]) == []
    assert [services.org.store.document_kinds(), [*services.org.spool.iterdir()], [*services.org.queues]] == [
        [],
        [],
        [],
    ]
