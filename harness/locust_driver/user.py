"""The Locust user that drives a run's flows."""

from typing import Any

from locust import FastHttpUser, task

from ..api import TRANSFER_TIMEOUT_S
from ..target import MOCK_URL
from .connections import ResettingPool
from .load_run import LoadRun

EVERY_STATUS = frozenset(range(100, 600))


class OrgUser(FastHttpUser):  # type: ignore[misc]  # Locust has no types
    """Whoever sends requests to the org of its `load`."""

    abstract = True
    uploads = False
    load: LoadRun
    host = MOCK_URL
    insecure = False
    max_redirects = 0
    connection_timeout = 10.0
    network_timeout = TRANSFER_TIMEOUT_S  # each call has a limit of its own, over everything it does

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        agent = self.client.client
        agent.valid_response_codes = EVERY_STATUS  # a refusal is an answer, not a reason to raise
        agent.clientpool = ResettingPool(**agent.clientpool.client_args)

    def on_stop(self) -> None:
        self.load.settle(self.environment)


class LeadUser(OrgUser):
    """Drives one flow of its `load` after the other: as many requests are in flight as there are users."""

    abstract = True
    uploads = True

    @task  # type: ignore[untyped-decorator]
    def take_turn(self) -> None:
        self.load.take_turn(self)
