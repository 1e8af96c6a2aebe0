"""One strategy's upload as one Locust test."""

import logging
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..client.oauth import MOCK_CREDENTIALS
from ..client.retry import RetryPolicy
from ..errors import UsageError
from ..load import locust_options
from ..load.arrivals import pacing
from ..load.locust_options import free_folder
from ..load.run_sequence import RunSequence
from ..load.shared_run import SharedRun
from ..load.verdict import thresholds
from ..runs.prepare import UploadOrder, new_run_id, prepare
from .driver import DRIVER

POLICY = RetryPolicy(unreachable_s=20.0)  # a load test does not wait long for a server that is gone
# The options that, with the org, identify a test.
ABOUT = ("contacts", "leads", "seed", "lists", "batch_size", "body_bytes", "contacts_per_list")
log = logging.getLogger("contactbench")


class LoadRun:
    """The runs of a scenario with one strategy. `defaults`: of options that differ in this scenario."""

    about: Sequence[str] = ABOUT

    def __init__(self, strategy: str, **defaults: Any) -> None:
        self.strategy, self.defaults = strategy, defaults
        self.form: Sequence[str] = locust_options.FORM
        if strategy.startswith("csv-import"):
            self.form = [name for name in locust_options.FORM if name != "batch_size"]
        DRIVER.scenarios.append(self)

    @property
    def run(self) -> SharedRun | RunSequence | None:
        """The current or last run."""
        return DRIVER.run

    def take_turn(self, user: Any) -> None:
        """Drive the run's next flow on this user's session. Raises StopUser when there is none left."""
        DRIVER.take_turn(user)

    def settle(self, environment: Any) -> None:
        """Conclude the run if its last flow has ended."""
        DRIVER.settle(environment)

    def declare(self, parser: Any, form: Sequence[str]) -> None:
        """Add options that only this kind of scenario has."""

    def open_run(self, environment: Any, *, own_mock: bool) -> SharedRun | RunSequence:
        """Open the run that the options describe. Raises RunError."""
        given = environment.parsed_options
        repeatable = locust_options.is_repeatable(given, environment.host)
        folder = self.usual_folder(given)
        if repeatable:
            about = {name: getattr(given, name) for name in self.about} | {"host": environment.host}
            folder = free_folder(str(folder), about, lambda folder: self.is_over(folder, given))
        order = locust_options.order(
            given, self.strategy_of(given), environment.host, new_run_id(), sys.argv[1:], folder
        )
        order = replace(order, again=order.again or repeatable)
        return self.start(replace(order, credentials=MOCK_CREDENTIALS) if own_mock else order, given)

    def strategy_of(self, given: Namespace) -> str:
        return self.strategy

    def usual_folder(self, given: Namespace) -> Path:
        return Path(given.run_dir or f"runs/locust-{self.strategy}")

    def is_over(self, folder: Path, given: Namespace) -> bool:
        """Whether the folder's run has ended."""
        return (folder / "run.json").exists()

    def start(self, order: UploadOrder, given: Namespace) -> SharedRun | RunSequence:
        """Check the order and open its run. Raises RunError."""
        limits = thresholds(given)
        ready = prepare(order, log.info)
        if not ready.plan.preflight.leads:
            raise UsageError("NO_LEADS", f"{order.leads} holds no leads, so there is nothing to test; give --contacts.")
        return SharedRun(ready, POLICY, time.monotonic, pacing(given, ready.plan.strategy.main_op), limits)
