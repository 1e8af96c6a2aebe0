"""A run that has come to its end: what its document says of the upload stands, whatever is asked of it later.

Its org may be asked again for the proof. That changes the verdict at most; when it was, who waits is told.
"""

from pathlib import Path
from typing import Any

import msgspec

from .load.figures import mapped_before
from .mapping.ledger import Ledger
from .wording import counted

DOCUMENT = "run.json"


def former_document(folder: Path, journal: Ledger, leads: int) -> dict[str, Any] | None:
    """What the folder's run.json says, if it is of the journal's run and that has nothing left to send."""
    if mapped_before(journal) + len(journal.rejects()) < leads:
        return None
    try:
        document: dict[str, Any] = msgspec.json.decode((folder / DOCUMENT).read_bytes())
        (entry,) = document["strategies"]
        of_this_run = document["run_id"] == journal.facts()["run_id"] and entry["leads"] == leads
        return document if of_this_run and entry["duration_s"] >= 0 else None
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


def told(folder: Path, document: dict[str, Any]) -> str:
    """What is said before the proof is made again."""
    (entry,) = document["strategies"]
    verdict = "proved" if entry["verified"] else "not proved"
    when = f" on {document['finished_at']}" if "finished_at" in document else ""
    return (
        f"{folder} is finished: {entry['mapped']:,} of {counted(entry['leads'], 'lead')} mapped, {verdict}{when}."
        " Nothing is loaded; the org is asked for the proof once more, and the figures stay those of the upload."
    )
