"""How much is played: a share whenever the tests run, all of it in `tox -e kills`, where CONTACTBENCH_KILLS is set."""

import os

FULL = "CONTACTBENCH_KILLS" in os.environ
KILLS = int(os.environ.get("CONTACTBENCH_KILLS", "10"))  # at random moments, of each strategy
LEADS, BATCH = (20_000, 1_000) if FULL else (2_000, 100)  # of a run that is killed at random
POINTS = 1.0 if FULL else 0.1  # share of the named points
SYSTEM_CALLS = 10_000 if FULL else 1  # of each kind and strategy
MOCK_KILLS = 100 if FULL else 5
PAIRS = 50 if FULL else 3  # of kills of both sides at once
LOCKS = 50 if FULL else 5  # second processes on a folder in use
WORKERS = 4
