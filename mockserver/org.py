"""The parts of one org, handed to every handler."""

import random
from dataclasses import dataclass
from pathlib import Path

from .clock import Clock
from .profile import Profile
from .store import Store


@dataclass(slots=True)
class Org:
    store: Store
    clock: Clock
    rng: random.Random  # ids, correlation ids
    profile: Profile  # replaced as a whole by the control API; read it at each use
    spool: Path  # uploads and exports lie here, removed at shutdown
