"""An org that holds each answer against its document, and one of each kind in it."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from mockserver.app import create_app
from mockserver.operations.documents import KINDS

from ...conftest import listening

LIST = {
    "name": "Leads",
    "columnNames": ["Lead ID", "Phone"],
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
}
DNC = {"name": "Never", "dncSourceType": "rds", "contactMethod": "Phone"}


@dataclass
class Outbound:
    """The outbound API over HTTP, and what was made there: a kind's name, and the id."""

    client: httpx.AsyncClient
    lenient: httpx.AsyncClient  # the same org, not strict
    ids: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The answer's JSON, which is an error body unless `status` says that it went well."""
        reply = await self.client.request(method, f"/api/v2/outbound/{path}", json=body)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    async def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> tuple[str, str]:
        """The code and the message."""
        told = await self.ask(method, path, body, status)
        return told["code"], told["message"]

    def ref(self, kind: str) -> dict[str, str]:
        return {"id": self.ids[kind]}

    def body(self, kind: str) -> dict[str, Any]:
        """A document of the kind that says something of everything a client may say."""
        return {"name": f"First {kind}"} | getattr(self, f"_{kind}")()

    def _attempt_limits(self) -> dict[str, Any]:
        recalls = {"BUSY": {"nbrAttempts": 2, "minutesBetweenAttempts": 5}}
        return {
            "maxAttemptsPerContact": 5,
            "maxAttemptsPerNumber": 2,
            "timeZoneId": "UTC",
            "resetPeriod": "DAYS_7",
            "recallEntries": recalls,
        }

    def _callable_time_sets(self) -> dict[str, Any]:
        slot = {"startTime": "07:00:00", "stopTime": "18:00:00", "day": 3}
        return {"callableTimes": [{"name": "Work", "timeZoneId": "Africa/Abidjan", "timeSlots": [slot]}]}

    def _response_sets(self) -> dict[str, Any]:
        reaction = {"reactionType": "transfer_flow", "name": "Flow", "data": "flow-1"}
        return {
            "responses": {"callable_person": reaction},
            "beepDetectionEnabled": False,
            "amdSpeechDistinguishEnabled": True,
            "liveSpeakerDetectionMode": "Disabled",
        }

    def _rule_sets(self) -> dict[str, Any]:
        condition = {"type": "contactAttributeCondition", "attributeName": "Lead ID", "operator": "EQUALS"}
        action = {"type": "Action", "actionTypeName": "DO_NOT_DIAL"}
        rule = {"name": "One", "order": 0, "category": "DIALER_PRECALL", "conditions": [condition]}
        return {"contactList": self.ref("contact_list"), "rules": [rule | {"actions": [action]}]}

    def _campaigns(self) -> dict[str, Any]:
        return {
            "contactList": self.ref("contact_list"),
            "dialingMode": "agentless",
            "site": {"id": "site-1"},
            "campaignStatus": "off",
            "phoneColumns": [{"columnName": "Phone"}],
            "callerName": "Test",
            "callerAddress": "+15550100001",
            "abandonRate": 1.5,
            "outboundLineCount": 2,
            "alwaysRunning": False,
            "priority": 4,
            "dncLists": [self.ref("dnc_list")],
            "callableTimeSet": self.ref("callable_time_sets"),
            "callAnalysisResponseSet": self.ref("response_sets"),
            "ruleSets": [self.ref("rule_sets")],
            "contactListFilters": [self.ref("contact_list_filter")],
            "contactSorts": [{"fieldName": "Lead ID", "direction": "ASC", "numeric": False}],
            "dynamicContactQueueingSettings": {"sort": True, "filter": True},
            "skillColumns": ["Lead ID"],
        }

    def _sequences(self) -> dict[str, Any]:
        return {"campaigns": [self.ref("campaigns")], "repeat": True, "status": "off"}


@pytest.fixture
async def outbound(mock_org):
    """One of each kind that refers to others of the first ones; answers that are not documented are 500."""
    headers = dict(mock_org.client.headers)
    async with listening(create_app(mock_org.services, strictness="fail"), headers=headers) as client:
        made = Outbound(client, mock_org.client)
        made.ids["contact_list"] = (await made.ask("POST", "contactlists", LIST))["id"]
        made.ids["dnc_list"] = (await made.ask("POST", "dnclists", DNC))["id"]
        filtered = {"name": "Some", "contactList": made.ref("contact_list")}
        made.ids["contact_list_filter"] = (await made.ask("POST", "contactlistfilters", filtered))["id"]
        for kind in KINDS:
            made.ids[kind.name] = (await made.ask("POST", kind.path, made.body(kind.name)))["id"]
        yield made
