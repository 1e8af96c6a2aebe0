"""`contactbench mapping`: copies a run's mapping, checked against its manifest, to a file or a table."""

import shutil
from hashlib import file_digest
from pathlib import Path
from typing import Any

import msgspec

from ..errors import StateError, UsageError
from ..files.atomic import atomic_file
from ..files.duckdb_files import PARQUET, copy_to, csv_table, database
from ..files.regular_file import NO_JSON
from ..files.replacement import require_free
from ..files.spreadsheet_copy import SUFFIX, write_spreadsheet_copy
from ..journal.open_journal import require_client


def copy_mapping(run: Path, to: str, *, force: bool = False) -> dict[str, Any]:
    """Copy the mapping and return what was written. Raises StateError for a mapping that does not fit its manifest."""
    manifest = checked_manifest(run)
    if "://" in to:
        require_client(to)
        from ..journal.postgres.mapping_table import copy_to_table

        to = copy_to_table(run / "mapping.csv", manifest, to)
    else:
        require_free(Path(to), force=force)
        _copy_to_file(run, Path(to))
    return {"file": to, "rows": manifest["rows"], "verified": manifest["verified"]}


def _copy_to_file(run: Path, to: Path) -> None:
    match to.suffix.lower():
        case ".csv" if to.name.lower().endswith(SUFFIX):
            write_spreadsheet_copy(run / "mapping.csv", to)
        case ".csv":
            with atomic_file(to) as temporary:
                shutil.copyfile(run / "mapping.csv", temporary)
        case ".parquet":
            with database(to.parent) as db, atomic_file(to) as temporary:
                db.execute(copy_to(temporary, f"FROM {csv_table(run / 'mapping.csv')}", PARQUET))
        case _:
            raise UsageError(
                "BAD_TARGET", f"{to}: a mapping is written as .csv, {SUFFIX}, .parquet, or to postgresql://..."
            )


class _Manifest(msgspec.Struct):
    sha256: str
    rows: int
    verified: bool


def checked_manifest(run: Path) -> dict[str, Any]:
    """The manifest of the folder's mapping. Raises StateError if the mapping does not fit it."""
    try:
        content = (run / "mapping.manifest.json").read_bytes()
        manifest: dict[str, Any] = msgspec.to_builtins(msgspec.json.decode(content, type=_Manifest))
        with (run / "mapping.csv").open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    except (OSError, *NO_JSON):
        raise StateError("NO_MAPPING", f"{run} holds no finished mapping; finish the upload first.") from None
    if manifest["sha256"] != digest:
        raise StateError("STATE_CORRUPT", f"{run / 'mapping.csv'} is not the file that was proved; restore it.")
    return manifest
