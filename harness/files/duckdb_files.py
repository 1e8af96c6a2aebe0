"""DuckDB for a run's files: bounded memory, spills beside the files, no network, no guessing of formats."""

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
from typing import Any, TextIO

from ..errors import LocalResource, Refused

MEMORY = "200MB"
THREADS = 1  # each further thread pins as much memory again that a join or a sort cannot spill
QUIET = "SET enable_progress_bar = false"  # DuckDB draws one on stdout if Python runs without a script file
# Pattern characters, the backslash (DuckDB reads it as a slash), and surrogates for bytes that are not UTF-8.
AWKWARD = re.compile(r"[*?\[\\\udc80-\udcff]")
CSV, PARQUET = "FORMAT csv, HEADER, DELIMITER ','", "FORMAT parquet"  # output formats
LONGEST_LINE = 2 * 1024 * 1024  # a contact has 50 cells of 512 characters at most
MOST_COLUMNS = 1_000  # 50 of a list, and the platform's own of each phone
READ_BYTES = 2 * LONGEST_LINE  # read at a time; DuckDB's default is 16 times the longest line


_kept: dict[Path, Callable[[], Any]] = {}  # instances that runs keep open, by folder
_turn = threading.RLock()  # its holder may use all of the memory


@contextmanager
def keep_database_open(folder: Path, memory: str = MEMORY) -> Iterator[None]:
    """Within the block, all work on `folder` shares one instance, which takes 20 ms to start."""
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
    """A connection for one piece of work on the files of `folder`; the tables it creates must be TEMP.

    Pieces of work take turns, however many lists there are: what one join has pinned cannot be spilled for another.
    Raises LocalResource when memory or disk run out, Refused for a file that is not the CSV it should be. DuckDB's own
    message is dropped, since it quotes the line at fault.
    """
    import duckdb  # here and below: most commands need it late or never

    try:
        with _turn, closing(_kept[folder]().cursor() if folder in _kept else _instance(folder)) as connection:
            connection.execute(QUIET)
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise _resource_error(folder, error) from None
    except duckdb.Error as error:
        raise bad_file(folder, type(error).__name__) from None


def _resource_error(folder: Path, error: Exception) -> LocalResource:
    """Says what ran out. DuckDB reports a lack of memory also if there is no disk space to spill to."""
    full = ("failed to offload", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
    if any(sign in str(error) for sign in full):
        return LocalResource("DISK_FULL", f"{folder}: its disk is too full to join files; free space, then run again.")
    if "Out of Memory" in str(error):
        return LocalResource(
            "OUT_OF_MEMORY",
            f"{folder}: joining files takes {MEMORY} of memory, which is not available; free some, then run again.",
        )
    return LocalResource(
        "NOT_WRITTEN", f"{folder}: its files could not be read or written for a join; check permissions and disk."
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
            "enable_external_file_cache": False,  # files are rewritten under the same name
        }
    )


def literal(value: object) -> str:
    """`value` as a SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def plain(path: Path) -> str:
    """A name under which DuckDB finds `path` and nothing else, whatever characters it contains.

    The name is absolute, so that nothing in it is read as a home folder or a URL scheme. DuckDB reads a file's name as
    a pattern in which not every character can be escaped, so an awkward name gets a plainly named link elsewhere.
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
    """The statement that writes the rows of `query` to `path`. COPY takes the name literally, not as a pattern."""
    return f"COPY ({query}) TO {literal(f'{plain(path.parent)}/{path.name}')} ({form})"


def parquet_table(path: Path) -> str:
    """The Parquet file as a table of its own columns; folder names add none."""
    return f"read_parquet({literal(plain(path))}, hive_partitioning = false)"


def csv_table(path: Path) -> str:
    """The CSV file as a table of string columns named by its header; a byte order mark is skipped."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in csv_header(path))
    # Reading with one thread never mistakes a quoted line end, and is faster at these widths.
    return (
        f"read_csv({literal(plain(path))}, header = true, auto_detect = false, columns = {{{columns}}}, delim = ',',"
        " hive_partitioning = false, compression = 'none',"
        f" quote = '\"', escape = '\"', strict_mode = true, parallel = false, max_line_size = {LONGEST_LINE},"
        f" buffer_size = {READ_BYTES})"
    )


def csv_header(path: Path) -> list[str]:
    """The names in the file's first row, which is read no further than a line may be long."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(_first_lines(file), strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise bad_file(path, type(error).__name__) from None
    if len(names) > MOST_COLUMNS:
        raise bad_file(path, f"{len(names):,} columns")
    if any("\r" in name or "\n" in name for name in names):  # DuckDB would find no rows behind such a header
        raise bad_file(path, "a column's name of more than one line")
    return names


def _first_lines(file: TextIO) -> Iterator[str]:
    left = LONGEST_LINE  # a quoted cell may go over many lines
    while line := file.readline(left):
        left -= len(line)
        yield line


def bad_file(path: Path, reason: str) -> Refused:
    return Refused("BAD_FILE", f"{path}: a downloaded file is not the CSV it should be ({reason}); run again.")
