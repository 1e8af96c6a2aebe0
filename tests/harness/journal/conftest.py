import pytest

from .kept import InDatabase


@pytest.fixture
def postgres_run(postgres, tmp_path) -> InDatabase:
    """A run of the test's own in the session's database."""
    return InDatabase(postgres.url(), tmp_path.name)
