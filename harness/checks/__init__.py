"""What was held against what, and how it ended: the one form in which thresholds and the gate tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["passed", "warned", "failed", "not measured"]
MARKS: dict[Verdict, str] = {"passed": "✓", "warned": "!", "failed": "✗", "not measured": "-"}
FAILED = 99  # exit code of a threshold that was crossed and of a gate that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`expected` and `found` are words for people; `note` is the sentence that a verdict may need beside them."""

    suite: str  # what it belongs to: a strategy, a layer of the gate
    name: str
    verdict: Verdict
    expected: str = ""
    found: str = ""
    note: str = ""

    @property
    def failed(self) -> bool:
        return self.verdict == "failed"

    def line(self) -> str:
        """For a terminal: tick or cross, what it is about, what was found."""
        told = ", ".join(filter(None, (self.found, self.note)))
        return f"{MARKS[self.verdict]} {self.suite}: {self.name}" + (f" ({told})" if told else "")

    def entry(self) -> dict[str, Any]:
        """For a document."""
        fields = ("suite", "name", "verdict", "expected", "found", "note")
        return {field: getattr(self, field) for field in fields}


def passed(checks: Iterable[Check]) -> bool:
    return not any(check.failed for check in checks)
