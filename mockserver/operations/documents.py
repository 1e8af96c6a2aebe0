"""Campaigns and what they are made of: documents that are stored, checked and versioned. Nothing here dials.

A kind is a type and a row of `KINDS`. One type serves requests and answers, as each model of the platform does.
Source of names, types and enumerations: SDK 269.0.0, the model of the same name; statuses: swagger of 2025-11-26.
"""

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from msgspec import UnsetType as Unset

from mockserver.model import NamedResource
from mockserver.operations.bodies import Answered, Count, DomainEntityRef, Int64, Percent, Sent, listing_of
from mockserver.operations.operation import IDS, LISTED, NOT_FOUND, PAST_THE_END, Operation, Parameter
from mockserver.operations.templates import NAME_RULES, named_operations

Own = Annotated[str, Meta(description="The server's own; ignored in requests.", extra={"ignored": True})]


class EntityReference(Sent, frozen=True, kw_only=True, omit_defaults=True):
    """A reference by `id`; answers tell the rest."""

    id: str = ""
    name: Own = ""
    self_uri: Own = ""


OneRef = EntityReference | Unset
Refs = list[EntityReference] | Unset
Text = str | Unset
Number = Int64 | Unset
Fraction = float | Unset
Flag = bool | Unset


class Document(Sent, frozen=True, kw_only=True):
    """What all kinds have."""

    id: Own = ""
    name: str = ""
    date_created: Own = ""
    date_modified: Own = ""
    version: Int64 = 0
    self_uri: Own = ""


Named = NamedResource | Document  # whatever has a name and a version


class RecallEntry(Sent, frozen=True, kw_only=True):
    nbr_attempts: Number = UNSET
    minutes_between_attempts: Number = UNSET


_PERIODS = ("NEVER", "TODAY", *(f"DAYS_{days}" for days in range(2, 31)))
ResetPeriod = Annotated[str, Meta(pattern=f"^({'|'.join(_PERIODS)})$", extra={"spellings": _PERIODS})]


class AttemptLimits(Document, frozen=True, kw_only=True):
    max_attempts_per_contact: Number = UNSET
    max_attempts_per_number: Number = UNSET
    time_zone_id: Text = UNSET
    reset_period: ResetPeriod | Unset = UNSET
    recall_entries: dict[str, RecallEntry] | Unset = UNSET


class CampaignTimeSlot(Sent, frozen=True, kw_only=True):
    start_time: str
    stop_time: str
    day: Annotated[int, Meta(ge=1, le=7)]


class CallableTime(Sent, frozen=True, kw_only=True):
    time_slots: list[CampaignTimeSlot]
    time_zone_id: str
    name: Text = UNSET


class CallableTimeSet(Document, frozen=True, kw_only=True):
    callable_times: list[CallableTime] | Unset = UNSET


class Reaction(Sent, frozen=True, kw_only=True):
    reaction_type: Literal["hangup", "transfer", "transfer_flow", "play_file"]
    data: Text = UNSET
    name: Text = UNSET


class ResponseSet(Document, frozen=True, kw_only=True):
    responses: dict[str, Reaction] | Unset = UNSET
    beep_detection_enabled: Flag = UNSET
    amd_speech_distinguish_enabled: Flag = UNSET
    live_speaker_detection_mode: Literal["Disabled", "Low", "Medium", "High"] | Unset = UNSET


class DialerRule(Sent, frozen=True, kw_only=True):
    """Conditions and actions are kept as they come: nobody follows them."""

    id: Text = UNSET
    name: str
    order: Number = UNSET
    category: Literal["DIALER_PRECALL", "DIALER_WRAPUP"]
    conditions: list[dict[str, Any]]
    actions: list[dict[str, Any]] | Unset = UNSET


class RuleSet(Document, frozen=True, kw_only=True):
    contact_list: OneRef = UNSET
    queue: OneRef = UNSET
    rules: list[DialerRule] | Unset = UNSET


class CampaignSequence(Document, frozen=True, kw_only=True):
    campaigns: Refs = UNSET
    current_campaign: Number = UNSET
    status: Literal["on", "off", "complete"] = "off"
    stop_message: Text = UNSET
    repeat: Flag = UNSET


class PhoneColumn(Sent, frozen=True, kw_only=True):
    column_name: str
    type: Text = UNSET


class SortedBy(Sent, frozen=True, kw_only=True):
    field_name: str
    direction: Literal["ASC", "DESC"] | Unset = UNSET
    numeric: Flag = UNSET


