"""Looks for markers in everything a command has left: files, their names, and what it printed."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote


def forms(marker: str) -> set[bytes]:
    """`marker` (eight characters or more) as it is, URL- and JSON-escaped, and in base64 at any place of a text."""
    raw = marker.encode()
    escaped = {quote(marker, safe="").encode(), json.dumps(marker)[1:-1].encode()}
    shifted = {b64encode(b"\0" * before + raw)[before + (before > 0) : -4] for before in range(3)}
    return {raw, *escaped, *shifted}


def leaks(folder: Path, markers: Iterable[str], *, allowed: Iterable[str] = (), printed: str = "") -> Iterator[str]:
    """Where any of `markers` stands. `allowed`: names of files that hold leads by their nature."""
    wanted = {form: marker for marker in markers for form in forms(marker)}
    places = {"the output": printed.encode()}
    names = set(allowed)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in names:
            places[str(path.relative_to(folder))] = str(path.name).encode() + b"\n" + path.read_bytes()
    for place, content in places.items():
        for form, marker in wanted.items():
            if form in content:
                yield f"{place}: {marker} as {form.decode()}"
