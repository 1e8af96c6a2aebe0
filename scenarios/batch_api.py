"""Batch API, contact ids made by the server: POST up to 1,000 contacts, map by the Lead ID that each answer echoes.

    locust -f scenarios/batch_api.py --headless -u 4 -r 4 --contacts 50000

Without --headless it waits at http://127.0.0.1:8089 for START. docs/locust.md describes options and exit codes.
"""

from harness.locust_driver import LeadUser, LoadRun


class BatchUploader(LeadUser):
    """Sends batches of up to 1,000 leads; the server makes the contact ids, and its answers make the mapping."""

    load = LoadRun("batch-api")
