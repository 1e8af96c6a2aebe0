"""How far a load test is, in the figures that a person watches."""

from dataclasses import dataclass
from typing import Any

from ..client.request_context import RequestContext
from ..strategies.job import StoredProgress

IN_LIST = ("imported", "mapped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of leads and requests of the whole run, an earlier start's leads included. Times in seconds."""

    stage: str
    leads: int
    loaded: int
    mapped: int
    in_doubt: int
    requests: int
    status_429: int
    throttled_s: float
    at_s: float
    eta_s: float | None  # until all are mapped, if they go on as they did; None: nothing to judge by

    @classmethod
    def of(cls, context: RequestContext, known: StoredProgress, stage: str, leads: int) -> "Figures":
        samples, mapped = context.samples, context.progress.mapped_leads
        shards = known.shards()
        imported = sum(record.rows or 0 for record in shards if record.state in IN_LIST)
        return cls(
            stage=stage or "preparing",
            leads=leads,
            loaded=min(leads, max(mapped, imported)),
            mapped=mapped,
            in_doubt=context.progress.in_doubt,
            requests=samples.count,
            status_429=samples.status_429,
            throttled_s=max(0.0, samples.throttled_s),
            at_s=context.now(),
            eta_s=_eta_s(context, leads - mapped),
        )

    def rows(self, pacing: dict[str, Any] | None = None, *, over: bool = False) -> list[dict[str, str]]:
        """For a table of two columns. `over`: nothing more will come."""
        shown = {
            "stage": self.stage,
            "contacts loaded": f"{self.loaded:,} of {self.leads:,}",
            "leads mapped": f"{self.mapped:,} of {self.leads:,}",
            "batches in doubt, so far": f"{self.in_doubt:,}",
            "requests": f"{self.requests:,}",
            "answers 429": f"{self.status_429:,}",
            "waited for the rate limit": f"{self.throttled_s:,.1f} s, summed over users",
            "time": f"{self.at_s:,.0f} s",
        }
        if over:
            del shown["stage"]
        elif self.mapped < self.leads:
            shown["all mapped in"] = "not known yet" if self.eta_s is None else f"about {self.eta_s:,.0f} s"
        if pacing is not None:
            shown["slots late, dropped"] = f"{pacing['late']:,}, {pacing['dropped']:,} of {pacing['slots']:,}"
        return [{"name": name, "value": value} for name, value in shown.items()]


def mapped_before(known: StoredProgress) -> int:
    """Leads whose contacts an earlier start has learned."""
    acked = sum(batch.leads for batch in known.batches().values() if batch.state == "acked")
    return acked + sum(record.rows or 0 for record in known.shards() if record.state == "mapped")


def _eta_s(context: RequestContext, left: int) -> float | None:
    points = context.progress.points
    if left <= 0:
        return 0.0
    seconds = points[-1][0] - points[0][0]
    return left * seconds / context.progress.mapped_leads if context.progress.mapped_leads and seconds > 0 else None
