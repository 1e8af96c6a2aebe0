"""Templates by the official Python SDK: what lists look like, and how a file becomes several of them."""

import PureCloudPlatformClientV2 as Genesys
import pytest
import urllib3

from .answers import refused
from .leads import COLUMNS, lead, model, phone_column

pytestmark = pytest.mark.conformance


def list_template(name="Columns", **fields):
    given = {"name": name, "column_names": COLUMNS, "phone_columns": [phone_column()]} | fields
    return model(Genesys.ContactListTemplate, **given)


@pytest.fixture
def columns(api):
    """A contact list template."""
    return api.post_outbound_contactlisttemplates(list_template())


@pytest.fixture
def import_template(columns):
    """A function that makes the body of an import template, split by these criteria unless there are none."""

    def body(name="Monthly", criteria=None, value=None, **fields):
        given = {"name": name, "contact_list_template": {"id": columns.id}} | fields
        splitting = {"criteria": criteria, "criteriaValue": value}
        split = {"use_splitting_criteria": True, "splitting_information": splitting} if criteria else {}
        return model(Genesys.ImportTemplate, **split | given)

    return body


@pytest.fixture
def upload(mock, client):
    """A function that uploads so many leads through a template."""

    def post(template_id, count, prefix="November", **fields):
        rows = [COLUMNS, *(lead(number).values() for number in range(count))]
        file = "".join(",".join(row) + "\r\n" for row in rows).encode()
        fields |= {"fileType": "contactlist", "importTemplateId": template_id, "listNamePrefix": prefix}
        headers = {"Authorization": f"Bearer {client.access_token}"}
        parts = fields | {"file": ("leads.csv", file, "text/csv")}
        return urllib3.request("POST", f"{mock.url}/uploads/v2/contactlist", fields=parts, headers=headers)

    return post


def test_list_templates(api, columns):
    """Made, read, changed and deleted as a list is, without division, size and contacts."""
    assert api.get_outbound_contactlisttemplate(columns.id).to_dict() == columns.to_dict()
    columns.name = "Other columns"
    changed = api.put_outbound_contactlisttemplate(columns.id, columns)
    assert (changed.name, changed.version) == ("Other columns", 2)
    with refused(409, "invalid.update.wrong.version"):
        api.put_outbound_contactlisttemplate(columns.id, columns)
    api.delete_outbound_contactlisttemplate(columns.id)
    with refused(404, "resource.not.found"):
        api.get_outbound_contactlisttemplate(columns.id)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "name.cannot.be.blank"),
        ({"name": "Columns"}, "duplicate.name"),
        ({"column_names": []}, "no.contact.columns.defined"),
        ({"column_names": [f"C{n}" for n in range(51)]}, "contact.columns.limit.exceeded"),
        ({"column_names": ["A", "A", "Phone"]}, "not.unique.contact.columns"),
        ({"phone_columns": [phone_column("Fax")]}, "contact.columns.do.not.contain.phone.number.column"),
    ],
)
def test_refused_list_templates(api, columns, wrong, code):
    """The rules are those of lists."""
    with refused(400, code):
        api.post_outbound_contactlisttemplates(list_template(**{"name": "More"} | wrong))


def test_many_list_templates(api):
    """Several are made, found by name and by id, and deleted at once."""
    made = api.post_outbound_contactlisttemplates_bulk_add([list_template(name) for name in "ABC"]).entities
    assert [each.name for each in api.get_outbound_contactlisttemplates(name="B").entities] == ["B"]
    body = model(Genesys.ContactListTemplateBulkRetrieveBody, ids=[made[0].id, made[2].id, "none"])
    assert [each.name for each in api.post_outbound_contactlisttemplates_bulk_retrieve(body).entities] == ["A", "C"]
    api.delete_outbound_contactlisttemplates([made[0].id, made[1].id])
    assert [each.name for each in api.get_outbound_contactlisttemplates().entities] == ["C"]


def test_import_templates(api, import_template):
    """What a template was made with is what it is read with; an update makes a version."""
    made = api.post_outbound_importtemplates(import_template(criteria="Quantity", value="750000"))
    assert api.get_outbound_importtemplate(made.id).to_dict() == made.to_dict()
    assert (made.splitting_information.criteria_value, made.use_splitting_criteria) == ("750000", True)
    made.list_name_format = "ListNamePrefixPart"
    assert api.put_outbound_importtemplate(made.id, made).version == 2
    api.delete_outbound_importtemplate(made.id)
    with refused(404, "resource.not.found"):
        api.get_outbound_importtemplate(made.id)


