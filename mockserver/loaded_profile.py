"""Profiles, built in or read from files, and changes to them; each is checked.

A profile is a TOML file; every setting in it is `{ value = ..., source = "..." }`. A file may start from another with
`extends = "default"`.
"""

import codecs
import math
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from mockserver.operations import OP_NAMES
from mockserver.profile import FaultRates, Profile


class ProfileError(Exception):
    """A profile cannot be used; the message names the file and the setting."""


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    profile: Profile
    sources: Mapping[str, str]  # "limits.contacts_per_list" -> where its value comes from


_LARGEST_BYTES = 1 << 20  # of a settings file
_DEEPEST = 9  # dots in the name of a setting; there are three at most
_SHOWN = 60  # characters of such a name
_EXTENDED = 8  # profiles that one may start from, each from the next
# The only form that needs no second look at any character, and holds for ids joined if it holds for each.
# Doubled signs are reserved by `re` for operations on classes: it warns of them.
_CLASS = re.compile(r"(?!.*(?:--|&&|~~|\|\|))\[(?:[^\[\]\\]|\\.){1,500}\]\+", re.ASCII)
Settings = dict[tuple[str, ...], Any]  # ("latency", "contacts.add", "base_s") -> value
_DEFAULT = "default"


def load(name_or_path: str) -> LoadedProfile:
    """A shipped profile by name, or a TOML file. Raises ProfileError."""
    try:
        settings, sources = _read(name_or_path, relative_to=Path(), base_of=())
    except RecursionError:
        raise ProfileError(f"{name_or_path}: it is nested too deeply") from None
    profile = _profile(settings | {("name",): Path(name_or_path).stem}, name_or_path)
    return LoadedProfile(profile, {".".join(path): source for path, source in sources.items()})


def built_in_profiles() -> list[str]:
    """Names of the profiles that come with the mock."""
    files = resources.files(__package__).joinpath("profiles").iterdir()
    return sorted([_DEFAULT, *(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))])


def with_changes(profile: Profile, patch: Mapping[str, Any], origin: str = "patch") -> Profile:
    """The profile with some settings replaced.

    `patch` is nested like the profile, or has dotted keys ("latency.contacts.add.base_s"), or both. `origin` is what
    the message of a ProfileError begins with.
    """
    return _profile(dict(_leaves(msgspec.to_builtins(profile))) | dict(_leaves(_expand_dots(patch))), origin)


def origins(before: Profile, after: Profile, sources: Mapping[str, str], origin: str) -> dict[str, str]:
    """The sources of all settings in `after`, where those that differ from `before` come from `origin`."""
    known = flat(before)
    return dict(sources) | {name: origin for name, value in flat(after).items() if known.get(name) != value}


def flat(profile: Profile) -> dict[str, Any]:
    """Every setting by its dotted name."""
    return {".".join(path): value for path, value in _leaves(msgspec.to_builtins(profile))}


def not_probed() -> dict[str, str]:
    """Why `contactbench probe` does not find a setting out, by dotted names."""
    return {".".join(path): each.reason for path, (_, _, *reasons) in _leaves(_declared(Profile)) for each in reasons}


def read_settings(path: Path) -> bytes:
    """The content of a settings file. Raises OSError, or ValueError for what is no file or too large to be one.

    Nothing is waited for: a pipe may never end, and a device never does.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("a regular file is needed; save it as one")
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise ValueError(f"settings take no more than {_LARGEST_BYTES} bytes; name another file")
    return content


def _read(name: str, relative_to: Path, base_of: tuple[str, ...]) -> tuple[Settings, dict[tuple[str, ...], str]]:
    """Values and sources of a file and of those it extends."""
    if name == _DEFAULT:
        declarations = dict(_leaves(_declared(Profile)))
        return (
            {path: value for path, (value, *_) in declarations.items()},
            {path: source for path, (_, source, *_) in declarations.items()},
        )
    document, folder = _document(name, relative_to)
    settings: Settings = {}
    sources: dict[tuple[str, ...], str] = {}
    base = document.pop("extends", None)
    if base is not None:
        if not isinstance(base, str):
            raise ProfileError(f"{name}: extends: expected the name of a profile")
        if len(base_of) == _EXTENDED:
            raise ProfileError(f"{base_of[0]}: extends itself, or more than {_EXTENDED} others")
        settings, sources = _read(base, folder, (*base_of, name))
    for path, value, source in _settings_with_sources(name, document, ()):
        settings[path], sources[path] = value, source
    return settings, sources


def _declared(section: type[msgspec.Struct]) -> dict[str, Any]:
    """What is declared for each setting of a section: its value, its source and perhaps NotProbed; nested as it is."""
    declarations: dict[str, Any] = {}
    for field in msgspec.structs.fields(section):
        match getattr(field.type, "__metadata__", ()):
            case (dict() as table,):
                declarations[field.name] = table
            case (_, _, *_) as setting:
                declarations[field.name] = setting
            case _ if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                declarations[field.name] = _declared(field.type)
    return declarations


def _document(name: str, relative_to: Path) -> tuple[dict[str, Any], Path]:
    """The parsed TOML and the folder that relative names in it start from."""
    is_file = name.endswith(".toml") or "/" in name
    if not is_file and name not in built_in_profiles():
        raise ProfileError(
            f"no profile is called {name!r}; there are {', '.join(built_in_profiles())}, or give a .toml file"
        )
    path = relative_to / name
    shipped = resources.files(__package__).joinpath("profiles", f"{name}.toml")
    try:
        return tomllib.loads(_text(read_settings(path) if is_file else shipped.read_bytes())), path.parent
    except OSError as error:
        raise ProfileError(f"{name}: {error.strerror}") from error
    except ValueError as error:  # of the file, its encoding or the TOML
        raise ProfileError(f"{name}: {error}") from error


def _text(content: bytes) -> str:
    """Editors may put a byte order mark first."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("it looks like UTF-16; save it as UTF-8")
    return content.decode("utf-8-sig")


