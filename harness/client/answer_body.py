"""The body of an answer, taken within bounds by every driver: in bytes, in lines of a file, in one layer of gzip.

A server that is broken, or is not the one that was meant, must not take the memory or the disk of this machine.
"""

import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO

from ..errors import LocalResource, Refused
from ..files.atomic import private_opener
from ..files.duckdb_files import LONGEST_LINE, bad_file
from ..flow import Call

ACCEPT = {"Accept-Encoding": "gzip"}
PLAIN, GZIP = ("", "identity"), ("gzip", "x-gzip")
MAX_ANSWER_BYTES = 32 * 1024**2  # ten times the largest body that may be sent: 3,000,000 bytes
MAX_EXPORT_BYTES = 4 * 1024**3  # a million contacts of 4 kB
STEP = 64 * 1024  # bytes decompressed at a time
WRITE_BUFFER = 1024 * 1024


class UnusableAnswer(Exception):
    """Longer than any answer of this API, or in a coding that was not asked for: it counts as none. Says what it is."""


class AnswerBody:
    """Takes the pieces of a body as they arrive; those of a good answer go to the call's file, if it has one.

    Raises UnusableAnswer; Refused for a file that is no export; LocalResource where the disk takes no more.
    """

    def __init__(self, call: Call, status: int, headers: Mapping[str, str]) -> None:
        coding = headers.get("content-encoding", "").strip().lower()
        if coding not in PLAIN + GZIP:
            raise UnusableAnswer("BadContentEncoding")
        self._unzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if coding in GZIP else None
        self._path = call.save_to if 200 <= status < 300 else None
        self._began = False
        self._size = self._line = 0  # bytes, in all and since the last line end
        self._file: IO[bytes] = BytesIO() if self._path is None else _open(self._path)

    def __enter__(self) -> "AnswerBody":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        except OSError as error:
            raise self._disk_error(error) from None

    def feed(self, piece: bytes) -> None:
        self._began = True
        if self._unzip is None:
            self._keep(piece)
            return
        try:
            self._keep_unzipped(self._unzip, piece)
        except zlib.error:
            raise UnusableAnswer("BadGzip") from None

    def content(self) -> bytes:
        """The whole body; empty if it went to a file."""
        if self._unzip is not None and self._began and not self._unzip.eof:
            raise UnusableAnswer("BadGzip")
        return self._file.getvalue() if isinstance(self._file, BytesIO) else b""

    def _keep_unzipped(self, unzip: "zlib._Decompress", piece: bytes) -> None:
        """Keep what is in `piece`, a step at a time. Nothing may follow: it could go on for ever."""
        while (found := unzip.decompress(piece, STEP)) or unzip.unconsumed_tail:
            self._keep(found)
            piece = unzip.unconsumed_tail
        if unzip.unused_data:
            raise UnusableAnswer("BadGzip")

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._path is None:
            if self._size > MAX_ANSWER_BYTES:
                raise UnusableAnswer("AnswerTooLong")
        else:
            line_ended = piece.rfind(b"\n")
            self._line = len(piece) - line_ended - 1 + (self._line if line_ended < 0 else 0)
            if self._line > LONGEST_LINE:
                raise bad_file(self._path, f"a line of more than {LONGEST_LINE:,} bytes")
            if self._size > MAX_EXPORT_BYTES:
                raise Refused(
                    "EXPORT_TOO_LARGE",
                    f"{self._path}: the export has more than {MAX_EXPORT_BYTES:,} bytes, and no more are kept; spread"
                    " the leads over more lists with --contacts-per-list.",
                )
        try:
            self._file.write(piece)
        except OSError as error:
            raise self._disk_error(error) from None

    def _disk_error(self, error: OSError) -> LocalResource:
        return _disk_error(self._path, error)


def _open(path: Path) -> IO[bytes]:
    try:
        return open(path, "wb", buffering=WRITE_BUFFER, opener=private_opener)
    except OSError as error:
        raise _disk_error(path, error) from None


def _disk_error(path: Path | None, error: OSError) -> LocalResource:
    return LocalResource("DISK_FULL", f"{path}: {error.strerror}; free space and run again.")
