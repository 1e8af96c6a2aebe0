"""What real clients send and what the platform answered them, a row of the research each, over the wire."""

import re

import pytest

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/contactlists"
LEADS = {
    "name": "Leads",
    "columnNames": ["Lead ID", "Phone"],
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
}


@pytest.fixture
async def leads(mock_org):
    """A list, as it was answered when it was made."""
    return (await mock_org.client.post(LISTS, json=LEADS)).json()


async def refusal(reply, *fields):
    """The status and some fields of a refusal."""
    answered = (await reply).json()
    return answered["status"], *(answered.get(field) for field in fields)


WORDS = ("code", "message", "messageWithParams", "messageParams")


async def test_row_02_a_taken_name_is_refused_in_the_recorded_words(mock_org, leads):
    """Recorded in 2023, 71 times."""
    assert await refusal(mock_org.client.post(LISTS, json=LEADS), *WORDS) == (
        400,
        "duplicate.name",
        "An attempt was made to create an invalid ContactList. Details: Name Leads already exists",
        "An attempt was made to create an invalid {entity}. Details: {DUPLICATE_NAME}",
        {"DUPLICATE_NAME": "Name Leads already exists", "entity": "ContactList"},
    )


async def test_row_02_a_list_without_a_column_to_reach_anybody(mock_org):
    """Recorded in 2023, but for the fields: those are as with a taken name."""
    refused = mock_org.client.post(LISTS, json=LEADS | {"phoneColumns": [], "emailColumns": []})
    status, code, message, *_ = await refusal(refused, *WORDS)
    assert (status, code) == (400, "contact.list.both.phone.email.column.empty")
    assert message == (
        "An attempt was made to create an invalid ContactList. Details: Both email and phone columns are empty"
    )


async def test_row_02_an_update_of_phone_columns(mock_org, leads):
    """What the maintainers of the Terraform provider were answered."""
    other = {**leads, "phoneColumns": [{"columnName": "Phone", "type": "home"}]}
    assert await refusal(mock_org.client.put(f"{LISTS}/{leads['id']}", json=other), "code", "message") == (
        400,
        "cannot.update.phone.columns",
        "An attempt was made to update a ContactList in an invalid way. Details: Phone number columns are different",
    )


@pytest.mark.parametrize(
    ("path", "body", "entity"),
    [
        ("/api/v2/outbound/dnclists", {"dncSourceType": "rds", "contactMethod": "Phone"}, "DncList"),
        ("/api/v2/outbound/contactlisttemplates", {**LEADS}, "ContactListTemplate"),
        ("/api/v2/outbound/contactlistfilters", {}, "ContactListFilter"),
    ],
)
async def test_row_02_other_kinds_are_refused_in_the_same_words(mock_org, leads, path, body, entity):
    """Both ways of filling in the pattern come to the message."""
    sent = {**body, "name": "", "contactList": {"id": leads["id"]}}
    reply = (await mock_org.client.post(path, json=sent)).json()
    assert reply["code"] == "name.cannot.be.blank"
    assert reply["messageParams"] == {"NAME_CANNOT_BE_BLANK": "A name must be provided.", "entity": entity}
    assert reply["messageWithParams"].format(**reply["messageParams"]) == reply["message"]


async def test_row_02_general_codes_keep_their_general_words(mock_org):
    """They are said of any value, and have no parameters."""
    refused = mock_org.client.post(LISTS, json=LEADS | {"retentionType": "Ever"})
    status, code, message, *others = await refusal(refused, *WORDS)
    assert (status, code, others) == (400, "invalid.value", [None, None])
    assert message.startswith("Value [Ever] is not valid for field type [retentionType].")


