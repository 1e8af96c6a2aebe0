"""CSV import, contact id = Lead ID: the mapping is the identity, proved by an export.

    locust -f scenarios/csv_import_own_ids.py --headless -u 4 -r 4 --contacts 50000

Without --headless it waits at http://127.0.0.1:8089 for START. docs/locust.md describes options and exit codes.
"""

from harness.locust_driver import LeadUser, LoadRun


class OwnIdImporter(LeadUser):
    """Uploads one CSV file a contact list whose Lead ID column gives the contact ids."""

    load = LoadRun("csv-import-own-ids")