def _settings_with_sources(
    file: str, table: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Every setting of the table with its value and source."""
    for key, value in table.items():
        here = (*path, key)
        if not isinstance(value, dict):
            raise ProfileError(f'{file}: {".".join(here)}: expected {{ value = ..., source = "..." }}')
        if "value" not in value:
            yield from _settings_with_sources(file, value, here)
            continue
        source = value.get("source")
        if not isinstance(source, str) or not source.strip() or value.keys() != {"value", "source"}:
            raise ProfileError(f"{file}: {'.'.join(here)}: needs a value and a source, and nothing else")
        yield here, value["value"], source


def _profile(settings: Settings, origin: str) -> Profile:
    """Checked: types, unknown and missing settings, operations that do not exist, numbers below 0, rates above 1."""
    no_faults = {name: value for name, (value, *_) in _declared(FaultRates).items()}
    tree: dict[str, Any] = {"latency": {}, "rate": {"per_op": {}}, "faults": no_faults}  # a file may do without
    for path, value in settings.items():
        branch = tree
        for key in path[:-1]:
            branch = branch.setdefault(key, {})
            if not isinstance(branch, dict):
                raise ProfileError(f"{origin}: {'.'.join(path)}: no such setting")
        branch[path[-1]] = value
        if isinstance(value, int | float) and not 0 <= value < math.inf:
            raise ProfileError(f"{origin}: {'.'.join(path)}: expected a number from 0 on, got {value}")
    try:
        profile = msgspec.convert(tree, Profile)
        if profile.limits.contact_id_pattern and not _CLASS.fullmatch(profile.limits.contact_id_pattern):
            raise ProfileError(
                f'{origin}: limits.contact_id_pattern: expected one class, such as "[A-Za-z0-9]+", or ""'
            )
        re.compile(profile.limits.contact_id_pattern)
    except (msgspec.ValidationError, re.error) as error:
        raise ProfileError(f"{origin}: {error}".replace("`$.", "`")) from error
    for op in (*profile.latency, *profile.rate.per_op):
        if op not in OP_NAMES | {"*"}:
            raise ProfileError(f"{origin}: no operation is called {op!r}")
    if (rates := sum(profile.faults.by_kind.values())) > 1:
        raise ProfileError(f"{origin}: faults: the rates add up to {rates:g}, more than 1")
    return profile


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _expand_dots(patch: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested ones. Names of operations hold a dot themselves."""
    tree: dict[str, Any] = {}
    for key, value in patch.items():
        branch = tree
        *parents, last = _path(key)
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = value | branch.get(last, {}) if isinstance(value, dict) else value
    return tree


def _path(dotted: str) -> list[str]:
    if dotted.count(".") > _DEEPEST:
        raise ProfileError(f"{dotted[:_SHOWN]}...: no such setting")
    section, _, rest = dotted.partition(".")
    if section == "latency" and rest:
        op, _, setting = rest.rpartition(".")
        return [section, op, setting] if op and rest not in OP_NAMES else [section, rest]
    if rest.startswith("per_op."):
        return [section, "per_op", rest.removeprefix("per_op.")]
    return dotted.split(".")
