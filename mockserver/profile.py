"""What an org allows, how long it takes, and how it reads the unclear parts of the API. Each value has a source.

A setting is declared here once: `Annotated[type, value, source]`, where value and source are those of the profile
`default`, and the source is a document or says `assumption`. `NotProbed` adds why `contactbench probe` does not find it
out. Other profiles are files, which `mockserver/loaded_profile.py` reads.
"""

from typing import Annotated, Literal, NamedTuple

import msgspec

_CREATE_LIST = "help.mypurecloud.com/articles/create-new-contact-list"
_APPEND_RECORDS = "help.mypurecloud.com/articles/append-records-contact-list"
_CSV_FILES = "help.mypurecloud.com/articles/csv-files"
_EACH_ENTITY = "jp-help.mypurecloud.com/articles/limitations-with-outbound-dialer, each outbound entity"
_SAMPLES_POLL = "assumption: samples poll every 5 s"
_NO_FIGURE = "assumption: no figure is published"
_NONE_KNOWN = "assumption: no figure is published, so none"


class NotProbed(NamedTuple):
    """Why no check of `contactbench probe` finds a setting out."""

    reason: str


_TOO_MUCH = NotProbed("asking would need more contacts, lists or requests than a sandbox should be given")


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PlatformLimits(_Section, frozen=True):
    contacts_per_list: Annotated[int, 1_000_000, _CREATE_LIST, _TOO_MUCH]
    contacts_per_org: Annotated[int, 5_000_000, _CREATE_LIST, _TOO_MUCH]
    lists_per_org: Annotated[int, 1_000, _CREATE_LIST, _TOO_MUCH]
    columns_per_list: Annotated[int, 50, _CSV_FILES]
    column_name_chars: Annotated[int, 128, _CSV_FILES]
    cell_chars: Annotated[int, 512, _CSV_FILES]
    list_name_chars: Annotated[int, 64, "swagger of 2018-03-21, name.length.exceeded"]
    contact_id_chars: Annotated[
        int, 100, "assumption: third-party notes, and the code CONTACT_ID_LENGTH_LIMIT_EXCEEDED exists"
    ]
    # one character class and a plus, "[A-Za-z0-9._-]+"; "" accepts anything
    contact_id_pattern: Annotated[
        str,
        "[A-Za-z0-9._-]+",
        "assumption: invalid.contact.id forbids special characters, samples use letters, digits, dots and hyphens",
    ]
    contacts_per_post: Annotated[
        int, 1_000, "swagger of 2018-03-21, too.many.contacts.added; community.genesys.com 2026"
    ]
    contacts_per_bulk_get: Annotated[
        int, 50, "swagger of 2018-03-21, too.many.contacts.requested; today's value is unknown"
    ]
    contacts_per_delete: Annotated[int, 250, "swagger of 2018-03-21, DELETE contacts; today's value is unknown"]
    lists_per_bulk_get: Annotated[int, 100, "swagger of 2018-03-21, too.many.bulk.retrieves"]
    lists_per_bulk_update: Annotated[
        int, 100, "SDK 269.0.0 outbound_api.py, bulk update: a maximum of 100 contact lists"
    ]
    templates_per_org: Annotated[int, 1_000, _EACH_ENTITY]  # contact list templates, and as many import templates
    # lists that one file may become through an import template
    target_lists_per_import: Annotated[int, 1_000, "assumption: no limit is published but that of the lists of an org"]
    page_size: Annotated[int, 100, "SDK 269.0.0 outbound_api.py, pageSize: the max that will be returned is 100"]
    # notification channels
    channels_per_client: Annotated[
        int, 20, "SDK 269.0.0 notifications_api.py: 20 per user and application, one more evicts the oldest"
    ]
    topics_per_channel: Annotated[
        int, 1_000, "forum, restating developer.genesys.cloud/notificationsalerts/notifications"
    ]
    channel_lifetime_s: Annotated[
        int, 86_400, "forum, restating developer.genesys.cloud/notificationsalerts/notifications: 24 hours"
    ]
    # contacts that pages of a search may reach; 0: all
    search_depth: Annotated[int, 0, "assumption: no limit to deep paging is published, so there is none", _TOO_MUCH]
    filters_per_org: Annotated[int, 1_000, _EACH_ENTITY]
    request_body_bytes: Annotated[
        int, 3_000_000, "developer forum, announcement 14177 of 2022-04-05; 512,000 is also quoted"
    ]
    upload_bytes: Annotated[
        int,
        1_610_612_736,
        "assumption: no limit is published; 1.5 GiB holds the 1 M rows of a list at any usual width",
        _TOO_MUCH,
    ]
    dnc_lists_per_org: Annotated[
        int, 1_000, "jp-help.mypurecloud.com/articles/limitations-with-outbound-dialer: each outbound entity"
    ]
    dnc_records_per_list: Annotated[int, 1_000_000, "wiki.tinod.net, verified March 2026: low trust"]
    dnc_records_per_org: Annotated[int, 2_000_000, "wiki.tinod.net, verified March 2026: low trust"]
    # 0: as many as the body holds
    dnc_entries_per_request: Annotated[int, 1_000, "assumption: as many as contacts; no limit is published"]
    # how far away an expiration may be; 0: any
    dnc_expiration_days: Annotated[
        int, 0, "assumption: IMPORT_EXPIRATION_DATE_EXCEEDS_MAX_DAYS exists, the number of days is not published"
    ]