class DynamicContactQueueingSettings(Sent, frozen=True, kw_only=True):
    sort: Flag = UNSET
    filter: Flag = UNSET


class DynamicLineBalancingSettings(Sent, frozen=True, kw_only=True):
    enabled: Flag = UNSET
    relative_weight: Number = UNSET


class DiagnosticsSettings(Sent, frozen=True, kw_only=True):
    report_low_max_calls_per_agent_alert: Flag = UNSET


class Campaign(Document, frozen=True, kw_only=True):
    contact_list: OneRef = UNSET
    queue: OneRef = UNSET
    dialing_mode: Literal["agentless", "preview", "power", "predictive", "progressive", "external"] | Unset = UNSET
    script: OneRef = UNSET
    edge_group: OneRef = UNSET
    site: OneRef = UNSET
    campaign_status: Literal["on", "stopping", "off", "complete", "invalid", "forced_off", "forced_stopping"] = "off"
    phone_columns: list[PhoneColumn] | Unset = UNSET
    abandon_rate: Fraction = UNSET
    dnc_lists: Refs = UNSET
    callable_time_set: OneRef = UNSET
    call_analysis_response_set: OneRef = UNSET
    errors: Annotated[list[Any] | Unset, Meta(extra={"ignored": True})] = UNSET
    caller_name: Text = UNSET
    caller_address: Text = UNSET
    outbound_line_count: Number = UNSET
    rule_sets: Refs = UNSET
    skip_preview_disabled: Flag = UNSET
    preview_time_out_seconds: Number = UNSET
    always_running: Flag = UNSET
    contact_sort: SortedBy | Unset = UNSET
    contact_sorts: list[SortedBy] | Unset = UNSET
    no_answer_timeout: Number = UNSET
    call_analysis_language: Text = UNSET
    priority: Number = UNSET
    contact_list_filters: Refs = UNSET
    division: OneRef = UNSET
    agent_owned_column: Text = UNSET
    dynamic_contact_queueing_settings: DynamicContactQueueingSettings | Unset = UNSET
    skill_columns: list[str] | Unset = UNSET
    preview_auto_end: Flag = UNSET
    max_calls_per_agent: Number = UNSET
    max_calls_per_agent_decimal: Fraction = UNSET
    callback_auto_answer: Flag = UNSET
    dynamic_line_balancing_settings: DynamicLineBalancingSettings | Unset = UNSET
    diagnostics_settings: DiagnosticsSettings | Unset = UNSET
    precise_dialing_enabled: Flag = UNSET


class CampaignDivisionView(Answered, frozen=True, kw_only=True):
    id: str
    name: str
    division: DomainEntityRef
    self_uri: str


class CampaignProgress(Answered, frozen=True, kw_only=True):
    campaign: DomainEntityRef
    contact_list: DomainEntityRef
    number_of_contacts_called: Count = 0
    number_of_contacts_messaged: Count = 0
    total_number_of_contacts: Count
    percentage: Percent = 0


class ConnectRate(Answered, frozen=True, kw_only=True):
    attempts: Count = 0
    connects: Count = 0
    connect_ratio: float = 0.0


class CampaignStats(Answered, frozen=True, kw_only=True):
    """Nothing was dialled, so nothing was counted."""

    contact_rate: ConnectRate = ConnectRate()
    idle_agents: Count = 0
    effective_idle_agents: float = 0.0
    adjusted_calls_per_agent: float = 0.0
    outstanding_calls: Count = 0
    scheduled_calls: Count = 0
    time_zone_rescheduled_calls: Count = 0
    filtered_out_contacts_count: Count = 0
    right_party_contacts_count: Count = 0
    valid_attempts: Count = 0


@dataclass(frozen=True)
class DocumentKind:
    """`references` are fields by name, and the kind each refers to; `filters` parameters, and the field they ask."""

    name: str  # of its operations, and in the store
    path: str
    type: type[Document]
    permission: str
    noun: str
    _: KW_ONLY
    one: str = "{document_id}"  # the last part of the path of one
    required: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    example: Mapping[str, Any] = field(default_factory=dict)
    deleted: Any = None  # what a deletion answers

    @property
    def paths(self) -> tuple[str, str]:
        """Of all, and of one."""
        every = f"/api/v2/outbound/{self.path}"
        return every, f"{every}/{self.one}"


