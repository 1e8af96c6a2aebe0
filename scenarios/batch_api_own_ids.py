"""Batch API, contact id = Lead ID: POST up to 1,000 contacts, the mapping is the identity, proved by an export.

    locust -f scenarios/batch_api_own_ids.py --headless -u 4 -r 4 --contacts 50000

Without --headless it waits at http://127.0.0.1:8089 for START. docs/locust.md describes options and exit codes.
"""

from harness.locust_driver import LeadUser, LoadRun


class OwnIdUploader(LeadUser):
    """Sends batches of up to 1,000 leads whose Lead ID becomes the contact id: a repeat changes nothing."""

    load = LoadRun("batch-api-own-ids")
