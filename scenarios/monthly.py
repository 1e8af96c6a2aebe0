"""Monthly uploads into one org: append, upsert, clear-then-load or delta.

    locust -f scenarios/monthly.py --headless -u 4 -r 4 --contacts 20000 --months 3 --mode delta

Each month is a run with its own folder and proof; the summary says what each month cost and what the org then holds.
"""

from harness.locust_driver import LeadUser, MonthlyRun


class MonthlyUploader(LeadUser):
    """Drives the flows of the month under way; when it is proved, those of the next one."""

    load = MonthlyRun()
