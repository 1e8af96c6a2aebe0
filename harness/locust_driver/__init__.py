"""Strategies under Locust: its users drive the flows of one run on gevent, its statistics count every request.

The only package of the harness that imports Locust, which replaces sockets, locks and sleep in the whole process.
"""

from .load_run import LoadRun, MonthlyRun
from .users import BackgroundUser, LeadUser

__all__ = ["BackgroundUser", "LeadUser", "LoadRun", "MonthlyRun"]
