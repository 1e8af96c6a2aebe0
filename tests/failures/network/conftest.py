from collections.abc import Iterator

import pytest

from .net import Net, networked


@pytest.fixture
def net(tmp_path) -> Iterator[Net]:
    """An org with the default profile's limits and latencies, in virtual time, behind a proxy."""
    with networked(tmp_path) as net:
        yield net
