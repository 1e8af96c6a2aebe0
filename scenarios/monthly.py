"""A month's leads, month after month into one org: append, upsert, clear-then-load or delta.

    locust -f scenarios/monthly.py --headless -u 4 -r 4 --contacts 20000 --months 3 --mode delta

Each month is a run with its own folder and its own proof; the last screen says what each cost, and what the org holds.
"""

from harness.locust_driver import LeadUser, MonthlyRun


class MonthlyUploader(LeadUser):
    """Drives the flows of the month under way; when it is proved, those of the next one."""

    load = MonthlyRun()