class RateSettings(_Section, frozen=True):
    # 0: no limit
    requests_per_window: Annotated[
        int, 300, "client.credentials.token.rate.per.minute, limits page quoted on community.genesys.com 2025-09"
    ]
    window_s: Annotated[
        float, 60.0, "the limit is per minute; inin-ratelimit-reset 61 on a first answer, developer blog 2021-05-06"
    ]
    window: Annotated[
        Literal["fixed", "sliding"], "fixed", "assumption: inin-ratelimit-reset counts down to one moment"
    ]
    scope: Annotated[
        Literal["token", "client"], "token", "assumption: the limit's key says token; forum answers say client"
    ]
    counts_uploads: Annotated[bool, False, "assumption: the upload service is another host"]
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
    # what brings jobs forward
    progress: Annotated[
        Literal["time", "immediate", "polls"],
        "time",
        "assumption: rows pass at a steady pace; immediate and polls are for tests",
    ]
    # with progress "polls": the job is done when its state has been asked for this often
    polls: Annotated[int, 3, 'assumption: only used with progress = "polls"']
    import_start_delay_s: Annotated[float, 3.0, "assumption: clients see no status at first"]
    import_rows_per_s: Annotated[float, 5_000.0, _NO_FIGURE]  # 0: at once
    # smaller imports may end before any status is seen: no counters, no percent
    import_status_visible_rows: Annotated[
        int, 0, "assumption: every import shows its counters; small ones may not, Terraform provider 1.84.1"
    ]
    export_start_delay_s: Annotated[float, 2.0, _SAMPLES_POLL]
    export_rows_per_s: Annotated[float, 20_000.0, _NO_FIGURE]  # 0: at once
    export_uri_ttl_s: Annotated[float, 900.0, _NO_FIGURE]
    # GET answers with the former export until the new one is ready
    export_keeps_previous: Annotated[bool, True, "public client code reuses an earlier export"]
    # the same for DNC lists; False: it is gone as soon as another is asked for
    dnc_export_keeps_previous: Annotated[
        bool, False, "Terraform provider f955430e: it changes a list, asks for an export and reads the change from it"
    ]
    exports_at_once: Annotated[int, 4, _NO_FIGURE]
    bulk_start_delay_s: Annotated[float, 2.0, _SAMPLES_POLL]
    bulk_rows_per_s: Annotated[float, 5_000.0, "assumption: no figure is published; as fast as an import"]  # 0: at once


