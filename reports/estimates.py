"""What estimate.json holds, as far as the report tells it; read leniently, as run.json is."""

from pathlib import Path
from typing import Any

import msgspec

from reports.results import Tool, read

FILE = "estimate.json"


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Percentiles(_Part, frozen=True, kw_only=True):
    """The middle of the replicates, and ends of an interval around it: which ones, `Interval` says."""

    p10: float = 0.0
    p50: float = 0.0
    p90: float = 0.0


class Interval(_Part, frozen=True, kw_only=True):
    """What `p10` and `p90` are: percentiles, if nothing is said; else ends that are made to hold."""

    holds: float = 0.0  # a share of the runs
    runs: int = 0
    confidence: float = 0.0

    @property
    def words(self) -> str:
        if not self.runs:
            return "the 10th and the 90th percentile"
        return (
            f"ends between which at least {self.holds:.0%} of {self.runs} runs lie, with a confidence of "
            f"{self.confidence:.0%}"
        )


class ChangeEffect(_Part, frozen=True, kw_only=True):
    """The same upload with one thing done differently."""

    change: str = ""
    p50_s: float = 0.0
    ratio: float = 1.0


class StrategyEstimate(_Part, frozen=True, kw_only=True):
    """One strategy under one profile."""

    strategy: str
    profile: str = ""
    duration_s: Percentiles = Percentiles()
    first_mapping_s: Percentiles = Percentiles()
    requests: Percentiles = Percentiles()
    throttled_s: Percentiles = Percentiles()
    lists: int = 0
    bottleneck: str = ""
    sensitivity: list[ChangeEffect] = []


class Assumption(_Part, frozen=True, kw_only=True):
    """A setting without a public source, and what another value does to each strategy's P50."""

    setting: str = ""
    value: Any = None
    tried: Any = None
    ratios: dict[str, float] = {}


class MonthEstimate(_Part, frozen=True, kw_only=True):
    month: int = 0
    p50_s: float | None = None
    contacts_in_org: int = 0
    fails: str = ""


class MonthlyEstimate(_Part, frozen=True, kw_only=True):
    """Twelve months of one strategy going on in one way."""

    strategy: str = ""
    mode: str = ""
    meaning: str = ""
    months: list[MonthEstimate] = []


class Estimate(_Part, frozen=True, kw_only=True):
    tool: Tool = Tool()
    command: str = ""
    versions: dict[str, str] = {}
    leads: int = 0
    replicates: int = 0
    interval: Interval = Interval()
    seed: int | None = None
    concurrency: int = 0
    profiles: list[str] = []
    assumptions_of: str = ""  # the profile that the questions were asked of
    assumptions: list[Assumption] = []
    monthly: list[MonthlyEstimate] = []
    strategies: list[StrategyEstimate] = []

    def names(self) -> list[str]:
        """The strategies, each once."""
        return list(dict.fromkeys(entry.strategy for entry in self.strategies))

    def under(self, profile: str) -> dict[str, StrategyEstimate]:
        """The strategies under one profile, by name."""
        return {entry.strategy: entry for entry in self.strategies if entry.profile == profile}


def load(directory: Path) -> Estimate | None:
    """The estimate in `directory`, None if there is none. Raises ReportError."""
    path = directory / FILE
    return read(path, Estimate) if path.exists() else None
