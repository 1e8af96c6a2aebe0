"""`python -m tests.soak.uploads URL FOLDER LEADS`: uploads of each strategy in turn, each removed again, until killed.

All in one process, so that whatever one of them leaves behind adds up. A line of JSON an upload.
"""

import itertools
import json
import shutil
import sys
import time
from pathlib import Path

from harness.cli import app
from harness.strategies import STRATEGIES

MOST_STARTS = 20  # of one command; what one request in twenty meets has passed by then
AGAIN = (5,)


def ended(*arguments: object) -> list[int]:
    """Exit codes of the command, given again for as long as it says that this helps."""
    codes: list[int] = []
    while len(codes) < MOST_STARTS and (not codes or codes[-1] in AGAIN):
        codes.append(app([str(each) for each in arguments], standalone_mode=False) or 0)
    return codes


def main(url: str, folder: Path, leads: int) -> None:
    file, run = folder / "leads.csv", folder / "run"
    ended("leads", "--count", leads, "--to", file)
    options = ("--leads", file, "--lead-id", "Lead ID", "--phone", "Phone", "--target", url, "--run", run)
    for strategy in itertools.cycle(STRATEGIES):
        began = time.monotonic()
        uploaded = ended("upload", "--strategy", strategy, "--batch-size", 10, "--again", *options)
        removed = ended("cleanup", run, "--yes")
        took_s = round(time.monotonic() - began, 1)
        print(json.dumps([strategy, uploaded, removed, took_s]), flush=True)  # noqa: T201  # its result
        shutil.rmtree(run)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