class Semantics(_Section, frozen=True):
    # what a contact's data and its statuses by column name beside the columns of the list
    unknown_columns: Annotated[
        Literal["reject", "ignore"],
        "ignore",
        "Terraform provider f955430e: tests of campaigns post such contacts; of phoneNumberStatus, one client does",
    ]
    # what a listing without allowEmptyResult answers there
    page_past_the_end: Annotated[
        Literal["empty", "not_found"],
        "empty",
        "assumption: allowEmptyResult asks for an empty page; what comes without it is not documented",
    ]
    # what a pageSize over `limits.page_size` is answered with
    large_pages: Annotated[
        Literal["clamp", "reject"],
        "reject",
        "a client's report: 400; SDK 269.0.0 outbound_api.py says that at most 100 are returned",
    ]
    # whether a contact's data may lack columns of the list
    missing_columns: Annotated[
        Literal["allow", "reject"],
        "reject",
        f"a refusal quoted on 2026-09-18; {_APPEND_RECORDS}: files have to have the existing columns",
    ]
    # what an upsert or PUT does with columns it does not name
    update: Annotated[Literal["merge", "replace"], "merge", "assumption: keys that are not given stay"]
    own_ids: Annotated[
        Literal["accept", "ignore"],
        "accept",
        "SDK 269.0.0 writable_dialer_contact.py has an id; clearSystemData speaks of contacts that exist",
    ]
    # what "" is as the id of a contact
    empty_ids: Annotated[Literal["none", "reject"], "none", "three unrelated clients send it"]
    # one bad contact of many: nothing is stored, or those before it
    bad_batch: Annotated[
        Literal["reject", "partial"], "reject", "assumption: the answer has no shape for single errors"
    ]
    answer_order: Annotated[
        Literal["request", "shuffled"], "request", "assumption: not documented, so join on a column"
    ]
    over_capacity: Annotated[Literal["reject", "partial"], "reject", "assumption", _TOO_MUCH]
    # of an import's header beside the columns of the list
    column_case: Annotated[
        Literal["ignore", "exact"],
        "ignore",
        (
            f"{_APPEND_RECORDS}: data is processed in a case-insensitive manner; which spelling is kept is an"
            " assumption: the list's"
        ),
        NotProbed("every strategy sends a header in the spelling of its list"),
    ]
    # a bad CSV row: skipped with an event, or the import fails
    invalid_rows: Annotated[Literal["skip", "fail"], "skip", "assumption: there are events for single entries"]
    callable_format: Annotated[Literal["1", "true"], "1", "third-party readers of exports"]
    redirect_status: Annotated[Literal[302, 303, 307], 303, "assumption: 302 and 307 are possible"]
    # what the start of a bulk job is answered with
    bulk_job_status: Annotated[
        Literal[200, 202], 202, "status tables of 2025-11-26 name 200 and 202; 202 is an assumption"
    ]
    # a list's size shows contacts this much later
    size_lag_s: Annotated[
        float, 0.0, "assumption: Terraform provider 1.84.1 waits for sizes to settle, so there may be one"
    ]
    # searches find contacts this much later
    search_lag_s: Annotated[
        float, 0.0, "assumption: the notes on contact management ask to wait 5 s, so there may be one"
    ]
    # a new list or contact is 404 for so long
    get_lag_s: Annotated[
        float, 0.0, "assumption: Terraform provider 1.84.1 retries a 404 after creation, so there may be one"
    ]
    # between two heartbeats of a notification channel
    heartbeat_s: Annotated[
        float,
        30.0,
        "assumption: samples ignore heartbeats, none tells their period",
        NotProbed("no strategy listens to notifications"),
    ]
    # set: a list is answered without its empty arrays, and without dateModified until it is changed
    list_answers: Annotated[
        Literal["set", "all"], "set", "answers recorded in 2023; that dateModified comes with a change is an assumption"
    ]
    unknown_divisions: Annotated[
        Literal["reject", "accept"], "reject", "assumption: no answer is recorded; the code is invalid.value"
    ]
    # a login with its grant in the query and no body, or at /token
    query_logins: Annotated[bool, True, "shipped clients log in so"]
    # client id and secret as form fields, no Basic header
    form_credentials: Annotated[bool, True, "public client code sends them so"]
    bearer_at_signed_address: Annotated[
        Literal["ignore", "refuse"],
        "ignore",
        (
            "assumption: files lie on another host, where clients send no token; here it is the same one, so most do."
            " refuse shows a client that leaks it"
        ),
        NotProbed("asking would show the token to another host"),
    ]
    # what adding phone numbers is answered with
    dnc_post_status: Annotated[
        Literal[200, 204], 204, "assumption: only a default answer is documented; POST emailaddresses has 204"
    ]
    dnc_past_expiration: Annotated[
        Literal["reject", "accept"], "reject", "assumption: invalid.date.value and IMPORT_INVALID_EXPIRATION_DATE exist"
    ]
    # what "" is as an expiration
    dnc_empty_expiration: Annotated[Literal["none", "reject"], "none", "one client sends it"]
    # kept: until DELETE with expiredOnly; they count and are exported
    dnc_expired_entries: Annotated[
        Literal["kept", "dropped"],
        "kept",
        "assumption: there is an operation that removes those that have expired",
        NotProbed("an entry has to expire first, and no expiration may lie in the past"),
    ]
    # refuse: 501, the feature is not enabled
    dnc_delete_entries: Annotated[
        Literal["allow", "refuse"],
        "allow",
        "SDK 269.0.0 delete_outbound_dnclist_phonenumbers; 501 not.implemented exists for orgs without the feature",
    ]
    # whether dnc.com and gryphon let the org in
    dnc_external_sources: Annotated[
        Literal["accept", "refuse"],
        "accept",
        "assumption: nobody is asked; dnc.source.authentication.failed is what a refusal says",
        NotProbed("asking would need an account of dnc.com or Gryphon"),
    ]
    # between the names of several columns; "": white space
    dnc_column_separator: Annotated[
        str,
        ",",
        "assumption: the columns of dnclists/uploads are single strings",
        NotProbed("an upload to a DNC list is not part of loading leads"),
    ]


