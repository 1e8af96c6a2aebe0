"""`contactbench purge`: remove people's data from the folder of a run, and leave its figures."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from ..client.request_log import samples_of
from ..errors import StateError, UsageError
from ..files import personal_files, run_folders
from ..files.atomic import require_own, sync_to_disk
from ..files.regular_file import NO_JSON
from ..journal.open_journal import ELSEWHERE, has_journal, open_journal
from ..journal.sqlite_journal import run_lock
from ..wording import quantity
from .run import DOCUMENT


def purge(
    folder: Path, *, really: bool, force: bool, keep_mapping: bool, tell: Callable[[str], None], url: str = ""
) -> dict[str, Any]:
    """What is removed, or without `really` would be, and what is left. Raises RunError."""
    kind = _kind(folder)
    places = run_folders(folder)
    for place in places:
        require_own(place)
        if has_journal(place) and not force and kind != "compare":
            _require_nothing_left(place, url if place == folder else "")
    with ExitStack() as locks:
        if really:
            _erase_from_database(folder, url)
            for lock in (place / "journal.lock" for place in places):
                if lock.exists():
                    locks.enter_context(run_lock(lock))
        removed = [path for path in personal_files(folder) if not (keep_mapping and path.name == "mapping.csv")]
        for path in removed:
            tell(f"{path.relative_to(folder)}: {'removed' if really else 'would be removed'}")
            if really:
                path.unlink(missing_ok=True)
        for place in places:
            sync_to_disk(place)
    gone = [str(path.relative_to(folder)) for path in removed]
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {"run": str(folder), "purged": really, "removed": gone, "left": sorted(there.difference(gone))}


def _kind(folder: Path) -> str:
    """What the folder's document says it is; "" for a run that has not come to its end. Raises UsageError."""
    try:
        return str(msgspec.json.decode((folder / DOCUMENT).read_bytes())["kind"])
    except (OSError, *NO_JSON, KeyError, TypeError):
        if has_journal(folder):
            return ""
        raise UsageError("NO_RUN", f"{folder} is not the folder of a run; nothing was removed.") from None


def _require_nothing_left(folder: Path, url: str) -> None:
    """Raises StateError where lists may be left that only this folder can continue, prove or remove; or if the run is
    under way."""
    with open_journal(folder, url) as journal:
        known = {record.list_id for record in journal.shards() if record.contact_list_id}
    requests = folder / "cleanup.csv"
    for sample in samples_of(requests) if requests.exists() else ():
        deleted = (sample.op, sample.status // 100) == ("lists.delete", 2)
        if deleted or (sample.op in ("lists.get", "lists.delete") and sample.status == 404):
            known.discard(sample.contact_list_id)
    if known:
        raise StateError(
            "LISTS_LEFT",
            f"{folder} knows of {quantity(len(known), 'list')} that it has not removed from the org; without its data"
            " they can neither be loaded further nor proved nor removed by command. Run `contactbench cleanup` first;"
            " or, if they are complete and meant to stay, purge with --force.",
        )


def _erase_from_database(folder: Path, url: str) -> None:
    if (folder / ELSEWHERE).exists():
        with open_journal(folder, url) as journal:
            journal.erase()
        (folder / ELSEWHERE).unlink()
