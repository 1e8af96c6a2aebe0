"""What an org allows, how long it takes, and how it reads the unclear parts of the API. Each value has a source.

A profile is a TOML file; every setting in it is `{ value = ..., source = "..." }`, where the source is a document or
says `assumption`. A file may start from another with `extends = "default"`.
"""

import codecs
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from mockserver.operations import OP_NAMES


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PlatformLimits(_Section, frozen=True):
    contacts_per_list: int
    contacts_per_org: int
    lists_per_org: int
    columns_per_list: int
    column_name_chars: int
    cell_chars: int
    list_name_chars: int
    contact_id_chars: int
    contact_id_pattern: str  # a full match, one character class: "[A-Za-z0-9._-]+"; "" accepts anything
    contacts_per_post: int
    contacts_per_bulk_get: int
    contacts_per_delete: int
    lists_per_bulk_get: int
    lists_per_bulk_update: int
    templates_per_org: int  # contact list templates, and as many import templates
    target_lists_per_import: int  # that one file may become through an import template
    page_size: int
    channels_per_client: int  # of notifications
    topics_per_channel: int
    channel_lifetime_s: int
    search_depth: int  # contacts that pages of a search may reach; 0: all
    filters_per_org: int
    request_body_bytes: int
    upload_bytes: int
    dnc_lists_per_org: int
    dnc_records_per_list: int
    dnc_records_per_org: int
    dnc_entries_per_request: int  # 0: as many as the body holds
    dnc_expiration_days: int  # how far away an expiration may be; 0: any


class RateSettings(_Section, frozen=True):
    requests_per_window: int  # 0: no limit
    window_s: float
    window: Literal["fixed", "sliding"]
    scope: Literal["token", "client"]
    counts_uploads: bool
    per_op: dict[str, int]  # a lower limit of single operations in the same window, by op name


class Latency(_Section, frozen=True):
    """Seconds one operation takes: `(base_s + per_contact_s * contacts + per_kib_s * KiB of body) * jitter`.

    `jitter` is log-normal with median 1 and standard deviation `sigma` of its logarithm. With probability
    `tail_probability` the result is multiplied by `tail_factor`. With k requests of the org in work at once it is
    multiplied by `1 + concurrency_penalty * (k - 1)`.
    """

    base_s: float = 0.0
    per_contact_s: float = 0.0
    per_kib_s: float = 0.0
    sigma: float = 0.0
    tail_probability: float = 0.0
    tail_factor: float = 1.0
    concurrency_penalty: float = 0.0


class JobSettings(_Section, frozen=True):
    progress: Literal["time", "immediate", "polls"]  # what brings jobs forward
    polls: int  # with progress "polls": the job is done when its state has been asked for this often
    import_start_delay_s: float
    import_rows_per_s: float  # 0: at once
    import_status_visible_rows: int  # smaller imports may end before any status is seen: no counters, no percent
    export_start_delay_s: float
    export_rows_per_s: float  # 0: at once
    export_uri_ttl_s: float
    export_keeps_previous: bool  # GET answers with the former export until the new one is ready
    exports_at_once: int
    bulk_start_delay_s: float
    bulk_rows_per_s: float  # 0: at once


class Semantics(_Section, frozen=True):
    unknown_columns: Literal["reject", "ignore"]
    page_past_the_end: Literal["empty", "not_found"]  # what a listing without allowEmptyResult answers there
    missing_columns: Literal["allow", "reject"]
    update: Literal["merge", "replace"]  # what an upsert or PUT does with columns it does not name
    own_ids: Literal["accept", "ignore"]
    bad_batch: Literal["reject", "partial"]  # one bad contact of many: nothing is stored, or those before it
    answer_order: Literal["request", "shuffled"]
    over_capacity: Literal["reject", "partial"]
    column_case: Literal["ignore", "exact"]  # of an import's header beside the columns of the list
    invalid_rows: Literal["skip", "fail"]  # a bad CSV row: skipped with an event, or the import fails
    callable_format: Literal["1", "true"]
    redirect_status: Literal[302, 303, 307]
    bulk_job_status: Literal[200, 202]  # what the start of a bulk job is answered with
    size_lag_s: float  # a list's size shows contacts this much later
    search_lag_s: float  # searches find contacts this much later
    get_lag_s: float  # a new list or contact is 404 for so long
    heartbeat_s: float  # between two heartbeats of a notification channel
    form_credentials: bool  # client id and secret as form fields, no Basic header
    bearer_at_signed_address: Literal["ignore", "refuse"]
    dnc_post_status: Literal[200, 204]  # what adding phone numbers is answered with
    dnc_past_expiration: Literal["reject", "accept"]
    dnc_expired_entries: Literal["kept", "dropped"]  # kept: until DELETE with expiredOnly; they count and are exported
    dnc_delete_entries: Literal["allow", "refuse"]  # refuse: 501, the feature is not enabled
    dnc_external_sources: Literal["accept", "refuse"]  # whether dnc.com and gryphon let the org in
    dnc_column_separator: str  # between the names of several columns; "": white space


class Tokens(_Section, frozen=True):
    lifetime_s: int
    requests_per_window: int  # at the token endpoint, a client; 0: no limit
    per_client: int  # in force at once; one more makes the oldest worthless. 0: no limit


class FaultRates(_Section, frozen=True):
    """How likely a request meets a fault, by kind: probabilities of kinds that exclude each other, so they add up to 1
    at most. Each request of the API that passed authentication and the rate limit is drawn once, on its own, uploads,
    exports and downloads like any other; logins, `/health` and `/openapi.json` never are. A repeat is a new request.
    What the org refuses (an export that is not ready yet is a 404) is not fired after its commit: there was none.

    error_before_commit  read, checked and waited for; 503, nothing was done
    error_after_commit   done; then 500
    reset_before_parse   the connection is cut before anything is read or done
    reset_after_commit   done; the connection is cut before the first byte of the answer
    late_commit          waited for; 504, and `late_commit_s` after that it is done all the same
    partial_commit       contacts.add only, others are spared: the first n contacts are stored, n uniform from 0 to
                         `limits.contacts_per_post` - 1 and at most all; then 500
    truncated_answer     done; the connection is cut after half of the answer's body
    throttled            429 with `retry_after_s` before anything is read, though the limit would allow it
    expired_token        401 before anything is read, and the token is worthless from then on; spared are the first
                         50 requests of each token, since nobody gets one that has expired already, and requests
                         without one (the file of an export, a presigned upload)
    """

    error_before_commit: float = 0.0
    error_after_commit: float = 0.0
    reset_before_parse: float = 0.0
    reset_after_commit: float = 0.0
    late_commit: float = 0.0
    partial_commit: float = 0.0
    truncated_answer: float = 0.0
    throttled: float = 0.0
    expired_token: float = 0.0
    late_commit_s: float = 15.0
    retry_after_s: int = 3

    @property
    def by_kind(self) -> dict[str, float]:
        """The rates alone, in the order in which a draw meets them."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if not name.endswith("_s")}


class Profile(_Section, frozen=True):
    """Everything in force. `changed` gives the profile after a control request."""

    name: str
    limits: PlatformLimits
    rate: RateSettings
    latency: dict[str, Latency]  # by op name; "*" for the others
    jobs: JobSettings
    semantics: Semantics
    tokens: Tokens
    request_timeout_s: float  # a request that takes longer is answered 504; its work may still be done. 0: never
    faults: FaultRates = FaultRates()


class ProfileError(Exception):
    """A profile cannot be used; the message names the file and the setting."""


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    profile: Profile
    sources: Mapping[str, str]  # "limits.contacts_per_list" -> where its value comes from


Settings = dict[tuple[str, ...], Any]  # ("latency", "contacts.add", "base_s") -> value


def load(name_or_path: str) -> LoadedProfile:
    """A shipped profile by name, or a TOML file. Raises ProfileError."""
    settings, sources = _read(name_or_path, relative_to=Path(), seen=())
    profile = _profile(settings | {("name",): Path(name_or_path).stem}, name_or_path)
    return LoadedProfile(profile, {".".join(path): source for path, source in sources.items()})


def built_in_profiles() -> list[str]:
    """Names of the profiles that come with the mock."""
    files = resources.files(__package__).joinpath("profiles").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def with_changes(profile: Profile, patch: Mapping[str, Any], origin: str = "patch") -> tuple[Profile, list[str]]:
    """The profile with some settings replaced, and their dotted names.

    `patch` is nested like the profile, or has dotted keys ("latency.contacts.add.base_s"), or both. `origin` is what
    the message of a ProfileError begins with.
    """
    changes = dict(_leaves(_expand_dots(patch)))
    settings = dict(_leaves(msgspec.to_builtins(profile))) | changes
    return _profile(settings, origin), [".".join(path) for path in changes]


def origins(before: Profile, after: Profile, sources: Mapping[str, str], origin: str) -> dict[str, str]:
    """The sources of all settings in `after`, where those that differ from `before` come from `origin`."""
    known = dict(_leaves(msgspec.to_builtins(before)))
    settings = _leaves(msgspec.to_builtins(after))
    changes = {".".join(path): origin for path, value in settings if known.get(path) != value}
    return dict(sources) | changes


def flat(profile: Profile) -> dict[str, Any]:
    """Every setting by its dotted name."""
    return {".".join(path): value for path, value in _leaves(msgspec.to_builtins(profile))}


def at_cpu_speed(profile: Profile) -> Profile:
    """The same org without anything that makes one wait: what is left is the speed of the machine."""
    return msgspec.structs.replace(
        profile,
        rate=msgspec.structs.replace(profile.rate, requests_per_window=0, per_op={}),
        latency={"*": Latency()},
        jobs=msgspec.structs.replace(
            profile.jobs,
            import_start_delay_s=0.0,
            import_rows_per_s=0.0,
            export_start_delay_s=0.0,
            export_rows_per_s=0.0,
            bulk_start_delay_s=0.0,
            bulk_rows_per_s=0.0,
        ),
        semantics=msgspec.structs.replace(profile.semantics, size_lag_s=0.0, search_lag_s=0.0, get_lag_s=0.0),
        tokens=msgspec.structs.replace(profile.tokens, requests_per_window=0),
        faults=msgspec.structs.replace(profile.faults, late_commit_s=0.0, retry_after_s=0),
    )


def _read(name: str, relative_to: Path, seen: tuple[str, ...]) -> tuple[Settings, dict[tuple[str, ...], str]]:
    """Values and sources of a file and of those it extends."""
    if name in seen:
        raise ProfileError(f"{name}: extends itself")
    document, folder = _document(name, relative_to)
    settings: Settings = {}
    sources: dict[tuple[str, ...], str] = {}
    base = document.pop("extends", None)
    if base is not None:
        if not isinstance(base, str):
            raise ProfileError(f"{name}: extends: expected the name of a profile")
        settings, sources = _read(base, folder, (*seen, name))
    for path, value, source in _settings_with_sources(name, document, ()):
        settings[path], sources[path] = value, source
    return settings, sources


def _document(name: str, relative_to: Path) -> tuple[dict[str, Any], Path]:
    """The parsed TOML and the folder that relative names in it start from."""
    is_file = name.endswith(".toml") or "/" in name
    if not is_file and name not in built_in_profiles():
        raise ProfileError(
            f"no profile is called {name!r}; there are {', '.join(built_in_profiles())}, or give a .toml file"
        )
    path = relative_to / name if is_file else resources.files(__package__).joinpath("profiles", f"{name}.toml")
    try:
        return tomllib.loads(_text(path.read_bytes())), (relative_to / name).parent
    except OSError as error:
        raise ProfileError(f"{name}: {error.strerror}") from error
    except ValueError as error:  # of the encoding or of the TOML
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
    tree: dict[str, Any] = {"latency": {}, "rate": {"per_op": {}}}
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
    section, _, rest = dotted.partition(".")
    if section == "latency" and rest:
        op, _, setting = rest.rpartition(".")
        return [section, op, setting] if op and rest not in OP_NAMES else [section, rest]
    if rest.startswith("per_op."):
        return [section, "per_op", rest.removeprefix("per_op.")]
    return dotted.split(".")
