"""The ways to bring each month's leads into an org that holds those of the months before."""

from typing import Literal, get_args

MONTHS = 12
Mode = Literal["append", "upsert", "clear-then-load", "delta"]
MODES: tuple[Mode, ...] = get_args(Mode)
MEANING: dict[Mode, str] = {
    "append": "new lists each month, the old ones stay",
    "upsert": "all leads again under their own ids: known ones are updated, new ones come on top",
    "clear-then-load": "the lists are emptied, then all leads are loaded",
    "delta": "only leads that are new are loaded",
}
