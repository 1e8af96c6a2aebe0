"""Every refusal of contact lists that the platform documents, as the SDK sees it."""

import pytest

from .answers import refused
from .leads import COLUMNS, contact_list, phone_column

pytestmark = pytest.mark.conformance

ZIP_CODE = {"automatic_time_zone_mapping": True, "zip_code_column_name": "Zip"}
TIMES = [phone_column(callable_time_column_name="Zip")]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "name.cannot.be.blank"),
        ({"name": None}, "name.cannot.be.blank"),
        ({"name": "x" * 65}, "name.length.exceeded"),
        ({"name": "Leads"}, "duplicate.name"),
        ({"column_names": []}, "no.contact.columns.defined"),
        ({"column_names": None}, "no.contact.columns.defined"),
        ({"column_names": [*(f"Column {n}" for n in range(50)), "Phone"]}, "contact.columns.limit.exceeded"),
        ({"column_names": [*COLUMNS, "Zip"]}, "not.unique.contact.columns"),
        ({"column_names": [*COLUMNS, "x" * 129]}, "contact.column.length.limit.exceeded"),
        ({"column_names": [*COLUMNS, "back\\slash"]}, "bad.request"),
        ({"phone_columns": []}, "contact.list.both.phone.email.column.empty"),
        ({"phone_columns": None}, "contact.list.both.phone.email.column.empty"),
        ({"phone_columns": [phone_column("Fax")]}, "contact.columns.do.not.contain.phone.number.column"),
        ({"phone_columns": [phone_column(), phone_column()]}, "not.unique.phone.columns"),
        ({"phone_columns": [phone_column(type="")]}, "invalid.contact.phone.column"),
        ({"phone_columns": [phone_column(callable_time_column_name="Hours")]}, "invalid.contact.phone.column"),
        (
            {"column_names": [*COLUMNS, "ContactCallable"], "phone_columns": [phone_column("ContactCallable")]},
            "system.column.phone.column",
        ),
        (
            ZIP_CODE | {"phone_columns": TIMES},
            "cannot.have.callable.time.column.with.automatic.time.zone.mapping",
        ),
        ({"zip_code_column_name": "Zip"}, "cannot.have.zip.code.column.without.automatic.time.zone.mapping"),
        (ZIP_CODE | {"zip_code_column_name": "Postcode"}, "invalid.zip.code.column"),
        (ZIP_CODE | {"zip_code_column_name": "Phone"}, "invalid.zip.code.column"),
        ({"retention_type": "DateExpiration"}, "invalid.value"),
        ({"retention_type": "RetentionDays"}, "invalid.value"),
        ({"retention_type": "RetentionDays", "retention_days": 0}, "invalid.value"),
        ({"email_columns": [{"columnName": "Mail", "type": "WORK"}]}, "invalid.value"),
        ({"preview_mode_column_name": "Mood"}, "invalid.value"),
        ({"date_expiration": "tomorrow"}, "invalid.date"),
        ({"phone_columns": "Phone"}, "bad.request"),
        ({"column_names": [1, 2]}, "bad.request"),
    ],
)
def test_create(api, leads, wrong, code):
    """Each mistake has a code of its own, and leaves nothing behind."""
    with refused(400, code):
        api.post_outbound_contactlists(contact_list(**{"name": "More leads"} | wrong))
    assert api.get_outbound_contactlists().total == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"column_names": [*COLUMNS, "Street"]}, "cannot.update.contact.column.names"),
        ({"column_names": COLUMNS[::-1]}, "cannot.update.contact.column.names"),
        ({"phone_columns": [phone_column(type="home")]}, "cannot.update.phone.columns"),
        ({"automatic_time_zone_mapping": True}, "cannot.edit.automatic.time.zone.mapping.settings"),
        (ZIP_CODE, "cannot.edit.automatic.time.zone.mapping.settings"),
        ({"whats_app_columns": [{"columnName": "Phone", "type": "WORK"}]}, "invalid.update"),
        ({"name": "Others"}, "duplicate.name"),
        ({"name": " "}, "name.cannot.be.blank"),
    ],
)
def test_update(api, leads, changes, code):
    """What was decided when the list was made stays, and a refused update makes no new version."""
    api.post_outbound_contactlists(contact_list("Others"))
    for name, value in changes.items():
        setattr(leads, name, value)
    with refused(400, code):
        api.put_outbound_contactlist(leads.id, leads)
    assert api.get_outbound_contactlist(leads.id).version == 1


@pytest.mark.parametrize("version", [None, 0, 2])
def test_update_of_another_version(api, leads, version):
    """An update says which version it is of."""
    leads.version = version
    with refused(409, "invalid.update.wrong.version"):
        api.put_outbound_contactlist(leads.id, leads)


def test_too_many_lists(settings, api, leads):
    """An org has a limited number of lists."""
    settings(limits__lists_per_org=1)
    with refused(400, "max.entity.count.reached"):
        api.post_outbound_contactlists(contact_list("More leads"))


NO_ORG = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        (lambda api: api.get_outbound_contactlist(NO_ORG), 404, "contact.list.not.found"),
        (lambda api: api.put_outbound_contactlist(NO_ORG, contact_list("L")), 404, "resource.not.found"),
        (lambda api: api.delete_outbound_contactlist(NO_ORG), 404, "resource.not.found"),
        (lambda api: api.delete_outbound_contactlists([NO_ORG]), 409, "bulk.delete.conflict"),
        (lambda api: api.delete_outbound_contactlists([f"id-{n}" for n in range(101)]), 400, "too.many.deletes"),
        (lambda api: api.get_outbound_contactlists(id=[f"{n}" for n in range(101)]), 400, "too.many.bulk.retrieves"),
        (lambda api: api.get_outbound_contactlists(page_number=0), 400, "invalid.value"),
        (lambda api: api.get_outbound_contactlists(page_size="many"), 400, "invalid.value"),
        (lambda api: api.get_outbound_contactlists(page_size=101), 400, "invalid.value"),
        (lambda api: api.get_outbound_contactlists(filter_type="Sounds", name="L"), 400, "invalid.value"),
        (lambda api: api.post_outbound_contactlist_clear(NO_ORG), 404, "contact.list.not.found"),
        (lambda api: api.get_outbound_contactlist_importstatus(NO_ORG), 404, "contact.list.not.found"),
        (lambda api: api.post_outbound_contactlist_export(NO_ORG), 404, "contact.list.not.found"),
        (lambda api: api.get_outbound_contactlist_export(NO_ORG), 404, "contact.list.not.found"),
        (lambda api: api.get_outbound_contactlist("no such?id"), 404, "contact.list.not.found"),
    ],
)
def test_lists_that_do_not_exist_and_queries_that_cannot_be(api, operation, status, code):
    """Asking for what is not there."""
    with refused(status, code):
        operation(api)
