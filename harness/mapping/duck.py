"""DuckDB as a run uses it: bounded memory, spills beside the run's files, no network, nothing guessed."""

import atexit
import csv
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..errors import LocalResource, Refused

MEMORY = "200MB"
THREADS = 2
QUIET = "SET enable_progress_bar = false"  # DuckDB draws one on stdout where Python was given no file
# Signs of a pattern, a backslash (taken for a slash), and what stands for bytes that are not UTF-8.
AWKWARD = re.compile(r"[*?\[\\\udc80-\udcff]")
CSV, PARQUET = "FORMAT csv, HEADER, DELIMITER ','", "FORMAT parquet"  # how a file is written
LONGEST_LINE = 2 * 1024 * 1024  # a contact has 50 cells of 512 characters at most; DuckDB reads 16 such lines at a time


_kept: dict[Path, Callable[[], Any]] = {}  # the instances that runs keep open, by folder


@contextmanager
def kept_open(folder: Path, threads: int = THREADS) -> Iterator[None]:
    """Meanwhile the pieces of work on `folder` share one instance, begun by the first: beginning one takes 20 ms."""
    if folder in _kept:
        yield
        return
    _kept[folder] = cache(lambda: _instance(folder, threads))
    try:
        yield
    finally:
        del _kept[folder]  # closed with the last connection to it


@contextmanager
def database(folder: Path) -> Iterator[Any]:
    """A connection for one piece of work on the files of `folder`; what it creates must be TEMP.

    Raises LocalResource when memory or disk run out, Refused for a file that is not the CSV it should be. DuckDB's own
    message is dropped, since it repeats the line it stumbled over.
    """
    import duckdb  # here and below: most commands have something to say before they need it

    try:
        with closing(_kept[folder]().cursor() if folder in _kept else _instance(folder)) as connection:
            connection.execute(QUIET)
            yield connection
    except duckdb.IOException as error:
        raise LocalResource(
            "DISK_FULL", f"{folder}: {type(error).__name__} while joining files; make room, then run again."
        ) from None
    except duckdb.OutOfMemoryException:
        raise LocalResource(
            "OUT_OF_MEMORY",
            f"{folder}: files are joined in {MEMORY}, and what does not fit goes to spill/ there: neither had room;"
            " make some, then run again.",
        ) from None
    except duckdb.Error as error:
        raise bad_file(folder, type(error).__name__) from None


def _instance(folder: Path, threads: int = THREADS) -> Any:
    import duckdb

    return duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": threads,
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