def test_many_import_templates(api, columns, import_template):
    """Several are made at once, found by name or by what they make lists of, and deleted at once."""
    made = api.post_outbound_importtemplates_bulk_add([import_template(name) for name in "ABC"]).entities
    assert [each.name for each in api.get_outbound_importtemplates(name="C").entities] == ["C"]
    found = api.get_outbound_importtemplates(contact_list_template_id=columns.id, page_size=2)
    assert (found.total, len(found.entities)) == (3, 2)
    api.delete_outbound_importtemplates([each.id for each in made])
    assert api.get_outbound_importtemplates().total == 0


@pytest.mark.parametrize(
    ("criteria", "value"),
    [("Quantity", "0"), ("Quantity", "many"), ("Percentage", "101"), ("Column", "Shoe size"), ("Custom", "")],
)
def test_refused_splitting(api, import_template, criteria, value):
    """What cannot be split by is told."""
    with refused(400, "invalid.value"):
        api.post_outbound_importtemplates(import_template(criteria=criteria, value=value))


def test_a_template_in_use(api, columns, import_template):
    """A list template stays while an import template needs it; one that is not there cannot be needed."""
    api.post_outbound_importtemplates(import_template())
    with refused(400, "referential.integrity.error"):
        api.delete_outbound_contactlisttemplate(columns.id)
    with refused(400, "contact.list.template.not.found"):
        api.post_outbound_importtemplates(import_template("More", contact_list_template={"id": "none"}))


@pytest.mark.parametrize(
    ("criteria", "value", "name_format", "sizes"),
    [
        (None, None, "ListNamePrefix", {"November": 100}),
        ("Quantity", "40", "ListNamePrefixPart", {"November Part 1": 40, "November Part 2": 40, "November Part 3": 20}),
        ("Percentage", "50", "ListNamePrefixPart", {"November Part 1": 50, "November Part 2": 50}),
    ],
)
def test_an_import(api, import_template, upload, criteria, value, name_format, sizes):
    """One file becomes lists; the status says which, and each has its share in the file's order."""
    template = api.post_outbound_importtemplates(
        import_template(criteria=criteria, value=value, list_name_format=name_format)
    )
    assert upload(template.id, 100, **{"contact-id-name": "Lead ID"}).status == 200
    status = api.get_outbound_importtemplate_importstatus(template.id, list_name_prefix="November")
    assert (status.state, status.percent_complete, status.list_name_prefix) == (None, 100, "November")
    made = api.get_outbound_contactlists(id=status.target_contact_list_ids, include_size=True).entities
    assert {each.name: each.size for each in made} == sizes
    assert len(status.target_contact_list_ids) == len(sizes)


def test_a_list_a_value(api, import_template, upload):
    """By column: a list for each value, named after it."""
    body = import_template(criteria="Column", value="First Name", list_name_format="Custom")
    body.custom_list_name_format_value = "%N %C"
    template = api.post_outbound_importtemplates(body)
    assert upload(template.id, 10).status == 200
    found = api.get_outbound_contactlists(name="November", include_size=True).entities
    assert {each.name: each.size for each in found} == {"November Zoë": 5, "November Ali": 5}


def test_a_name_that_is_taken(api, import_template, upload):
    """The second file with the same prefix makes no list, and says why; the first one's status is gone."""
    template = api.post_outbound_importtemplates(import_template())
    for _ in range(2):
        assert upload(template.id, 10).status == 200
    status = api.get_outbound_importtemplate_importstatus(template.id)
    assert (status.state, status.failure_reason) == ("FAILED", "TARGET_CONTACT_LIST_NAME_EXISTS")
    assert len(api.get_outbound_contactlists().entities) == 1


def test_a_signed_address(api, import_template):
    """The other way in: an address asked for with the SDK."""
    template = api.post_outbound_importtemplates(
        import_template(criteria="Quantity", value="3", list_name_format="ListNamePrefixPart")
    )
    wanted = model(
        Genesys.ContactListUploadUrlRequest,
        import_template_id=template.id,
        list_name_prefix="December",
        content_type="text/csv",
    )
    address = api.post_outbound_contactlists_uploads(wanted)
    file = "".join(",".join(row) + "\r\n" for row in [COLUMNS, *(lead(n).values() for n in range(4))]).encode()
    assert urllib3.request("PUT", address.url, headers=address.headers, body=file).status == 200
    found = api.get_outbound_contactlists(name="December", include_size=True).entities
    assert {each.name: each.size for each in found} == {"December Part 1": 3, "December Part 2": 1}


def test_the_status_with_the_template(api, import_template, upload):
    """It is shown on demand, as that of a list."""
    template = api.post_outbound_importtemplates(import_template())
    upload(template.id, 10)
    assert api.get_outbound_importtemplate(template.id, include_import_status=True).import_status.total_records == 10
    assert api.get_outbound_importtemplate(template.id).import_status is None
