"""How often a job is asked about: often at first, since small jobs are quick, then at a steady pace."""

from collections.abc import Iterator

from .job import Settings

GROWTH = 1.5


def intervals(settings: Settings) -> Iterator[float]:
    """Seconds between polls, without end."""
    pause = settings.poll_initial_s
    while True:
        yield pause
        pause = min(settings.poll_cap_s, pause * GROWTH)
