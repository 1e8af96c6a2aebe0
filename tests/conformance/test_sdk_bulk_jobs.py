"""Many contacts removed or changed by one request: a job that is asked about until it is complete."""

import csv
import io

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3

from .answers import refused
from .leads import clause, contacts, criteria, lead, model, predicate

pytestmark = pytest.mark.conformance

YOUNG = predicate("Age", "LESS_THAN", "10", column_type="numeric")


@pytest.fixture
def stored(api, leads):
    """A hundred contacts, twenty of them younger than ten, whose id is their lead id."""
    return api.post_outbound_contactlist_contacts(leads.id, contacts(100, own_ids=True))


@pytest.fixture
def in_steps(settings):
    """Jobs that are complete when they have been asked about four times."""
    settings(jobs__progress="polls", jobs__polls=4)


def removal(**wanted):
    return model(Genesys.ContactBulkSearchParameters, **wanted)


def edit(changes, **wanted):
    return model(Genesys.ContactBulkEditRequest, contact=changes, **wanted)


def size(api, leads):
    return api.get_outbound_contactlist(leads.id, include_size=True).size


def test_a_removal(api, client, leads, stored):
    """202, and in the end the contacts are gone, with a file of what they were."""
    started = api.post_outbound_contactlist_contacts_bulk_remove(leads.id, removal(criteria=criteria(YOUNG)))
    assert (client.last_response.status, started.type, started.total_records) == (202, "BulkDelete", 20)
    job = api.get_outbound_contactlist_contacts_bulk_job(leads.id, started.id)
    assert (job.state, job.completed_records, job.percent_complete) == ("Complete", 20, 100)
    assert size(api, leads) == 80
    reply = urllib3.request("GET", job.download_uri, headers={"Authorization": f"Bearer {client.access_token}"})
    rows = [*csv.DictReader(io.StringIO(reply.data.decode("utf-8-sig"), newline=""))]
    assert {row["inin-outbound-id"]: row["Age"] for row in rows} == {
        each.id: each.data["Age"] for each in stored if int(each.data["Age"]) < 10
    }


def test_an_update(api, leads, stored):
    """The cells and attributes that are named are changed, in the contacts that are named."""
    changes = {"data": {"First Name": "Bo"}, "callable": False}
    job = api.post_outbound_contactlist_contacts_bulk_update(leads.id, edit(changes, contact_ids=["L-0000003", "none"]))
    assert (job.type, job.total_records) == ("BulkEdit", 1)
    changed = api.get_outbound_contactlist_contact(leads.id, "L-0000003")
    assert (changed.data, changed.callable) == (lead(3) | {"First Name": "Bo"}, False)
    assert api.get_outbound_contactlist_contact(leads.id, "L-0000004").data == lead(4)


def test_by_filter(api, leads, stored):
    """A contact list filter says which contacts."""
    named = {"name": "Young", "contact_list": {"id": leads.id}, "filter_type": "AND", "clauses": [clause(YOUNG)]}
    young = api.post_outbound_contactlistfilters(model(Genesys.ContactListFilter, **named))
    job = api.post_outbound_contactlist_contacts_bulk_remove(leads.id, removal(contact_list_filter_id=young.id))
    assert (job.total_records, size(api, leads)) == (20, 80)


def test_a_job_on_its_way(api, leads, stored, in_steps):
    """InProgress, with counters that rise, while the contacts go; no file before the end."""
    started = api.post_outbound_contactlist_contacts_bulk_remove(leads.id, removal(criteria=criteria(YOUNG)))
    seen = []
    for _ in range(4):
        job = api.get_outbound_contactlist_contacts_bulk_job(leads.id, started.id)
        seen.append((job.state, job.percent_complete, size(api, leads), bool(job.download_uri)))
    assert [each[0] for each in seen] == ["InProgress"] * 3 + ["Complete"]
    assert [each[1:3] for each in seen] == [(25, 95), (50, 90), (75, 85), (100, 80)]
    assert [each[3] for each in seen] == [False] * 3 + [True]


def test_without_a_file(api, leads, stored):
    """Who does not want the originals says so."""
    wanted = removal(criteria=criteria(YOUNG), generate_download_uri=False)
    job = api.post_outbound_contactlist_contacts_bulk_remove(leads.id, wanted)
    assert api.get_outbound_contactlist_contacts_bulk_job(leads.id, job.id).download_uri is None


def test_the_latest_jobs(api, leads, stored):
    """The ten most recent ones, the newest first."""
    made = [
        api.post_outbound_contactlist_contacts_bulk_update(
            leads.id, edit({"data": {"Zip": str(n)}}, contact_ids=["L-0000001"])
        ).id
        for n in range(12)
    ]
    listed = api.get_outbound_contactlist_contacts_bulk_jobs(leads.id)
    assert [each.id for each in listed.entities] == made[:1:-1]


@pytest.mark.parametrize("status", [200, 202])
def test_which_success(settings, api, client, leads, stored, status):
    """Both are documented; the profile says which."""
    settings(semantics__bulk_job_status=status)
    api.post_outbound_contactlist_contacts_bulk_remove(leads.id, removal(criteria=criteria(YOUNG)))
    assert client.last_response.status == status


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        (lambda api, id_: api.post_outbound_contactlist_contacts_bulk_remove(id_, removal()), 400, "bad.request"),
        (
            lambda api, id_: api.post_outbound_contactlist_contacts_bulk_remove(
                id_, removal(criteria=criteria(predicate("Shoe size", "EQUALS", "44")))
            ),
            400,
            "invalid.contact.columns",
        ),
        (
            lambda api, id_: api.post_outbound_contactlist_contacts_bulk_remove(
                id_, removal(contact_list_filter_id="none")
            ),
            404,
            "not.found",
        ),
        (
            lambda api, id_: api.post_outbound_contactlist_contacts_bulk_remove(
                "none", removal(criteria=criteria(YOUNG))
            ),
            404,
            "contact.list.not.found",
        ),
        (
            lambda api, id_: api.post_outbound_contactlist_contacts_bulk_update(
                id_, edit({"data": {"Zip": "4" * 513}}, contact_ids=["L-0000001"])
            ),
            400,
            "contact.datum.length.limit.exceeded",
        ),
        (lambda api, id_: api.get_outbound_contactlist_contacts_bulk_job(id_, "none"), 404, "resource.not.found"),
        (lambda api, id_: api.get_outbound_contactlist_contacts_bulk_jobs("none"), 404, "contact.list.not.found"),
    ],
)
def test_refused(api, leads, stored, operation, status, code):
    """What names no contacts, unknown ones or nothing that there is; nothing has changed."""
    with refused(status, code):
        operation(api, leads.id)
    assert size(api, leads) == 100
