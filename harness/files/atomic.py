"""Files that hold personal data: readable by their owner alone, and either whole or not there."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import LocalResource

# DuckDB writes beside the file it is given, under a name that begins with tmp_.
DRAFT = re.compile(r"(?:tmp_)?\..+\.(\d+)\.\w+|leads-(\d+)\.parquet")


def private(path: str, flags: int) -> int:
    """For `open`: a new file is its owner's alone, whatever the umask, and no link is followed."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A new file (0600) beside `path` that takes its name once the block has ended well, and vanishes if not.

    Raises LocalResource where the disk or the folder does not allow it.
    """
    with _translate_os_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_draft(path))  # 0600, never through a link
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o600)  # DuckDB puts a file of its own in its place
            sync_to_disk(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_to_disk(path.parent)


@contextmanager
def private_folder(beside: Path) -> Iterator[Path]:
    """A folder (0700) for intermediate files on the disk of `beside`, gone when the block ends."""
    with _translate_os_errors(beside), tempfile.TemporaryDirectory(dir=beside.parent, prefix=_draft(beside)) as folder:
        yield Path(folder)


def sweep(folder: Path) -> None:
    """Remove what killed processes left unfinished in `folder`; none of this process's own may be under way."""
    for path in folder.iterdir():
        draft = DRAFT.fullmatch(path.name)
        if draft and not is_alive(int(draft[1] or draft[2])):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _draft(path: Path) -> str:
    """How the names of drafts of `path` begin: they tell whose they are, so that those of the dead can be known."""
    return f".{path.name}.{os.getpid()}."


def is_alive(pid: int) -> bool:
    """Whether another process has this pid: a pid of one's own was somebody's before."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()


@contextmanager
def _translate_os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = "DISK_FULL" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "NOT_WRITTEN"
        advice = "make room or name another folder, then run the same command again"
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            advice = f"make the folder {path.parent}, or name another one"
        raise LocalResource(
            code, f"{error.filename or path}: {error.strerror or type(error).__name__}; {advice}"
        ) from error


def sync_to_disk(path: Path) -> None:
    """Wait until the file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
