"""What is kept of jobs, and read again."""

import msgspec
import pytest

from mockserver.model import ContactList, ImportStatus

JOB = {"contactListId": "a", "totalRecords": 2, "accepted": 2, "startedAt": 9.0, "recordsPerS": 5.0}
DONE = ImportStatus(total_records=2, completed_records=2, percent_complete=100)
CUT = ImportStatus(
    state="FAILED", total_records=2, completed_records=0, percent_complete=0, failure_reason="INTERRUPTED"
)


@pytest.mark.hardening("mock-33")
@pytest.mark.parametrize(("ended", "status"), [(True, DONE), (False, CUT)])
def test_records_in_stores(mock_org, ended, status):
    """Their fields are those of the first version: what it has stored is read."""
    services, store = mock_org.services, mock_org.org.store
    store.create_list(ContactList(id="a", name="Leads", date_created="", date_modified=""))
    record = msgspec.json.encode({"job": {"id": "j", **JOB}, "ended": ended})
    store.save_import("a", record)
    store.save_document("dnc_import", "a", record)
    of_template = {"template_id": "t", "prefix": "May", "targets": [["x", "y"]]}
    store.save_document("template_import", "t/May", msgspec.json.encode({**msgspec.json.decode(record), **of_template}))
    services.reload()
    assert services.imports.status_of("a") == services.dnc_imports.status_of("a") == status
    shown = services.template_imports.status_of("t", "May")
    assert (shown.state, shown.percent_complete) == (status.state, status.percent_complete)
    assert (shown.target_contact_list_ids, shown.list_name_prefix) == (("x",), "May")


@pytest.mark.hardening("mock-33")
@pytest.mark.anyio
@pytest.mark.parametrize(("ended", "state"), [(True, "Complete"), (False, "Failed")])
async def test_records_of_bulk_jobs(mock_org, ended, state):
    """The same for theirs; the backup did not survive."""
    mock_org.org.store.create_list(ContactList(id="a", name="Leads", date_created="", date_modified=""))
    record = {"progress": {"id": "j", **JOB}, "type": "BulkDelete", "has_backup": True, "ended": ended}
    mock_org.org.store.save_document("bulk_job", "j", msgspec.json.encode(record))
    mock_org.services.reload()
    told = (await mock_org.client.get("/api/v2/outbound/contactlists/a/contacts/bulk/jobs/j")).json()
    assert (told["state"], told["type"], "downloadURI" in told) == (state, "BulkDelete", False)
