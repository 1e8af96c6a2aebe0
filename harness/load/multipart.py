"""A multipart form as a body that is read while it is sent, so that a file of any size needs little memory."""

from collections.abc import Sequence
from contextlib import ExitStack
from io import BytesIO
from typing import BinaryIO, Self

from ..flow import FilePart


class Multipart:
    """File-like: `len` is the size of all of it, `read` gives the next bytes. Files are open until it is closed."""

    def __init__(self, form: Sequence[tuple[str, str | FilePart]], boundary: str) -> None:
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._files = ExitStack()
        self._sources: list[BinaryIO] = []
        self._size = 0
        with ExitStack() as opening:
            opening.push(self._files.__exit__)  # a file that cannot be opened closes those before it
            for name, value in form:
                self._add_part(boundary, name, value)
            self._add(BytesIO(f"--{boundary}--\r\n".encode()))
            opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def __len__(self) -> int:
        return self._size

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        while self._sources:
            if chunk := self._sources[0].read(size):
                return chunk
            self._sources.pop(0)
        return b""

    def _add_part(self, boundary: str, name: str, value: str | FilePart) -> None:
        self._add(BytesIO(f"--{boundary}\r\n{_headers(name, value)}\r\n".encode()))
        if isinstance(value, str):
            self._add(BytesIO(value.encode()))
        else:
            self._add(self._files.enter_context(value.path.open("rb")))
        self._add(BytesIO(b"\r\n"))

    def _add(self, source: BinaryIO) -> None:
        self._size += source.seek(0, 2)
        source.seek(0)
        self._sources.append(source)


def _headers(name: str, value: str | FilePart) -> str:
    disposition = f'Content-Disposition: form-data; name="{_quote(name)}"'
    if isinstance(value, str):
        return f"{disposition}\r\n"
    return f'{disposition}; filename="{_quote(value.filename)}"\r\nContent-Type: {value.content_type}\r\n'


def _quote(text: str) -> str:
    """As HTML forms escape it. Source: WHATWG HTML, multipart/form-data encoding algorithm."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
