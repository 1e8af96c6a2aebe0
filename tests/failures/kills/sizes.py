"""How much is played: CONTACTBENCH_KILLS is the number of kills at random moments, by strategy; the rest goes with it.

One in `make test`, ten in `tox -e failures`, 200 in `tox -e kills`; from 100 on everything is played in full.
"""

import os

KILLS = int(os.environ.get("CONTACTBENCH_KILLS", "1"))
FULL = KILLS >= 100
SMALL = KILLS < 10
LEADS, BATCH = (20_000, 1_000) if FULL else (2_000, 100)  # of a run that is killed at random
POINTS = 1.0 if FULL else 0.1  # share of the named points
MOST_POINTS = 1 if SMALL else 10_000
SYSTEM_CALLS = 10_000 if FULL else 1  # of each kind and strategy
MOCK_KILLS = 100 if FULL else 1 if SMALL else 5
MOCKS = max(1, MOCK_KILLS // 5)  # each is killed five times under raw clients
PAIRS = 50 if FULL else 1 if SMALL else 3  # of kills of both sides at once
LOCKS = 50 if FULL else 1 if SMALL else 5  # second processes on a folder in use
WORKERS = 4
