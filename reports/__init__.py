"""Reads a run directory and writes its report into it: report.html and report.md."""

from reports.documents import write
from reports.results import ReportError

__all__ = ["ReportError", "write"]
