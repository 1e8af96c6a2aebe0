"""DuckDB as a run uses it: bounded memory, spills beside the run's files, no network, nothing guessed."""

import atexit
import csv
import errno
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..errors import LocalResource, Refused

MEMORY = "200MB"
THREADS = 1  # each further one pins as much again of what a join or a sort cannot spill
QUIET = "SET enable_progress_bar = false"  # DuckDB draws one on stdout where Python was given no file
# Signs of a pattern, a backslash (taken for a slash), and what stands for bytes that are not UTF-8.
AWKWARD = re.compile(r"[*?\[\\\udc80-\udcff]")
CSV, PARQUET = "FORMAT csv, HEADER, DELIMITER ','", "FORMAT parquet"  # how a file is written
LONGEST_LINE = 2 * 1024 * 1024  # a contact has 50 cells of 512 characters at most
READ_BYTES = 2 * LONGEST_LINE  # of a file at a time; DuckDB's own choice is 16 of the longest lines


_kept: dict[Path, Callable[[], Any]] = {}  # the instances that runs keep open, by folder
_turn = threading.RLock()  # whoever has it has all of the memory


@contextmanager
def keep_database_open(folder: Path, memory: str = MEMORY) -> Iterator[None]:
    """Meanwhile the pieces of work on `folder` share one instance, begun by the first: beginning one takes 20 ms."""
    if folder in _kept:
        yield
        return
    _kept[folder] = cache(lambda: _instance(folder, memory))
    try:
        yield
    finally:
        del _kept[folder]  # closed with the last connection to it


@contextmanager
def database(folder: Path) -> Iterator[Any]:
    """A connection for one piece of work on the files of `folder`; what it creates must be TEMP.

    Pieces take turns, however many lists ask at once: what a join pins cannot be spilled for the sake of another.
    Raises LocalResource when memory or disk run out, Refused for a file that is not the CSV it should be. DuckDB's own
    message is dropped, since it repeats the line it stumbled over.
    """
    import duckdb  # here and below: most commands have something to say before they need it

    try:
        with _turn, closing(_kept[folder]().cursor() if folder in _kept else _instance(folder)) as connection:
            connection.execute(QUIET)
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise _no_room(folder, error) from None
    except duckdb.Error as error:
        raise bad_file(folder, type(error).__name__) from None


def _no_room(folder: Path, error: Exception) -> LocalResource:
    """What ran out. Where the disk has no room to spill to, DuckDB speaks of memory."""
    full = ("failed to offload", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
    if any(sign in str(error) for sign in full):
        return LocalResource("DISK_FULL", f"{folder}: no room on its disk to join files; make some, then run again.")
    if "Out of Memory" in str(error):
        return LocalResource(
            "OUT_OF_MEMORY",
            f"{folder}: files are joined in {MEMORY} of memory, which were not to be had; free some, then run again.",
        )
    return LocalResource(
        "NOT_WRITTEN", f"{folder}: files could not be read or written to join them; check its permissions and its disk."
    )


def _instance(folder: Path, memory: str = MEMORY) -> Any:
    import duckdb

    return duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": THREADS,
            "temp_directory": f"{plain(folder)}/spill",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_file_cache": False,  # a file may be written anew under its name
        }
    )


def literal(value: object) -> str:
    """`value` as a SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def plain(path: Path) -> str:
    """A name under which DuckDB finds `path` and nothing else, whatever signs it is made of.

    An absolute one, in which nothing is a home or the scheme of an address. DuckDB reads a file's name as a pattern, in
    which not every sign can be escaped, so an awkward name gets a link with a plain one, outside the user's folders.
    """
    name = str(path.absolute())
    if not AWKWARD.search(name):
        return name
    link = _links() / sha256(os.fsencode(name)).hexdigest()
    with suppress(FileExistsError):
        link.symlink_to(name)
    return str(link)


@cache
def _links() -> Path:
    """A folder (0700) that vanishes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="contactbench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copy_to(path: Path, query: str, form: str) -> str:
    """The statement that writes the rows of `query` to `path`, whose name is no pattern here."""
    return f"COPY ({query}) TO {literal(f'{plain(path.parent)}/{path.name}')} ({form})"


def parquet_table(path: Path) -> str:
    """The Parquet file as a table of its own columns; the names of its folders are none."""
    return f"read_parquet({literal(plain(path))}, hive_partitioning = false)"


def csv_table(path: Path) -> str:
    """The CSV file as a table of strings named by its header; quotes doubled, a byte order mark skipped."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in csv_header(path))
    # One thread reads it: quoted line ends are then never mistaken, and it is faster at these widths.
    return (
        f"read_csv({literal(plain(path))}, header = true, auto_detect = false, columns = {{{columns}}}, delim = ',',"
        " hive_partitioning = false, compression = 'none',"
        f" quote = '\"', escape = '\"', strict_mode = true, parallel = false, max_line_size = {LONGEST_LINE},"
        f" buffer_size = {READ_BYTES})"
    )


def csv_header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise bad_file(path, type(error).__name__) from None


def bad_file(path: Path, trouble: str) -> Refused:
    return Refused("BAD_FILE", f"{path}: a downloaded file is not the CSV it should be ({trouble}); run again.")
