"""Files that a user names for a command to write: one that is there already is somebody's, and stays."""

from pathlib import Path

from .errors import UsageError
from .leads.regular_file import require_text

HEAD = 4096


def require_free(path: Path | None, *, force: bool = False, ours: bytes = b"") -> None:
    """Raises UsageError where the file cannot be written, or is there. `ours`: in the head of one to be replaced."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise UsageError("NO_FOLDER", f"{path.parent} is no folder; make it, or name a file in another one.")
    require_ours(path, force=force, ours=ours)


def require_ours(path: Path | None, *, force: bool = False, ours: bytes = b"") -> None:
    """The same for a file whose folder is made if need be."""
    if path is None:
        return
    require_text(path)
    if not (path.exists() or path.is_symlink()):
        return
    if path.is_dir():
        raise UsageError("FILE_EXISTS", f"{path} is a folder; name a file in it.")
    if not (force or (ours and path.is_file() and ours in path.read_bytes()[:HEAD])):
        advice = "name another file" if ours else "name another file, or replace it with --force"
        raise UsageError("FILE_EXISTS", f"{path} is there already and stays as it is; {advice}.")
