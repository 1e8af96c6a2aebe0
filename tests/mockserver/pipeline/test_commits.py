"""Commits that come late."""

import asyncio

import pytest

from mockserver.handling import PendingOperation, Response
from mockserver.pipeline.commits import Commits


@pytest.mark.anyio
@pytest.mark.parametrize(("is_reset", "committed"), [(False, ["late"]), (True, [])])
async def test_a_reset_makes_late_commits_void(mock_org, is_reset, committed):
    """What was asked of the org before must not show up in it after."""
    done = []
    commits = Commits(mock_org.services)
    commits.later(PendingOperation(lambda: done.append("late") or Response()), after_s=5)
    if is_reset:
        mock_org.services.reset()
    await asyncio.sleep(0)  # on this clock there is nothing to wait for
    assert done == committed
