"""Proof by another road than the export: each list's size, and a sample of contacts read one by one."""

from .. import api
from ..domain import ContactId
from ..errors import VerifyFailed
from ..flow import Flow, Work
from ..journal.schema import ShardRecord
from ..wording import quantity
from .flows import answer_of
from .job import Job, Verification
from .lists import settled_size


def sample_verification(job: Job) -> Verification:
    method = f"size of every list, and {job.settings.sample} contacts of each read back by id"
    return Verification(method, (check(record, job) for record in job.progress.shards()), by_export=False)


def check(record: ShardRecord, job: Job) -> Flow[None]:
    """Raises VerifyFailed when the server shows other contacts than the mapping."""
    size = yield from settled_size(record, job, record.rows)
    if size != record.rows:
        raise VerifyFailed(
            "VERIFY_FAILED", f"list={record.list_id}: {quantity(size, 'contact')}, {record.rows} of them mapped."
        )
    expected: dict[str, str] = yield Work(lambda: job.files.sample(record, job.settings.sample))
    ids = list(expected)
    for start in range(0, len(ids), api.BULK_GET):
        wanted = ids[start : start + api.BULK_GET]
        found = yield from answer_of(
            api.bulk_get(record.list_id, wanted), lambda reply: api.bulk_contacts(reply, job.columns.lead_id)
        )
        wrong = sum(found.get(ContactId(contact_id)) != expected[contact_id] for contact_id in wanted)
        if wrong:
            raise VerifyFailed(
                "VERIFY_FAILED", f"list={record.list_id}: {wrong} of {len(wanted)} contacts read differ."
            )
