"""Files and folders for personal data: private to their owner, and written completely or not at all."""

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import LocalResource, UsageError

# DuckDB writes to a file beside the one it is given, whose name begins with tmp_.
DRAFT = re.compile(r"(?:tmp_)?\..+\.(\d+)\.\w+|leads-(\d+)\.parquet")
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def private_opener(path: str, flags: int) -> int:
    """The `opener` of a file that only its owner can read, whatever the umask; follows no link."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A new file (0600) beside `path`, renamed to it if the block succeeds and removed otherwise.

    Raises LocalResource if the disk or the folder does not allow it.
    """
    with _translate_os_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_draft_prefix(path))  # 0600, never through a link
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o600)  # DuckDB replaces it with a file of its own
            sync_to_disk(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_to_disk(path.parent)


@contextmanager
def private_folder(beside: Path) -> Iterator[Path]:
    """A folder (0700) for intermediate files, on the disk of `beside`, removed when the block ends."""
    with (
        _translate_os_errors(beside),
        tempfile.TemporaryDirectory(dir=beside.parent, prefix=_draft_prefix(beside)) as folder,
    ):
        yield Path(folder)


def remove_stale_drafts(folder: Path) -> None:
    """Remove the unfinished files of killed processes from `folder`. This process must not be writing to it."""
    for path in folder.iterdir():
        draft = DRAFT.fullmatch(path.name)
        if draft and not is_alive(int(draft[1] or draft[2])):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _draft_prefix(path: Path) -> str:
    """How names of drafts of `path` begin: with the owner's pid, so that those of dead processes are recognised."""
    return f".{path.name}.{os.getpid()}."


def is_alive(pid: int) -> bool:
    """Whether another process has this pid. This process's own pid counts as reused, so its former owner is dead."""
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
        advice = "free space or name another folder, then run the same command again"
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            advice = f"create the folder {path.parent}, or name another one"
        raise LocalResource(
            code, f"{error.filename or path}: {error.strerror or type(error).__name__}; {advice}"
        ) from error


def sync_to_disk(path: Path) -> None:
    """Wait until the file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def own_folder(path: Path) -> Path:
    """`path`, created (0700) if missing. Raises UsageError if it is not safe to write into.

    Nobody else can have put a link into a private folder for the run to follow.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError("NO_FOLDER", f"{error.filename} is not a folder; name another one.") from None
    require_own(path)
    return path


def require_own(path: Path) -> None:
    """Raises UsageError for a folder that is a link, belongs to another user, is open to others, or holds links."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise _unsafe(path, "is a link, which is not followed; name the folder itself")
    if status.st_uid != os.geteuid():
        raise _unsafe(path, f"belongs to user {status.st_uid}, not to you; name a folder of your own")
    entries = list(os.scandir(path))
    if status.st_mode & OTHERS_WRITE:
        if entries or status.st_mode & stat.S_IWOTH:
            advice = f"check that everything in it is yours, run `chmod go-w {path}`, then the same command again"
            raise _unsafe(path, f"can be written to by other users; {advice}")
        path.chmod(0o700)  # just created, under a umask for groups
    for entry in entries:
        if entry.is_symlink():
            raise _unsafe(path, f"holds a link, {entry.name}, which is not followed; remove it")
        if entry.name == "work" and entry.is_dir():
            require_own(path / entry.name)
        elif entry.is_file() and entry.stat().st_nlink > 1 and not _set_aside(path, entry.name):
            raise _unsafe(path, f"holds {entry.name}, which has another name elsewhere; replace it with a copy")


def _set_aside(folder: Path, name: str) -> bool:
    """Whether the file's other name is one that a killed `reconcile` gave it."""
    return any(folder.joinpath(name).samefile(aside) for aside in folder.glob("journal.sqlite.corrupt-*"))


def _unsafe(path: Path, why: str) -> UsageError:
    return UsageError("UNSAFE_FOLDER", f"{path} {why}. Nothing was written or sent.")
