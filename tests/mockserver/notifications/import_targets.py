"""What imports can go into, made for a test: what an upload has to say, and the topic that tells of it."""

LISTS = "/api/v2/outbound/contactlists"
LIST = {"name": "Leads", "columnNames": ["Lead", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}


async def list_target(client, split_at=50, number=1):
    """A contact list."""
    list_id = (await client.post(LISTS, json=LIST | {"name": f"Leads {number}"})).json()["id"]
    fields = {"fileType": "contactlist", "id": list_id, "contact-id-name": "Lead"}
    return fields, f"v2.outbound.contactlists.{list_id}.importstatus"


async def dnc_target(client, split_at=50, number=1):
    """A DNC list."""
    spec = {"name": f"No {number}", "dncSourceType": "rds", "contactMethod": "Phone"}
    list_id = (await client.post("/api/v2/outbound/dnclists", json=spec)).json()["id"]
    fields = {"fileType": "dnclist", "id": list_id, "phoneColumns": "Phone"}
    return fields, f"v2.outbound.dnclists.{list_id}.importstatus"


async def template_target(client, split_at=50, number=1):
    """An import template that makes lists of `split_at` contacts."""
    columns = LIST | {"name": f"Columns {number}"}
    columns_id = (await client.post("/api/v2/outbound/contactlisttemplates", json=columns)).json()["id"]
    spec = {
        "name": f"Monthly {number}",
        "contactListTemplate": {"id": columns_id},
        "listNameFormat": "Custom",
        "customListNameFormatValue": f"{number} %N %P",
        "useSplittingCriteria": True,
        "splittingInformation": {"criteria": "Quantity", "criteriaValue": f"{split_at}"},
    }
    template_id = (await client.post("/api/v2/outbound/importtemplates", json=spec)).json()["id"]
    fields = {"fileType": "contactlist", "importTemplateId": template_id, "listNamePrefix": "May"}
    return fields, f"v2.outbound.importtemplates.{template_id}.importstatus"
