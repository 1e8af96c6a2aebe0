"""The parts of estimate.json that the report shows; read leniently, like run.json."""

from pathlib import Path
from typing import Any

import msgspec

from reports.results import Tool, read

FILE = "estimate.json"


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Percentiles(_Part, frozen=True, kw_only=True):
    """The median of the replicates and an interval around it; `Interval` says what its ends are."""

    p10: float = 0.0
    p50: float = 0.0
    p90: float = 0.0


class Interval(_Part, frozen=True, kw_only=True):
    """What `p10` and `p90` are: percentiles by default, else the ends of a tolerance interval."""

    holds: float = 0.0  # the share of the runs that the interval holds
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
    """A setting without a public source, and how another value changes each strategy's P50."""

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
    """Twelve months of one strategy in one mode."""

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
    assumptions_of: str = ""  # the profile whose changes and assumptions were tried
    assumptions: list[Assumption] = []
    monthly: list[MonthlyEstimate] = []
    strategies: list[StrategyEstimate] = []

    def names(self) -> list[str]:
        """The names of the strategies."""
        return list(dict.fromkeys(entry.strategy for entry in self.strategies))

    def under(self, profile: str) -> dict[str, StrategyEstimate]:
        """The strategies under one profile, by name."""
        return {entry.strategy: entry for entry in self.strategies if entry.profile == profile}


def load(directory: Path) -> Estimate | None:
    """The estimate in `directory`, or None. Raises ReportError."""
    path = directory / FILE
    return read(path, Estimate) if path.exists() else None
