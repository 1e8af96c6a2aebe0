"""CSV import, contact ids made by the server: the mapping comes from an export, joined on the Lead ID column.

    locust -f scenarios/csv_import_export.py --headless -u 4 -r 4 --contacts 50000

Without --headless it waits at http://127.0.0.1:8089 for START. docs/locust.md describes options and exit codes.
"""

from harness.locust_driver import LeadUser, LoadRun


class CsvImporter(LeadUser):
    """Uploads one CSV file a contact list, waits for the import, then exports the list to learn the ids."""

    load = LoadRun("csv-import-export")
