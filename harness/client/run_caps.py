"""What a run may ask of an org at the most: the request that would go beyond never leaves."""

from dataclasses import dataclass, field

from ..errors import SafetyStop
from ..flow import Call
from .org_safety import OrgSafetyLimits
from .rate_budget import MINUTE_S, LastMinute


@dataclass(slots=True, kw_only=True)
class RunCaps:
    """Counts of the whole run; None: no cap. Times in seconds on the run's own clock."""

    requests: int | None = None
    contacts: int | None = None  # sent, whether or not they were taken
    per_minute: int | None = None  # requests in any 60 s
    minutes: float | None = None
    requests_sent: int = 0  # those of the run's earlier starts among them
    contacts_sent: int = 0
    last_minute: LastMinute = field(default_factory=LastMinute)

    def within(self, terms: OrgSafetyLimits | None) -> "RunCaps":
        """These caps, and where they leave something open those of the terms on which a real org is loaded."""
        if terms is not None:
            self.requests = terms.max_requests if self.requests is None else self.requests
            self.contacts = terms.max_contacts if self.contacts is None else self.contacts
            self.minutes = terms.max_minutes if self.minutes is None else self.minutes
            self.last_minute = terms.last_minute
            self.per_minute = min(terms.per_minute, self.per_minute or terms.per_minute)
        return self

    def wait_s(self, at: float) -> float:
        """Seconds until the next request may go; 0: now. `at` is on the process's clock, as for `take`."""
        return 0.0 if self.per_minute is None else self.last_minute.wait_s(self.per_minute, at)

    def take(self, call: Call, now: float, at: float) -> None:
        """Count `call`, which leaves now. Raises SafetyStop instead of letting it go beyond a cap."""
        self._require(self.requests_sent + 1, self.requests, "requests", call)
        self._require(self.contacts_sent + call.contacts, self.contacts, "contacts", call)
        if self.minutes is not None and now > self.minutes * MINUTE_S:
            raise SafetyStop(
                "TIME_CAP",
                f"op={call.op}: the run has lasted the {self.minutes:g} minutes that it may; nothing more was sent."
                " Raise --max-minutes if that is meant.",
            )
        self.requests_sent += 1
        self.contacts_sent += call.contacts
        if self.per_minute is not None:
            self.last_minute.record_sent(at)

    def _require(self, wanted: int, most: int | None, what: str, call: Call) -> None:
        if most is not None and wanted > most:
            raise SafetyStop(
                "RUN_CAP",
                f"op={call.op}: this would be {wanted:,} {what}, the run may send {most:,}; nothing more was sent."
                f" Raise --max-{what} if that is meant.",
            )
