"""An upload alongside the org's daily work: reading single contacts, searching for leads, exporting lists.

    locust -f scenarios/mixed_day.py --headless

Of ten users four upload (Batch API, contact ids made by the server; 100 leads four times a second, so that the upload
lasts a while), four read, one searches and one exports. Those that read compare with the mapping. The daily work's
operations begin with `day.` in the statistics; the test ends with the upload's proof.
"""

from locust import between, task

from harness.load import background_traffic
from harness.locust_driver import BackgroundUser, LeadUser, LoadRun

LOAD = LoadRun("batch-api", num_users=10, spawn_rate=10, batch_size=100, rate="4/s")


class Uploader(LeadUser):
    """Sends batches of leads."""

    load = LOAD
    weight = 4


class Agent(BackgroundUser):
    """Opens single contacts."""

    load = LOAD
    weight = 4
    wait_time = between(0.05, 0.5)

    @task
    def read(self) -> None:
        self.check(background_traffic.read)


class Supervisor(BackgroundUser):
    """Searches for leads."""

    load = LOAD
    weight = 1
    wait_time = between(0.2, 1.0)

    @task
    def search(self) -> None:
        self.check(background_traffic.search)


class Analyst(BackgroundUser):
    """Exports the lists that are being filled."""

    load = LOAD
    weight = 1
    wait_time = between(1.0, 5.0)

    @task
    def export(self) -> None:
        self.check(background_traffic.export)
