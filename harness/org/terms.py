"""On which terms a real org is loaded, and what a command was told of it. `guard` and `load.caps` hold to them.

The defaults let the canaries through and nothing more: whoever means more says so.
"""

from dataclasses import dataclass, field
from pathlib import Path

from ..load.minute import LastMinute

CANARIES = (10, 1_000)  # leads that are loaded and proved before the next, and before the rest
REQUESTS = 500
MINUTES = 60.0
PER_MINUTE = 150  # Source: 300 a minute is a client's limit (contract notes, 7.1): half is left to other integrations


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything that must hold before a request leaves. None: no such cap, where a command has caps of its own."""

    org_id: str = ""  # as it was typed, or as the run's folder has it
    confirmed: bool = False  # by a person at a terminal, or by --yes
    max_contacts: int | None = sum(CANARIES)
    max_requests: int | None = REQUESTS
    max_minutes: float | None = MINUTES
    per_minute: int = PER_MINUTE
    real_numbers: bool = False  # numbers that could be dialled are meant to be loaded
    last_minute: LastMinute = field(default_factory=LastMinute, compare=False, repr=False)  # of all that is sent there


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What the options say of a real org; empty where they say nothing. No secret: those come by other ways."""

    region: str = ""
    gc_profile: str = ""
    gc_config: Path | None = None  # "-": standard input
    ca_file: Path | None = None
    terms: Terms = field(default_factory=Terms)
