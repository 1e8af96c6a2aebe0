import sys

import pytest

from ..end_to_end.conftest import contactbench, contactbench_in, fast_mock, make_leads, mock, start_mock, upload_of

__all__ = ["contactbench", "contactbench_in", "fast_mock", "make_leads", "mock", "start_mock", "upload_of"]


@pytest.fixture(autouse=True)
def without_charts(monkeypatch):
    """Reports of commands in this process have no charts: to draw them takes longer than a small upload."""
    monkeypatch.setitem(sys.modules, "altair", None)
