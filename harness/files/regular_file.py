"""Input files: whether they can be read more than once and are still unchanged, and the text of settings files."""

import codecs
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.errors import InputBad
from harness.wording import quantity

LARGEST_SETTINGS = 1 << 20  # bytes
NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # what msgspec raises for content that is none


@dataclass(frozen=True, slots=True)
class Stamp:
    """The properties that change when a file is written to or replaced."""

    size: int
    mtime_ns: int
    device: int
    inode: int

    def __str__(self) -> str:
        return f"{quantity(self.size, 'byte')} of {datetime.fromtimestamp(self.mtime_ns / 1e9, UTC):%Y-%m-%d %H:%M} UTC"


def require_text(path: Path) -> None:
    """Raises InputBad for a name that is not UTF-8: no report and no JSON document could contain it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InputBad("INPUT_BAD", f"{ascii(str(path))[1:-1]}: the name is not UTF-8; rename it") from None


def stamp_of(path: Path) -> Stamp:
    """The stamp of a regular file that may be read. Raises InputBad for anything else."""
    require_text(path)
    try:
        status = path.stat()
    except OSError as error:
        raise InputBad("INPUT_BAD", f"{path}: {error.strerror}; check the name") from error
    if not stat.S_ISREG(status.st_mode):
        raise InputBad(
            "INPUT_BAD", f"{path}: a regular file is needed, since it is read more than once; save it as one"
        )
    if not os.access(path, os.R_OK):
        raise InputBad("INPUT_BAD", f"{path}: no permission to read it; change its mode or owner")
    if not status.st_size:
        raise InputBad("INPUT_BAD", f"{path.name}:1: the file has 0 bytes; a header is needed even without leads")
    return Stamp(status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino)


def is_unchanged(path: Path, stamp: Stamp) -> bool:
    try:
        return stamp_of(path) == stamp
    except InputBad:
        return False


def settings_bytes(path: Path) -> bytes:
    """The content of a settings file. Raises OSError, or ValueError for what is no file or too large to be one.

    Nothing is waited for: a pipe may never end, and a device never does.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is no regular file; save it as one")
        content = file.read(LARGEST_SETTINGS + 1)
    if len(content) > LARGEST_SETTINGS:
        raise ValueError(f"has more than {LARGEST_SETTINGS} bytes; name another file")
    return content


def settings_text(content: bytes) -> str:
    """The text of a settings file, whatever editor wrote it. Raises ValueError, with the reason, if it is not UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:4]:
        raise ValueError("looks like UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8; save it as UTF-8") from None
