"""One process a run folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StateError
from ..files.atomic import private
from .database_errors import of_the_disk


@contextmanager
def run_lock(path: Path) -> Iterator[None]:
    """The lock for as long as the block lasts. Raises StateError where another process has it."""
    handle = acquire_lock(path)
    try:
        yield
    finally:
        os.close(handle)


def acquire_lock(path: Path) -> int:
    """The open lock file. A lock of the kernel's, not a pid in a file: it dies with its holder."""
    try:
        handle = private(str(path), os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise of_the_disk(error) or error from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 100).decode(errors="replace")
        os.close(handle)
        raise StateError(
            "STATE_LOCKED", f"{path.parent} is in use by process {holder}; wait for it or stop it."
        ) from None
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle
