"""What an org allows, how long it takes, and how it reads the unclear parts of the API. Each value has a source.

A profile is a TOML file; every setting in it is `{ value = ..., source = "..." }`, where the source is a document or the
word `assumption`. A file may start from another with `extends = "default"`.
"""

from typing import Literal

import msgspec


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Limits(_Section):
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
    page_size: int
    request_body_bytes: int
    upload_bytes: int


class Rate(_Section):
    requests_per_window: int
    window_s: float
    window: Literal["fixed", "sliding"]
    scope: Literal["token", "client"]
    counts_uploads: bool
    per_op: dict[str, int]  # a lower limit of single operations in the same window, by op name


class Latency(_Section):
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


class Jobs(_Section):
    import_start_delay_s: float
    import_rows_per_s: float  # 0: at once
    import_status_visible_rows: int  # smaller imports may end before any status is seen: no counters, no percent
    export_start_delay_s: float
    export_rows_per_s: float  # 0: at once
    export_uri_ttl_s: float
    export_keeps_previous: bool  # GET answers with the former export until the new one is ready
    exports_at_once: int


class Semantics(_Section):
    unknown_columns: Literal["reject", "ignore"]
    missing_columns: Literal["allow", "reject"]
    update: Literal["merge", "replace"]  # what an upsert or PUT does with columns it does not name
    own_ids: Literal["accept", "ignore"]
    bad_batch: Literal["reject", "partial"]  # one bad contact of many: nothing is stored, or those before it
    answer_order: Literal["request", "shuffled"]
    over_capacity: Literal["reject", "partial"]
    invalid_rows: Literal["skip", "fail"]  # a bad CSV row: skipped with an event, or the import fails
    callable_format: Literal["1", "true"]
    redirect_status: Literal[302, 303, 307]
    size_lag_s: float  # a list's size and searches show contacts this much later
    form_credentials: bool  # client id and secret as form fields, no Basic header


class Tokens(_Section):
    lifetime_s: int
    requests_per_window: int


class Profile(_Section):
    """Everything in force. `with_changes` gives the profile after a control request."""

    name: str
    limits: Limits
    rate: Rate
    latency: dict[str, Latency]  # by op name; "*" for the others
    jobs: Jobs
    semantics: Semantics
    tokens: Tokens
    request_timeout_s: float  # a request that takes longer is answered 504; its work may still be done
