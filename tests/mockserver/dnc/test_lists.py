"""DNC lists over HTTP: what may be created, changed, listed."""

import pytest

pytestmark = pytest.mark.anyio

LISTS = "/api/v2/outbound/dnclists"
PHONES = {"name": "No calls", "dncSourceType": "rds", "contactMethod": "Phone"}
LEADS = {"name": "Leads", "dncSourceType": "rds_custom", "customExclusionColumn": "Lead ID"}
DNC_COM = {"name": "dnc.com", "dncSourceType": "dnc.com", "loginId": "1", "dncCodes": ["B"]}
GRYPHON = {"name": "gryphon", "dncSourceType": "gryphon", "licenseId": "1"}


async def create(mock_org, body):
    return await mock_org.client.post(LISTS, json=body)


async def created(mock_org, body=PHONES, **changes):
    reply = await create(mock_org, body | changes)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize("body", [PHONES, LEADS, DNC_COM, GRYPHON], ids=lambda body: body["dncSourceType"])
async def test_create_and_get(mock_org, body):
    """Every source type can be created with what it needs, and reads back as it was answered: 200, not 201."""
    answered = await created(mock_org, body)
    assert answered.items() >= body.items()
    assert answered["version"] == 1
    assert answered["selfUri"] == f"{LISTS}/{answered['id']}"
    assert (await mock_org.client.get(answered["selfUri"])).json() == answered


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (PHONES | {"name": " "}, "name.cannot.be.blank"),
        (PHONES | {"name": "x" * 65}, "name.length.exceeded"),
        (PHONES | {"name": "Taken"}, "duplicate.name"),
        (PHONES | {"dncSourceType": "phones"}, "invalid.value"),
        ({"name": "x"}, "invalid.value"),  # no source type
        (PHONES | {"contactMethod": "Letter"}, "invalid.value"),
        (PHONES | {"contactMethod": None}, "dnc.source.configuration.invalid"),
        (LEADS | {"customExclusionColumn": ""}, "dnc.source.configuration.invalid"),
        (LEADS | {"customExclusionColumn": "x" * 129}, "dnc.source.configuration.invalid"),
        (DNC_COM | {"loginId": None}, "dnc.source.configuration.invalid"),
        (DNC_COM | {"dncCodes": []}, "dnc.source.configuration.invalid"),
        (GRYPHON | {"licenseId": None}, "dnc.source.configuration.invalid"),
        ({"name": 1}, "bad.request"),
    ],
)
async def test_refused_lists(mock_org, body, code):
    """Each refusal has the code of the platform's own list."""
    await created(mock_org, PHONES, name="Taken")
    reply = await create(mock_org, body)
    assert (reply.status_code, reply.json()["code"]) == (400, code)


async def test_an_org_has_room_for_so_many_lists(mock_org):
    """The one after the last is refused."""
    mock_org.change(limits__dnc_lists_per_org=1)
    await created(mock_org)
    assert (await create(mock_org, LEADS)).json()["code"] == "max.entity.count.reached"


@pytest.mark.parametrize(("body", "status"), [(DNC_COM, 400), (GRYPHON, 400), (PHONES, 200)])
async def test_a_source_that_does_not_let_the_org_in(mock_org, body, status):
    """Only lists that others keep are refused, if the profile says so."""
    mock_org.change(semantics__dnc_external_sources="refuse")
    reply = await create(mock_org, body)
    assert reply.status_code == status
    assert status == 200 or reply.json()["code"] == "dnc.source.authentication.failed"


async def test_update(mock_org):
    """The name may change; the version rises, and the former one is refused with 409."""
    before = await created(mock_org)
    mock_org.clock.advance(60)
    reply = await mock_org.client.put(before["selfUri"], json=before | {"name": "Quiet"})
    assert (reply.status_code, reply.json()["name"], reply.json()["version"]) == (200, "Quiet", 2)
    assert reply.json()["dateModified"] > before["dateModified"] == reply.json()["dateCreated"]
    again = await mock_org.client.put(before["selfUri"], json=before)
    assert (again.status_code, again.json()["code"]) == (409, "invalid.update.wrong.version")


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (PHONES, {"contactMethod": "Email"}),
        (PHONES, {"dncSourceType": "gryphon", "licenseId": "1"}),
        (LEADS, {"customExclusionColumn": "Other"}),
    ],
)
async def test_what_an_update_may_not_change(mock_org, body, change):
    """What the entries are of stays as it was created."""
    before = await created(mock_org, body)
    reply = await mock_org.client.put(before["selfUri"], json=before | change)
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid.update")