# Source of required fields: JavaScript SDK 262.0.0 index.d.ts, but for those that the Terraform provider leaves out.
KINDS = (
    DocumentKind("attempt_limits", "attemptlimits", AttemptLimits, "outbound:attemptLimits", "set of attempt limits"),
    DocumentKind(
        "callable_time_sets", "callabletimesets", CallableTimeSet, "outbound:callableTimeSet", "callable time set",
        required=("callableTimes",), example={"callableTimes": [{"timeZoneId": "UTC", "timeSlots": []}]},
    ),
    DocumentKind(
        "response_sets", "callanalysisresponsesets", ResponseSet, "outbound:responseSet", "call analysis response set",
        required=("responses",), example={"responses": {}},
    ),
    DocumentKind(
        "rule_sets", "rulesets", RuleSet, "outbound:ruleSet", "rule set",
        references={"contactList": "contact_list", "queue": "queue"},
    ),
    DocumentKind(
        "campaigns", "campaigns", Campaign, "outbound:campaign", "campaign",
        one="{document_id:(?!all$|divisionviews$)[^/]+}",
        required=("contactList", "dialingMode", "phoneColumns"), deleted=Campaign,
        references={
            "contactList": "contact_list", "queue": "queue", "script": "script", "dncLists": "dnc_list",
            "callableTimeSet": "callable_time_sets", "callAnalysisResponseSet": "response_sets",
            "ruleSets": "rule_sets", "contactListFilters": "contact_list_filter",
        },
        filters={
            "id": "id", "contactListId": "contactList", "dncListIds": "dncLists", "distributionQueueId": "queue",
            "edgeGroupId": "edgeGroup", "callAnalysisResponseSetId": "callAnalysisResponseSet",
            "divisionId": "division",
        },
    ),
    DocumentKind(
        "sequences", "sequences", CampaignSequence, "outbound:campaignSequence", "campaign sequence",
        required=("campaigns",), references={"campaigns": "campaigns"},
    ),
)  # fmt: skip

_ACTIONS = (".create", ".list", ".get", ".update")


def _operations(kind: DocumentKind) -> Iterator[Operation]:
    invalid = {400: (*NAME_RULES, "invalid.create", "invalid.update", "invalid.value")}
    rows = named_operations(
        kind.name,
        *kind.paths,
        kind.permission,
        noun=kind.noun,
        sent=kind.type,
        answer=kind.type,
        refusals=invalid,
        query=[Parameter(name, str, "Only those with one of these.", many=True) for name in kind.filters],
        in_use=("referential.integrity.error",),
        example=kind.example and {"name": "First", **kind.example},
        shown=(),
    )
    for row in rows:
        if row.op == f"{kind.name}.delete":
            yield replace(row, status=200, answer=kind.deleted)
        elif row.op.endswith(_ACTIONS):
            yield row


CAMPAIGNS = next(kind for kind in KINDS if kind.name == "campaigns")
_CAMPAIGNS, _CAMPAIGN = CAMPAIGNS.paths
CAMPAIGN_VIEWS = f"{_CAMPAIGNS}/divisionviews"
_VIEW, _SEARCH = "outbound:campaign:view", "outbound:campaign:search"

DOCUMENTS = (
    *(operation for kind in KINDS for operation in _operations(kind)),
    Operation(
        "campaigns.progress", "GET", _CAMPAIGN + "/progress", "campaigns.progress", _VIEW,
        summary="How many contacts were called: none", answer=CampaignProgress, codes=NOT_FOUND,
    ),
    Operation(
        "campaigns.reset_progress", "DELETE", _CAMPAIGN + "/progress", "campaigns.reset_progress",
        "outbound:campaign:edit", summary="Begin anew, where nothing has begun", status=202, codes=NOT_FOUND,
    ),
    Operation(
        "campaigns.stats", "GET", _CAMPAIGN + "/stats", "campaigns.stats", _VIEW,
        summary="What was counted: nothing", answer=CampaignStats, codes=NOT_FOUND,
    ),
    Operation(
        "campaigns.division_views", "GET", CAMPAIGN_VIEWS, "campaign_views.list", _SEARCH,
        summary="A page of the campaigns in their short form", query=(*LISTED, IDS),
        answer=listing_of(CampaignDivisionView), codes={400: ("invalid.value",), **PAST_THE_END},
    ),
    Operation(
        "campaigns.division_view", "GET", CAMPAIGN_VIEWS + "/{document_id}", "campaign_views.get", _SEARCH,
        summary="A campaign in its short form", answer=CampaignDivisionView, codes=NOT_FOUND,
    ),
)  # fmt: skip
