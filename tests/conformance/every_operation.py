"""Every operation of the official OutboundApi that the mock serves, called once with the right input, in one story."""

from typing import Any

import PureCloudPlatformClientV2 as Genesys
import urllib3

from .leads import COLUMNS, lead

LIST = {"columnNames": COLUMNS, "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
YOUNG = {
    "clauses": [{"predicates": [{"column": "Age", "columnType": "numeric", "operator": "LESS_THAN", "value": "5"}]}]
}
SLOT = {"startTime": "07:00:00", "stopTime": "18:00:00", "day": 3}


class Story:
    """What was called, and a client to call more with. Every answer is held against the SDK's models by that client."""

    def __init__(self, api: Genesys.OutboundApi) -> None:
        self.api = api
        self.called: set[str] = set()

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        self.called.add(name)
        return getattr(self.api, name)(*args, **kwargs)

    def put(self, name: str, made: Any) -> Any:
        """Change nothing but the version."""
        changed = self(name, made.id, made)
        assert changed.version == made.version + 1
        return changed

    def tell(self) -> None:
        leads = self.lists()
        self.contacts(leads)
        self.files(leads)
        young = self.filters(leads)
        self.templates()
        never = self.dnc_lists()
        self.documents(leads, young, never)
        self("delete_outbound_dnclist", never.id)
        self("delete_outbound_contactlistfilter", young.id)
        self("post_outbound_contactlist_clear", leads.id)
        self("delete_outbound_contactlist", leads.id)

    def lists(self) -> Any:
        leads = self("post_outbound_contactlists", LIST | {"name": "Leads"})
        more = self("post_outbound_contactlists", LIST | {"name": "More"})
        change = {"contactListIds": [more.id], "contactList": {"timeZone": "Europe/Berlin"}}
        assert self("post_outbound_contactlists_bulk_update", change).results[0].success
        assert self("get_outbound_contactlists").total == 2
        assert self("get_outbound_contactlists_divisionviews").total == 2
        assert self("get_outbound_contactlists_divisionview", leads.id).name == "Leads"
        leads = self.put("put_outbound_contactlist", self("get_outbound_contactlist", leads.id))
        self("get_outbound_contactlist_timezonemappingpreview", leads.id)
        self("delete_outbound_contactlists", [more.id])
        return leads

    def contacts(self, leads: Any) -> None:
        sent = [{"id": lead(number)["Lead ID"], "data": lead(number)} for number in range(20)]
        first, second, third, *_ = [each.id for each in self("post_outbound_contactlist_contacts", leads.id, sent)]
        assert self("get_outbound_contactlist_contact", leads.id, first).data == lead(0)
        self("put_outbound_contactlist_contact", leads.id, first, {"data": lead(0), "callable": False})
        assert len(self("post_outbound_contactlist_contacts_bulk", leads.id, [first, second])) == 2
        assert self("post_outbound_contactlist_contacts_search", leads.id, {"criteria": YOUNG}).total == 5
        self("delete_outbound_contactlist_contact", leads.id, first)
        self("delete_outbound_contactlist_contacts", leads.id, [second])
        edit = {"contactIds": [third], "contact": {"data": {"First Name": "Bo"}}}
        self("post_outbound_contactlist_contacts_bulk_update", leads.id, edit)
        job = self("post_outbound_contactlist_contacts_bulk_remove", leads.id, {"criteria": YOUNG})
        assert self("get_outbound_contactlist_contacts_bulk_job", leads.id, job.id).percent_complete == 100
        assert len(self("get_outbound_contactlist_contacts_bulk_jobs", leads.id).entities) == 2

    def files(self, leads: Any) -> None:
        address = self("post_outbound_contactlists_uploads", {"id": leads.id, "contentType": "text/csv"})
        upload(address, ",".join(COLUMNS) + "\r\nL-1\r\n")
        assert self("get_outbound_contactlist_importstatus", leads.id).total_records == 1
        event = self("get_outbound_events").entities[0]
        assert self("get_outbound_event", event.id).event_message.code == event.event_message.code
        self("post_outbound_contactlist_export", leads.id)
        assert self("get_outbound_contactlist_export", leads.id).uri

    def filters(self, leads: Any) -> Any:
        asked = YOUNG | {"name": "Young", "contactList": {"id": leads.id}, "filterType": "AND"}
        self("post_outbound_contactlistfilters_preview", asked)
        young = self("post_outbound_contactlistfilters", asked)
        assert self("post_outbound_contactlistfilters_bulk_retrieve", {"ids": [young.id]}).total == 1
        assert self("get_outbound_contactlistfilters").total == 1
        return self.put("put_outbound_contactlistfilter", self("get_outbound_contactlistfilter", young.id))

    def templates(self) -> None:
        columns = self("post_outbound_contactlisttemplates", LIST | {"name": "First"})
        more = self("post_outbound_contactlisttemplates_bulk_add", [LIST | {"name": name} for name in ("B", "C")])
        assert self("post_outbound_contactlisttemplates_bulk_retrieve", {"ids": [columns.id]}).total == 1
        assert self("get_outbound_contactlisttemplates").total == 3
        self.put("put_outbound_contactlisttemplate", self("get_outbound_contactlisttemplate", columns.id))
        split = {"contactListTemplate": {"id": columns.id}, "listNameFormat": "ListNamePrefix"}
        monthly = self("post_outbound_importtemplates", split | {"name": "Monthly"})
        others = self("post_outbound_importtemplates_bulk_add", [split | {"name": "Weekly"}])
        assert self("get_outbound_importtemplates").total == 2
        self("get_outbound_importtemplate_importstatus", monthly.id)
        self.put("put_outbound_importtemplate", self("get_outbound_importtemplate", monthly.id))
        self("delete_outbound_importtemplate", monthly.id)
        self("delete_outbound_importtemplates", [each.id for each in others.entities])
        self("delete_outbound_contactlisttemplate", columns.id)
        self("delete_outbound_contactlisttemplates", [each.id for each in more.entities])

    def dnc_lists(self) -> Any:
        never = self("post_outbound_dnclists", {"name": "Never", "dncSourceType": "rds", "contactMethod": "Any"})
        own = {"name": "Own", "dncSourceType": "rds_custom", "customExclusionColumn": "Lead ID"}
        own = self("post_outbound_dnclists", own)
        assert self("get_outbound_dnclists").total == self("get_outbound_dnclists_divisionviews").total == 2
        assert self("get_outbound_dnclists_divisionview", never.id).name == "Never"
        never = self.put("put_outbound_dnclist", self("get_outbound_dnclist", never.id))
        self("post_outbound_dnclist_phonenumbers", never.id, ["+15550100"])
        self("post_outbound_dnclist_emailaddresses", never.id, ["a@example.com"])
        for kind, of, field, entry in (
            ("phonenumbers", never, "phoneNumbers", "+15550101"),
            ("emailaddresses", never, "emailAddresses", "b@example.com"),
            ("whatsappnumbers", never, "whatsAppNumbers", "+15550102"),
            ("customexclusioncolumns", own, "customExclusionColumnEntries", "L-1"),
        ):
            self(f"patch_outbound_dnclist_{kind}", of.id, {"action": "Add", field: [entry]})
            self(f"delete_outbound_dnclist_{kind}", of.id)
        columns = {"contentType": "text/csv", "phoneColumns": "Phone"}
        upload(self("post_outbound_dnclists_uploads", columns | {"id": never.id}), "Phone\r\n+15550103\r\n")
        assert self("get_outbound_dnclist_importstatus", never.id).percent_complete == 100
        self("post_outbound_dnclist_export", never.id)
        assert self("get_outbound_dnclist_export", never.id).uri
        return never

    def documents(self, leads: Any, young: Any, never: Any) -> None:
        limits = self.document(
            "attemptlimit", {"maxAttemptsPerContact": 3, "resetPeriod": "DAYS_7", "timeZoneId": "UTC"}
        )
        times = [{"timeZoneId": "Africa/Abidjan", "timeSlots": [SLOT]}]
        times = self.document("callabletimeset", {"callableTimes": times})
        responses = {"callable_machine": {"reactionType": "transfer"}}
        responses = self.document("callanalysisresponseset", {"responses": responses, "beepDetectionEnabled": True})
        condition = {"type": "contactAttributeCondition", "attributeName": "Age", "operator": "EQUALS", "value": "7"}
        rule = {"name": "Seven", "category": "DIALER_PRECALL", "order": 0, "conditions": [condition]}
        rule["actions"] = [{"type": "Action", "actionTypeName": "DO_NOT_DIAL", "properties": {}}]
        rules = self.document("ruleset", {"contactList": {"id": leads.id}, "rules": [rule]})
        calls = {
            "contactList": {"id": leads.id}, "dialingMode": "agentless", "callerName": "Test",
            "callerAddress": "+15550100", "phoneColumns": [{"columnName": "Phone"}], "abandonRate": 1.5,
            "dncLists": [{"id": never.id}], "callableTimeSet": {"id": times.id}, "ruleSets": [{"id": rules.id}],
            "callAnalysisResponseSet": {"id": responses.id}, "contactListFilters": [{"id": young.id}],
            "contactSorts": [{"fieldName": "Age", "direction": "ASC", "numeric": True}], "maxCallsPerAgentDecimal": 2,
            "dynamicLineBalancingSettings": {"enabled": True, "relativeWeight": 2}, "alwaysRunning": False,
        }  # fmt: skip
        calls = self.document("campaign", calls)
        assert self("get_outbound_campaign_progress", calls.id).number_of_contacts_called == 0
        self("delete_outbound_campaign_progress", calls.id)
        assert self("get_outbound_campaign_stats", calls.id).contact_rate.attempts == 0
        assert self("get_outbound_campaigns_divisionviews").total == 1
        assert self("get_outbound_campaigns_divisionview", calls.id).division.name == "Home"
        assert self("get_outbound_messagingcampaigns").total == 0
        after = self.document("sequence", {"campaigns": [{"id": calls.id}], "repeat": True})
        self("delete_outbound_sequence", after.id)
        assert self("delete_outbound_campaign", calls.id).id == calls.id
        for kind, made in (("ruleset", rules), ("callabletimeset", times), ("callanalysisresponseset", responses)):
            self(f"delete_outbound_{kind}", made.id)
        self("delete_outbound_attemptlimit", limits.id)

    def document(self, kind: str, body: dict[str, Any]) -> Any:
        """Make one, list it, read it, and change its version."""
        every = "attemptlimits" if kind == "attemptlimit" else f"{kind}s"
        made = self(f"post_outbound_{every}", body | {"name": f"A {kind}"})
        assert [each.id for each in self(f"get_outbound_{every}").entities] == [made.id]
        read = self(f"get_outbound_{kind}", made.id)
        assert read.to_dict() == made.to_dict()
        return self.put(f"put_outbound_{kind}", read)


def upload(address: Any, file: str) -> None:
    assert urllib3.request("PUT", address.url, headers=address.headers, body=file.encode()).status == 200
