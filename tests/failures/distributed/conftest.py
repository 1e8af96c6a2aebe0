from collections.abc import Iterator

import pytest

from .swarm import Swarm, size, swarm


@pytest.fixture
def started(tmp_path) -> Iterator[Swarm]:
    """A run that can be started, with an org that holds nothing yet."""
    with swarm(tmp_path, leads=size()) as there:
        yield there
