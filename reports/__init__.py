"""Results in, documents out: reads a run directory and writes report.html and report.md into it."""

from reports.documents import write
from reports.results import ReportError

__all__ = ["ReportError", "write"]
