"""The rows of the API: each says one operation, and names a handler that exists."""

from collections import Counter
from inspect import iscoroutinefunction

import pytest

from mockserver.app import endpoints
from mockserver.operations import OPERATIONS, PERMISSIONS


def test_names_and_addresses_are_taken_once():
    """Neither a name nor a method of an address stands in two rows."""
    counts = Counter(each.op for each in OPERATIONS) + Counter((each.method, each.path) for each in OPERATIONS)
    assert {key: count for key, count in counts.items() if count > 1} == {}


@pytest.mark.anyio
async def test_every_row_has_its_handler(mock_org):
    """They are found when the app is built, and can be called."""
    bound = endpoints(mock_org.services)
    assert [each.operation for each in bound] == list(OPERATIONS)
    assert [each.operation.op for each in bound if not iscoroutinefunction(each.handler)] == []


def test_permissions():
    """Those of all rows, one by one: some operations ask for two."""
    assert {"outbound:contact:view", "outbound:contactList:view"} < PERMISSIONS
    assert [name for name in PERMISSIONS if name.count(":") != 2] == []