ROW_03 = [
    (
        LISTS,
        LEADS | {"name": "Typed", "retentionType": "retentiondays", "retentionDays": 5}
        | {"columnDataTypeSpecifications": [{"columnName": "Phone", "columnDataType": "text"}]},
        {"retentionType": "RetentionDays"}
        | {"columnDataTypeSpecifications": [{"columnName": "Phone", "columnDataType": "TEXT"}]},
    ),
    (
        "/api/v2/outbound/contactlistfilters",
        {
            "name": "Leads",
            "sourceType": "CONTACTLIST",
            "filterType": "or",
            "clauses": [
                {
                    "filterType": "and",
                    "predicates": [
                        {"column": "Phone", "columnType": "Alphabetic", "operator": "begins_with", "value": "+1"}
                    ],
                }
            ],
        },
        {
            "sourceType": "ContactList",
            "filterType": "OR",
            "clauses": [
                {
                    "filterType": "AND",
                    "predicates": [
                        {"column": "Phone", "columnType": "alphabetic", "operator": "BEGINS_WITH", "value": "+1"}
                    ],
                }
            ],
        },
    ),
    (
        "/api/v2/outbound/dnclists",
        {"name": "Never", "dncSourceType": "RDS", "contactMethod": "phone"},
        {"dncSourceType": "rds", "contactMethod": "Phone"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "shown"), ROW_03)
async def test_row_03_enumerations_are_read_in_any_case(mock_org, leads, path, body, shown):
    """Recorded in 2023, 71 times, for `columnDataType`; they are kept and answered as the platform writes them."""
    created = (await mock_org.client.post(path, json={**body, "contactList": {"id": leads["id"]}})).json()
    assert {name: created[name] for name in shown} == shown
    kept = (await mock_org.client.get(f"{path}/{created['id']}")).json()
    assert {name: kept[name] for name in shown} == shown


async def test_row_03_contacts_a_search_and_a_patch(mock_org, leads):
    """They are read alike."""
    criteria = {"clauses": [{"predicates": [{"column": "Phone", "operator": "equals", "value": "+15550100001"}]}]}
    of_list = f"{LISTS}/{leads['id']}/contacts"
    contact = {"data": {"Lead ID": "L-1", "Phone": "+15550100001"}, "retentionType": "never"}
    assert (await mock_org.client.post(of_list, json=[contact])).json()[0]["retentionType"] == "Never"
    assert (await mock_org.client.post(f"{of_list}/search", json={"criteria": criteria})).json()["total"] == 1
    dnc = {"name": "Never", "dncSourceType": "rds", "contactMethod": "Phone"}
    dnc_id = (await mock_org.client.post("/api/v2/outbound/dnclists", json=dnc)).json()["id"]
    patch = {"action": "add", "phoneNumbers": ["+15550100001"]}
    patched = mock_org.client.patch(f"/api/v2/outbound/dnclists/{dnc_id}/phonenumbers", json=patch)
    assert (await patched).status_code == 204


@pytest.mark.parametrize(("change", "code"), [
    ({"columnDataTypeSpecifications": [{"columnName": "Phone", "columnDataType": "texts"}]}, "bad.request"),
    ({"retentionType": "ever"}, "invalid.value"),
])  # fmt: skip
async def test_row_03_other_values_are_refused_as_before(mock_org, change, code):
    """Any case, but not any word."""
    assert await refusal(mock_org.client.post(LISTS, json=LEADS | change), "code") == (400, code)


DNC_LISTS = "/api/v2/outbound/dnclists"


async def exported(mock_org, uri):
    """Where the export of a list is, once it is ready."""
    await mock_org.client.post(f"{uri}/export")
    mock_org.clock.advance(60)
    return (await mock_org.client.get(f"{uri}/export")).json()["uri"]


@pytest.fixture
async def dnc_uri(mock_org):
    spec = {"name": "No", "dncSourceType": "rds", "contactMethod": "Phone"}
    return (await mock_org.client.post(DNC_LISTS, json=spec)).json()["selfUri"]


async def test_row_04_an_exports_address_ends_in_16_digits(mock_org, leads, dnc_uri):
    """As in two recorded answers: `4363d8cd2840e380`. A client takes the last 16 characters for the id."""
    for list_uri in (leads["selfUri"], dnc_uri):
        uri = await exported(mock_org, list_uri)
        assert re.fullmatch(r"http://[^/]+/api/v2/downloads/[0-9a-f]{16}", uri)
        told = await mock_org.client.get(f"/api/v2/downloads/{uri[-16:]}", params={"issueRedirect": "false"})
        assert (told.status_code, list(told.json())) == (200, ["url"])
        assert (await mock_org.client.get(told.json()["url"])).status_code == 200


@pytest.mark.parametrize("keeps", [False, True])
async def test_row_07_a_dnc_export_shows_the_change_before_it(mock_org, dnc_uri, keeps):
    """What Terraform reads after each change: one number, then two, then four. A profile may show the former export."""
    mock_org.change(jobs__export_start_delay_s=2.0)
    if keeps:
        mock_org.change(jobs__dnc_export_keeps_previous=True)
    seen = []
    for numbers in (["+15550100001"], ["+15550100002"], ["+15550100003", "+15550100004"]):
        await mock_org.client.post(f"{dnc_uri}/phonenumbers", json=numbers)
        await mock_org.client.post(f"{dnc_uri}/export")
        while (found := await mock_org.client.get(f"{dnc_uri}/export")).status_code == 404:
            mock_org.clock.advance(1)
        file = await mock_org.client.get(found.json()["uri"], follow_redirects=True)
        seen.append(len(file.text.splitlines()) - 1)
    assert seen == ([1, 1, 1] if keeps else [1, 2, 4])


async def test_row_09_the_reason_in_a_status_has_no_prefix(mock_org, leads):
    """`MISSING_CUSTOM_ID`, as a pull request of the provider quotes it; the event log has the whole code."""
    fields = {"fileType": "contactlist", "id": leads["id"], "contact-id-name": "Nothing"}
    file = {"file": ("a.csv", "Lead ID,Phone\n1,2\n")}
    await mock_org.client.post("/uploads/v2/contactlist", data=fields, files=file)
    mock_org.clock.advance(60)
    status = (await mock_org.client.get(f"{leads['selfUri']}/importstatus")).json()
    assert (status["state"], status["failureReason"]) == ("FAILED", "MISSING_CUSTOM_ID")
    event = (await mock_org.client.get("/api/v2/outbound/events")).json()["entities"][0]["eventMessage"]
    assert event["code"] == event["messageParams"]["reason"] == "IMPORT_MISSING_CUSTOM_ID"


async def test_row_11_the_file_of_an_export_says_that_it_is_utf_8(mock_org, leads, dnc_uri):
    """A client that reads it as text finds `inin-outbound-id` behind the byte order mark."""
    for list_uri, first in ((leads["selfUri"], "inin-outbound-id"), (dnc_uri, "entry")):
        file = await mock_org.client.get(await exported(mock_org, list_uri), follow_redirects=True)
        assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert file.text.startswith(f'\ufeff"{first}"')


@pytest.mark.parametrize("path", ["/oauth/token", "/token"])
@pytest.mark.parametrize("where", ["params", "data"])
async def test_row_12_logins_of_shipped_clients(mock_org, path, where):
    """The grant in the query with no body, and another address."""
    grant = {where: {"grant_type": "client_credentials"}}
    reply = await mock_org.client.post(path, auth=("mock-client", "mock-secret"), **grant)
    assert (reply.status_code, reply.json()["token_type"]) == (200, "bearer")


async def test_row_12_a_wrong_secret_in_the_query(mock_org):
    asked = {"grant_type": "client_credentials", "client_id": "mock-client", "client_secret": "wrong"}
    del mock_org.client.headers["Authorization"]
    reply = await mock_org.client.post("/oauth/token", params=asked)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_client")
    right = asked | {"client_secret": "mock-secret"}
    assert (await mock_org.client.post("/oauth/token", params=right)).status_code == 200


async def test_row_12_an_org_that_knows_one_login_only(mock_org):
    mock_org.change(semantics__query_logins=False)
    known = {"auth": ("mock-client", "mock-secret")}
    grant = {"grant_type": "client_credentials"}
    assert (await mock_org.client.post("/oauth/token", params=grant, **known)).json()["error"] == "invalid_request"
    assert (await mock_org.client.post("/token", data=grant, **known)).status_code == 404
    assert (await mock_org.client.post("/oauth/token", data=grant, **known)).status_code == 200


PHONE = "+15550100001"


@pytest.fixture
def contacts(leads):
    """The address of the list's contacts."""
    return f"{LISTS}/{leads['id']}/contacts"


async def test_row_01_columns_that_the_list_does_not_have_are_taken(mock_org, contacts):
    """As the acceptance tests of campaigns in the Terraform provider post them."""
    data = {"Lead ID": "L", "Phone": PHONE}
    reply = await mock_org.client.post(contacts, json=[{"data": data | {"FirstName": "Bo", "LastName": "Ek"}}])
    assert (reply.status_code, reply.json()[0]["data"]) == (200, data)
    one = f"{contacts}/{reply.json()[0]['id']}"
    assert (await mock_org.client.put(one, json={"data": data | {"FirstName": "Bo"}})).status_code == 200


@pytest.mark.parametrize(
    "data", [{"Phone": PHONE}, {"Phone": PHONE, "FirstName": "Bo"}, {"lead id": "L", "Phone": PHONE}]
)
async def test_row_01_a_contact_has_to_have_all_columns(mock_org, contacts, data):
    """The refusal in the words that were quoted on 2026-09-18."""
    words = (400, "The contact columns do not match what is required in the list")
    assert await refusal(mock_org.client.post(contacts, json=[{"data": data}]), "message") == words
    whole = {"data": {"Lead ID": "L", "Phone": PHONE}}
    one = f"{contacts}/{(await mock_org.client.post(contacts, json=[whole])).json()[0]['id']}"
    assert await refusal(mock_org.client.put(one, json={"data": data}), "message") == words


async def test_row_01_an_org_the_other_way_round(mock_org, contacts):
    mock_org.change(semantics__unknown_columns="reject", semantics__missing_columns="allow")
    replies = [
        await mock_org.client.post(contacts, json=[{"data": data}])
        for data in ({"Phone": PHONE}, {"Lead ID": "L", "Phone": PHONE, "FirstName": "Bo"})
    ]
    assert [reply.status_code for reply in replies] == [200, 400]


async def test_row_13_a_status_may_name_other_columns(mock_org, contacts):
    contact = {"data": {"Lead ID": "L", "Phone": PHONE}, "phoneNumberStatus": {"Fax": {"callable": False}}}
    assert (await mock_org.client.post(contacts, json=[contact])).status_code == 200


@pytest.mark.parametrize("more", [{}, {"callable": False}], ids=["plain", "with a status"])
async def test_row_05_an_empty_id_is_none(mock_org, contacts, more):
    """The server makes an id of its own, also beside contacts that have one."""
    sent = [{"id": id_, "data": {"Lead ID": "L", "Phone": PHONE}, **more} for id_ in ("", "mine", "")]
    made = (await mock_org.client.post(contacts, json=sent)).json()
    ids = [each["id"] for each in made]
    assert (ids[1], len({*ids}), "" in ids) == ("mine", 3, False)
    assert len((await mock_org.client.post(contacts, json=[sent[0]])).json()[0]["id"]) == 36
    changed = {**sent[1], "id": "", "data": {"Lead ID": "L", "Phone": "+15550100002"}}
    assert (await mock_org.client.put(f"{contacts}/mine", json=changed)).json()["id"] == "mine"


@pytest.mark.parametrize("more", [{}, {"callable": False}], ids=["plain", "with a status"])
async def test_row_05_an_org_that_refuses_empty_ids(mock_org, contacts, more):
    mock_org.change(semantics__empty_ids="reject")
    sent = [{"id": id_, "data": {"Lead ID": "L", "Phone": PHONE}, **more} for id_ in ("mine", "")]
    assert await refusal(mock_org.client.post(contacts, json=sent), "code") == (400, "invalid.contact.id")


DNC_LISTS = "/api/v2/outbound/dnclists"
ELSEWHERE = {"division": {"id": "22222222-2222-4222-8222-222222222222"}}
DNC = {"name": "No", "dncSourceType": "rds", "contactMethod": "Phone"}


@pytest.mark.parametrize(("path", "body"), [(LISTS, LEADS), (DNC_LISTS, DNC)])
async def test_row_08_a_division_that_does_not_exist_is_refused(mock_org, path, body):
    """When a list is made and when it is changed; an org may take it all the same."""
    refused = mock_org.client.post(path, json=body | ELSEWHERE)
    assert await refusal(refused, "code") == (400, "invalid.value")
    home = (await mock_org.client.get("/api/v2/authorization/divisions/home")).json()["id"]
    made = (await mock_org.client.post(path, json=body | {"division": {"id": home}})).json()
    moved = mock_org.client.put(f"{path}/{made['id']}", json=made | ELSEWHERE)
    assert await refusal(moved, "code") == (400, "invalid.value")
    mock_org.change(semantics__unknown_divisions="accept")
    moved = (await mock_org.client.put(f"{path}/{made['id']}", json=made | ELSEWHERE)).json()
    assert moved["division"] == ELSEWHERE["division"]
    mock_org.change(semantics__unknown_divisions="reject")
    assert (await mock_org.client.put(f"{path}/{made['id']}", json=moved)).status_code == 200  # it was there before


async def test_row_08_files_make_no_lists_in_a_division_that_does_not_exist(mock_org):
    """Neither by the form nor by a signed address; that there is a template is looked at later."""
    asked = {"importTemplateId": "any", "listNamePrefix": "May"}
    asked["divisionIdForTargetContactLists"] = ELSEWHERE["division"]["id"]
    file = {"file": ("a.csv", "Lead ID,Phone\n")}
    by_form = mock_org.client.post("/uploads/v2/contactlist", data={"fileType": "contactlist", **asked}, files=file)
    by_address = mock_org.client.post(f"{LISTS}/uploads", json={"contentType": "text/csv", **asked})
    assert [await refusal(each, "code") for each in (by_form, by_address)] == [(400, "invalid.value")] * 2


async def test_row_13_an_empty_expiration_is_none(mock_org):
    list_id = (await mock_org.client.post(DNC_LISTS, json=DNC)).json()["id"]
    entries = f"{DNC_LISTS}/{list_id}/phonenumbers"
    added = {"action": "Add", "phoneNumbers": [PHONE], "expirationDateTime": ""}
    assert (await mock_org.client.patch(entries, json=added)).status_code == 204
    mock_org.change(semantics__dnc_empty_expiration="reject")
    assert await refusal(mock_org.client.patch(entries, json=added), "code") == (400, "invalid.date.value")


async def test_row_13_pages_of_more_than_100_are_refused(mock_org, contacts):
    """Listings and searches."""
    assert await refusal(mock_org.client.get(LISTS, params={"pageSize": 101}), "code") == (400, "invalid.value")
    assert await refusal(mock_org.client.post(f"{contacts}/search", json={"pageSize": 101}), "code") == (
        400,
        "invalid.value",
    )
    assert (await mock_org.client.get(LISTS, params={"pageSize": 100})).status_code == 200
    mock_org.change(semantics__large_pages="clamp")
    assert (await mock_org.client.get(LISTS, params={"pageSize": 101})).json()["pageSize"] == 100


async def test_row_14_a_list_as_it_was_answered_in_2023(mock_org):
    """Without empty arrays, with the preview column as it was sent, and with a date of change once there was one."""
    sent = LEADS | {"emailColumns": [], "previewModeColumnName": "", "previewModeAcceptedValues": []}
    made = (await mock_org.client.post(LISTS, json=sent)).json()
    assert made["previewModeColumnName"] == ""
    assert [value for value in made.values() if value == []] == []
    assert "dateModified" not in made
    assert (await mock_org.client.get(f"{LISTS}/{made['id']}")).json() == made
    changed = (await mock_org.client.put(f"{LISTS}/{made['id']}", json=made)).json()
    assert changed == made | {"version": 2, "dateModified": changed["dateModified"]}
    mock_org.change(semantics__list_answers="all")
    whole = (await mock_org.client.get(f"{LISTS}/{made['id']}")).json()
    assert whole["emailColumns"] == whole["previewModeAcceptedValues"] == []


async def test_row_14_columns_may_be_called_like_those_of_an_export(mock_org):
    name = "CallRecordLastAttempt-Phone"
    sent = LEADS | {"columnNames": [*LEADS["columnNames"], name]}
    path = f"{LISTS}/{(await mock_org.client.post(LISTS, json=sent)).json()['id']}/contacts"
    data = {"Lead ID": "L", "Phone": PHONE, name: "2023-01-01T00:00Z"}
    assert (await mock_org.client.post(path, json=[{"data": data}])).json()[0]["data"] == data
