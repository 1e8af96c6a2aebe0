"""The command as a user gives it, again and again: its exit code, what it says, where its requests went."""

import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.target import Target
from harness.errors import RunError
from harness.flow import AsyncFlowDriver
from harness.runs.asyncio_runner import complete
from harness.runs.run import Outcome, RunPlan
from harness.runs.run_document import complaint, strategy_entry

from .killing import Killed, KillingShell, Runaway
from .plan import Kill

STEPS_A_START = 1_500  # some four times what any start has ever taken
STEPS_A_BATCH = 40


class Command:
    """`folder`: the run's; `kept`: where what it holds is set aside when a process ends."""

    def __init__(self, plan: RunPlan, target: Target, folder: Path, kept: Path) -> None:
        self._plan, self._target, self._folder, self._kept = plan, target, folder, kept
        self._most_steps = STEPS_A_START + STEPS_A_BATCH * (plan.preflight.leads // plan.settings.batch_size)
        self.sent: Counter[str] = Counter()  # by operation, by the newest process
        self.hosts: set[str | None] = set()  # of the addresses that the server handed out, and the run went to
        self.secrets = {MOCK_CREDENTIALS.client_secret}
        self.said: list[str] = []  # messages, and tracebacks as nobody is meant to see them

    async def given(self, kill: Kill | None) -> tuple[int, str]:
        """Exit code and error code, as a shell would see them. Raises Killed if that is how the process ends."""
        try:
            outcome = await complete(self._plan, self._target, MOCK_CREDENTIALS, self._folder, self._around(kill))
            return self._ended(outcome)
        except RunError as error:
            self.said.append("".join(traceback.format_exception(error)))
            return error.exit_code, error.code
        except BaseExceptionGroup as group:
            return _only_killed(group)
        except Exception as error:
            return 1, f"{type(error).__name__}: {error}"

    def _around(self, kill: Kill | None) -> Any:
        def around(shell: AsyncFlowDriver) -> AsyncFlowDriver:
            killing = KillingShell(shell, kill, self._most_steps, self._folder, self._kept)
            killing.secrets, killing.hosts, self.sent = self.secrets, self.hosts, killing.sent
            return killing

        return around

    def _ended(self, outcome: Outcome) -> tuple[int, str]:
        problem = complaint({"strategies": [strategy_entry(outcome, ".")]})
        if problem is None:
            return 0, ""
        self.said.append(str(problem))
        return problem.exit_code, problem.code


def _only_killed(group: BaseExceptionGroup[Any]) -> tuple[int, str]:
    """Raises Killed if that is all there is; else what went wrong besides."""
    runaways, _ = group.split(Runaway)
    others = group.split((Killed, Runaway))[1]
    if runaways is not None:
        return 1, f"C9: no end after {runaways.exceptions[0]}"
    if others is not None:
        return 1, f"{others!r}"
    raise Killed
