"""multipart/form-data as bytes arrive: strict, in bounded memory, and without any I/O.

Strict, because a lenient mock hides a client's faults: a missing closing boundary, an encoded part or a long preamble
is Malformed here. Source of the format: RFC 7578 and RFC 2046, section 5.1.
"""

import email
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

PREAMBLE_BYTES = EPILOGUE_BYTES = 4_096
HEADER_BYTES = 8_192
_UNENCODED = {"", "7bit", "8bit", "binary"}


class MalformedError(Exception):
    """The body is not the form it says it is; the message tells what was expected."""


class FormPart(NamedTuple):
    """The beginning of a part; the bytes that follow it are its content."""

    name: str
    is_file: bool


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type header names."""
    message = Message()
    message["Content-Type"] = content_type if content_type.isascii() else ""
    boundary = _parameter(message, "boundary", "content-type")
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70 or not boundary.isascii():
        raise MalformedError("The Content-Type must carry a boundary of 1 to 70 characters.")
    return boundary.encode()


class Parser:
    """Feed it the body; it gives back parts and their content, as soon as they are known."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # so that the first delimiter looks like the others
        self._step = self._preamble
        self._closed = False
        self._behind = 0  # bytes that came after the closing boundary

    def feed(self, data: bytes) -> Iterator[FormPart | bytes]:
        self._buffer += data
        while (found := self._step()) is not None:
            if found:
                yield found

    def close(self) -> None:
        """The body has ended. Raises MalformedError if it should not have."""
        if not self._closed:
            raise MalformedError("The body must end with the closing boundary.")

    # Each step takes what it can from the buffer: a part, content, b"" if it only moved on, None if it needs more.

    def _preamble(self) -> FormPart | bytes | None:
        before, found = self._up_to(self._delimiter, PREAMBLE_BYTES, "preamble")
        if found:
            self._step = self._after_delimiter
            return b""
        self._buffer = before
        return None

    def _after_delimiter(self) -> FormPart | bytes | None:
        if self._buffer.startswith(b"--"):
            self._closed, self._step = True, self._epilogue
            return b""
        if len(self._buffer) < 2:
            return None
        if not self._buffer.startswith(b"\r\n"):
            raise MalformedError("A boundary must be followed by the end of the line.")
        self._step = self._headers
        return b""

    def _headers(self) -> FormPart | bytes | None:
        headers, found = self._up_to(b"\r\n\r\n", HEADER_BYTES, "headers of a part")
        if not found:
            self._buffer = headers
            return None
        # The line end before the content may be the one that belongs to a delimiter: an empty part.
        self._buffer = b"\r\n" + self._buffer
        self._step = self._first_content
        return _part(headers[2:])

    def _first_content(self) -> FormPart | bytes | None:
        if len(self._buffer) < len(self._delimiter) and self._delimiter.startswith(self._buffer):
            return None
        if not self._buffer.startswith(self._delimiter):
            self._buffer = self._buffer[2:]
        self._step = self._content
        return b""

    def _content(self) -> FormPart | bytes | None:
        end = self._buffer.find(self._delimiter)
        if end >= 0:
            content, self._buffer = self._buffer[:end], self._buffer[end + len(self._delimiter) :]
            self._step = self._after_delimiter
            return content
        kept = len(self._delimiter) - 1  # it may begin a delimiter
        content, self._buffer = self._buffer[:-kept], self._buffer[-kept:]
        return content or None

    def _epilogue(self) -> FormPart | bytes | None:
        self._behind += len(self._buffer)
        if self._behind > EPILOGUE_BYTES:
            raise MalformedError(f"At most {EPILOGUE_BYTES} bytes may follow the closing boundary.")
        self._buffer = b""
        return None

    def _up_to(self, end: bytes, limit: int, what: str) -> tuple[bytes, bool]:
        """What is before `end`, which is taken from the buffer with it; or all there is, and False."""
        before, found, after = self._buffer.partition(end)
        if len(before) > limit:
            raise MalformedError(f"The {what} must not be longer than {limit} bytes.")
        self._buffer = after
        return before, bool(found)


def _part(raw: bytes) -> FormPart:
    headers = email.message_from_bytes(raw)
    name = _parameter(headers, "name", "content-disposition")
    if headers.get_content_disposition() != "form-data" or not isinstance(name, str) or not name:
        raise MalformedError("Each part must have a Content-Disposition of form-data with a name.")
    if headers.get("Content-Encoding") or headers.get("Content-Transfer-Encoding", "").lower() not in _UNENCODED:
        raise MalformedError("Parts must not be encoded.")
    # The file's name is never looked at: no path is ever made from it.
    return FormPart(name, _parameter(headers, "filename", "content-disposition") is not None)


def _parameter(message: Message, name: str, header: str) -> object:
    """Of a header: a string, None if it is not there, or a tuple if it says its encoding."""
    try:
        return message.get_param(name, header=header)
    except (TypeError, ValueError):  # so email says that it is there whole and in numbered pieces, or of no charset
        raise MalformedError(f"The {header} cannot be read.") from None
