"""An uploaded file, read completely: what an import then brings into a list row by row."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mockserver.imports.csv_rows import RefusedFileError, Report, Rules, has_own_ids, read_chunks
from mockserver.lists.uploads import CSV, ListUpload


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file after reading: its accepted rows, or why there are none."""

    ids: list[str] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    own_ids: bool = False
    report: Report = field(default_factory=Report)
    refused: str | None = None
    attributes: Mapping[str, bytes] = field(default_factory=dict)  # by contact id: what came in retention columns
    clears_system_data: bool = False  # of contacts that exist


async def read_file(path: Path, rules: Rules, rng: random.Random, upload: ListUpload) -> ReadFile:
    """The whole file. Others are served in between."""
    if upload.content_type != CSV:
        # Spreadsheets are not imitated. Assumption: one that the platform cannot read fails with this code.
        return ReadFile(refused="IMPORT_FAILED_TO_READ_HEADERS")
    ids: list[str] = []
    rows: list[bytes] = []
    attributes: dict[str, bytes] = {}
    report = Report()
    try:
        for chunk in read_chunks(path, rules, rng, report):
            ids += chunk.ids
            rows += chunk.rows
            attributes.update(chunk.attributes)
            await asyncio.sleep(0)
    except RefusedFileError as error:
        return ReadFile(report=report, refused=error.code)
    return ReadFile(
        ids=ids,
        rows=rows,
        own_ids=has_own_ids(rules),
        report=report,
        attributes=attributes,
        clears_system_data=upload.clears_system_data,
    )
