"""What retention columns of a file say about its contacts."""

import json

import pytest

from mockserver.imports.retention_columns import Retained, RetentionReader, complaint
from mockserver.imports.upload_request import RetentionColumns
from mockserver.model import ContactList

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z
HEADER = ["id", "kind", "days", "until"]


def reader(**columns):
    return RetentionReader(HEADER, RetentionColumns(**columns), NOW, "Europe/Paris")


ALL = reader(type="kind", days="days", expiration="until")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("Never", "", ""), None),
        (("Today", "", ""), None),
        (("RetentionDays", "30", ""), None),
        (("DateExpiration", "", "2026-02-01T00:00:00Z"), None),
        (("", "30", ""), "MISSING_TYPE"),
        (("Sometimes", "", ""), "TYPE"),
        (("RetentionDays", "", ""), "DAYS_MUST_BE_SET"),
        (("Never", "30", ""), "DAYS_MUST_NOT_BE_SET"),
        (("RetentionDays", "0", ""), "DAYS_MUST_BE_POSITIVE"),
        (("RetentionDays", "-1", ""), "DAYS_MUST_BE_POSITIVE"),
        (("RetentionDays", "36501", ""), "DAYS_EXCEEDS_LIMIT"),
        (("RetentionDays", "1" * 30, ""), "DAYS_EXCEEDS_LIMIT"),
        (("DateExpiration", "", ""), "EXPIRATION_DATE_MUST_BE_SET"),
        (("Today", "", "2026-02-01T00:00:00Z"), "EXPIRATION_DATE_MUST_NOT_BE_SET"),
        (("DateExpiration", "", "soon"), "EXPIRATION_DATE_INVALID_FORMAT"),
        (("DateExpiration", "", "2025-02-01T00:00:00Z"), "EXPIRATION_IN_PAST"),
    ],
)
def test_complaints(cells, code):
    assert complaint(Retained(*cells), NOW) == code


@pytest.mark.parametrize(
    ("record", "expires"),
    [
        (["1", "RetentionDays", "30", ""], "2026-01-31T00:00:00.000Z"),
        (["1", "Today", "", ""], "2026-01-01T23:00:00.000Z"),  # midnight in Paris
        (["1", "DateExpiration", "", "2026-02-01T01:00:00+01:00"], "2026-02-01T00:00:00.000Z"),
        (["1", "Never", "", ""], None),
    ],
)
def test_attributes(record, expires):
    """A contact carries the date on which it expires."""
    assert ALL.complaint(record) is None
    assert json.loads(ALL.attributes(record)).get("dateExpiration") == expires


def test_records_that_say_nothing():
    """Empty cells are no retention; without a column for it the type follows from what there is."""
    assert (ALL.complaint(["1", "", " ", ""]), ALL.attributes(["1", "", "", ""])) == (None, None)
    days = reader(days="days")
    assert json.loads(days.attributes(["1", "x", "2", "x"]))["retentionType"] == "RetentionDays"


@pytest.mark.anyio
async def test_an_import_with_retention(mock_org):
    """Contacts go when their time has come; records with a complaint are skipped, an unknown column fails the file."""
    mock_org.org.store.create_list(
        ContactList(id="a", name="Leads", date_created="", date_modified="", column_names=("id",))
    )
    fields = {"id": "a", "fileType": "contactlist", "contact-id-name": "id", "retentionDaysColumn": "days"}
    text = "id,days\n1,1\n2,\n3,-1\n4,9\n"
    await mock_org.client.post("/uploads/v2/contactlist", data=fields, files={"file": ("a.csv", text)})
    await mock_org.client.get("/api/v2/outbound/contactlists/a/importstatus")
    assert list(mock_org.org.store.snapshot("a").ids) == ["1", "2", "4"]
    await mock_org.client.post("/uploads/v2/contactlist", data=fields, files={"file": ("a.csv", "id\n1\n")})
    mock_org.services.advance_to_now()
    assert mock_org.services.imports.status_of("a").failure_reason == "COLUMNS_DO_NOT_EXIST_ON_LIST"
    mock_org.clock.advance(86_401)
    mock_org.services.advance_to_now()
    assert list(mock_org.org.store.snapshot("a").ids) == ["2", "4"]