class Tokens(_Section, frozen=True):
    lifetime_s: Annotated[int, 86_400, "SDK 269.0.0 o_auth_client.py: 24 hours unless told"]
    # at the token endpoint, a client; 0: no limit
    requests_per_window: Annotated[int, 300, "assumption: the endpoint answers 429, its limit is not published"]
    # in force at once; one more makes the oldest worthless. 0: no limit
    per_client: Annotated[int, 0, "assumption: no limit is published"]


# All 0 unless a profile asks for faults: how often they happen on the platform is not published.
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

    error_before_commit: Annotated[float, 0.0, _NONE_KNOWN]
    error_after_commit: Annotated[float, 0.0, _NONE_KNOWN]
    reset_before_parse: Annotated[float, 0.0, _NONE_KNOWN]
    reset_after_commit: Annotated[float, 0.0, _NONE_KNOWN]
    late_commit: Annotated[float, 0.0, _NONE_KNOWN]
    partial_commit: Annotated[float, 0.0, "assumption: not known to happen, nor that it cannot"]
    truncated_answer: Annotated[float, 0.0, _NONE_KNOWN]
    throttled: Annotated[float, 0.0, "assumption: limits of other clients or of the org are not counted here"]
    expired_token: Annotated[float, 0.0, "assumption: tokens end with their lifetime alone"]
    late_commit_s: Annotated[float, 15.0, "assumption: what still runs after a 504 ends within seconds"]
    retry_after_s: Annotated[int, 3, "assumption: below the minute of a full window"]

    @property
    def by_kind(self) -> dict[str, float]:
        """The rates alone, in the order in which a draw meets them."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if not name.endswith("_s")}


# No latency of any operation is published. Every report has to say that these are placeholders.
_LATENCY = {
    "*": {
        "base_s": (0.1, "assumption: one round trip and a lookup"),
        "sigma": (0.25, "assumption: a third of the requests is off by a quarter"),
        "tail_probability": (0.01, "assumption: one in a hundred meets a busy server"),
        "tail_factor": (4.0, "assumption"),
    },
    "contacts.add": {
        "base_s": (0.15, _NO_FIGURE),
        "per_contact_s": (0.001, "assumption: no figure is published; 1.15 s for 1,000 contacts"),
        "sigma": (0.25, "assumption"),
        "tail_probability": (0.01, "assumption"),
        "tail_factor": (4.0, "assumption"),
    },
    "import.upload": {
        "base_s": (0.5, "assumption: the file is stored before the answer"),
        "per_kib_s": (0.00002, "assumption: 50 MB a second"),
        "sigma": (0.25, "assumption"),
    },
    "presigned.put": {
        "base_s": (0.3, "assumption: an object store answers once the file is stored"),
        "per_kib_s": (0.00002, "assumption: 50 MB a second, as the upload service"),
        "sigma": (0.25, "assumption"),
    },
    "export.file": {
        "base_s": (0.2, "assumption: first byte of a content delivery network"),
        "sigma": (0.25, "assumption"),
    },
    "health": {
        "base_s": (0.0, "the mock's own; no such operation exists on the platform"),
    },
}


class Profile(_Section, frozen=True):
    """Everything in force."""

    name: str
    limits: PlatformLimits
    rate: RateSettings
    latency: Annotated[dict[str, Latency], _LATENCY]  # by op name; "*" for the others
    jobs: JobSettings
    semantics: Semantics
    tokens: Tokens
    # a request that takes longer is answered 504; its work may still be done. 0: never
    request_timeout_s: Annotated[float, 60.0, "assumption: 504 request.timeout exists, its time is not published"]
    faults: FaultRates


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
