"""What would happen to the dialling queue: counted, since nothing is ever dialled here and no answer would show it.

Source: SDK 269.0.0 outbound_api.py, POST contacts. New contacts always join the queue; updated ones join it again,
unless `doNotQueue` lets them keep their place; with `priority` those that join come to its front.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Queue:
    """Contacts of one list, counted whenever they are added or updated by POST."""

    joined: int = 0
    kept: int = 0
    first: int = 0

    def note(self, *, new: int, updated: int, priority: bool, do_not_queue: bool) -> None:
        joining = new if do_not_queue else new + updated
        self.joined += joining
        self.kept += new + updated - joining
        self.first += joining if priority else 0
