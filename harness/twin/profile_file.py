"""A profile as a TOML file: settings that were found out, over the default ones, each with where it comes from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..leads.private_file import written


def write_profile(to: Path, settings: Mapping[str, Any], source: str | Mapping[str, str]) -> None:
    """`settings` by dotted names; `source`: one of all of them, or one each."""
    sections: dict[str, list[str]] = {}
    for name, value in settings.items():
        section, key = _split(name)
        said = source if isinstance(source, str) else source[name]
        sections.setdefault(section, []).append(f"{key} = {{ value = {_toml(value)}, source = {_toml(said)} }}")
    text = 'extends = "default"\n'
    for section, lines in sorted(sections.items()):
        text += (f"\n[{section}]\n" if section else "\n") + "\n".join(lines) + "\n"
    with written(to) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _split(name: str) -> tuple[str, str]:
    """Section and key. The names of operations hold a dot themselves."""
    head, _, rest = name.partition(".")
    if head == "latency":
        op, _, key = rest.rpartition(".")
        return f'latency."{op}"', key
    if head == "rate" and rest.startswith("per_op."):
        return "rate.per_op", f'"{rest.removeprefix("per_op.")}"'
    return head, rest


def _toml(value: Any) -> str:
    """JSON's spelling of strings, numbers and booleans is TOML's too."""
    return msgspec.json.encode(value).decode()
