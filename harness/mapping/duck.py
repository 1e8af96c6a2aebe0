"""DuckDB as a run uses it: bounded memory, spills beside the run's files, no network, nothing guessed."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from ..errors import LocalResource, Refused

MEMORY = "200MB"
LONGEST_LINE = 64 * 1024 * 1024


@contextmanager
def database(folder: Path) -> Iterator[Any]:
    """A connection for one piece of work on the files of `folder`.

    Raises LocalResource when memory or disk run out, Refused for a file that is not the CSV it should be. DuckDB's own
    message is dropped, since it repeats the line it stumbled over.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": 2,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    try:
        yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise LocalResource(
            "DISK_FULL", f"{folder}: {type(error).__name__} while joining files; make room, then run again."
        ) from None
    except duckdb.Error as error:
        raise bad_file(folder, type(error).__name__) from None
    finally:
        connection.close()


def literal(value: object) -> str:
    """`value` as a SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def csv_table(path: Path) -> str:
    """The CSV file as a table of strings named by its header; quotes doubled, a byte order mark skipped."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in csv_header(path))
    # One thread reads it: quoted line ends are then never mistaken, and it is faster at these widths.
    return (
        f"read_csv({literal(path)}, header = true, auto_detect = false, columns = {{{columns}}}, delim = ',',"
        f" quote = '\"', escape = '\"', strict_mode = true, parallel = false, max_line_size = {LONGEST_LINE})"
    )


def csv_header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise bad_file(path, type(error).__name__) from None


def bad_file(path: Path, trouble: str) -> Refused:
    return Refused("BAD_FILE", f"{path}: a downloaded file is not the CSV it should be ({trouble}); run again.")
