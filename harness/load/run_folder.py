"""Where a load test of invented leads runs when nobody says where: a test that is over is left as it is."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

ABOUT = "about.json"


def free_folder(usual: str, about: Mapping[str, Any], is_over: Callable[[Path], bool]) -> Path:
    """The first of `usual`, `usual`-2, ... that is new, or whose run is about the same and not over: that one goes
    on."""
    for number in count(1):
        folder = Path(usual if number == 1 else f"{usual}-{number}")
        note = folder / ABOUT
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            note.write_text(json.dumps(about))
            return folder
        if note.exists() and json.loads(note.read_text()) == about and not is_over(folder):
            return folder
    raise AssertionError("counting has no end")