async def test_delete(mock_org):
    """200 without a body; afterwards reading and deleting have codes of their own for what is not there."""
    at = (await created(mock_org))["selfUri"]
    reply = await mock_org.client.delete(at)
    assert (reply.status_code, reply.content) == (200, b"")
    assert (await mock_org.client.get(at)).json()["code"] == "dnc.list.not.found"
    for gone in (await mock_org.client.delete(at), await mock_org.client.put(at, json=PHONES)):
        assert (gone.status_code, gone.json()["code"]) == (404, "resource.not.found")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Leads", "No calls", "No mail", "dnc.com"]),
        ({"name": "No"}, ["No calls", "No mail"]),  # a prefix unless told
        ({"name": "mail", "filterType": "Contains"}, ["No mail"]),
        ({"dncSourceType": "rds_custom"}, ["Leads"]),
        ({"pageSize": 2, "pageNumber": 2}, ["No mail", "dnc.com"]),
        ({"sortOrder": "descending", "pageSize": 1}, ["dnc.com"]),
        ({"divisionId": "none"}, []),
    ],
)
@pytest.mark.parametrize("path", [LISTS, f"{LISTS}/divisionviews"])
async def test_listing(mock_org, query, names, path):
    """Filters, pages and order are the same for lists and for their short forms."""
    mail = {"name": "No mail", "dncSourceType": "rds", "contactMethod": "Email"}
    for body in (PHONES, LEADS, mail, DNC_COM):
        await created(mock_org, body)
    reply = (await mock_org.client.get(path, params=query)).json()
    assert [each["name"] for each in reply["entities"]] == names
    assert reply["total"] >= len(names)


async def test_a_listing_refuses_what_it_does_not_know(mock_org):
    """A source type that does not exist is told, with those that do."""
    reply = await mock_org.client.get(LISTS, params={"dncSourceType": "sms"})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid.value")
    assert "rds_custom" in reply.json()["message"]


@pytest.mark.parametrize("form", ["", "/divisionviews"])
async def test_size_and_import_status_on_request(mock_org, form):
    """Both are left out unless asked for."""
    dnc_list = await created(mock_org)
    await mock_org.client.post(dnc_list["selfUri"] + "/phonenumbers", json=["+15550100", "+15550101"])
    at = f"{LISTS}{form}/{dnc_list['id']}"
    plain = (await mock_org.client.get(at)).json()
    full = (await mock_org.client.get(at, params={"includeSize": "true", "includeImportStatus": "true"})).json()
    assert not plain.keys() & {"size", "importStatus"}
    assert (full["size"], full["importStatus"]) == (2, {})


async def test_the_short_form(mock_org):
    """A division view has the fields of the SDK's model, and no version."""
    dnc_list = await created(mock_org)
    view = (await mock_org.client.get(f"{LISTS}/divisionviews/{dnc_list['id']}")).json()
    assert view.keys() == {"id", "name", "division", "dncSourceType", "contactMethod", "selfUri"}


@pytest.mark.parametrize(
    ("method", "path", "missing"),
    [
        ("POST", "", "outbound:dncList:add"),
        ("GET", "", "outbound:dncList:view"),
        ("GET", "/divisionviews", "outbound:dncList:search"),
        ("PUT", "/x", "outbound:dncList:edit"),
        ("DELETE", "/x", "outbound:dncList:delete"),
        ("POST", "/uploads", "outbound:dncList:upload"),
        ("POST", "/x/phonenumbers", "outbound:dnc:add"),
        ("PATCH", "/x/customexclusioncolumns", "outbound:dnc:edit"),
        ("DELETE", "/x/whatsappnumbers", "outbound:dnc:delete"),
        ("POST", "/x/export", "outbound:dnc:view, outbound:dncList:view"),
    ],
)
async def test_permissions(mock_org, method, path, missing):
    """Each operation needs its own, and says which."""
    client = mock_org.org.clients["mock-client"]
    mock_org.org.clients["mock-client"] = type(client)(client.id, client.secret, frozenset({"outbound:contact:add"}))
    reply = await mock_org.client.request(method, LISTS + path, json={})
    assert (reply.status_code, reply.json()["code"]) == (403, "missing.permissions")
    assert missing in reply.json()["message"]


async def test_there_is_no_post_of_custom_entries(mock_org):
    """They come with PATCH; so do WhatsApp numbers."""
    at = (await created(mock_org, LEADS))["selfUri"]
    for path in ("/customexclusioncolumns", "/whatsappnumbers"):
        reply = await mock_org.client.post(at + path, json=["L-1"])
        assert reply.status_code == 405
