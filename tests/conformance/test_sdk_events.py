"""The event log by the official Python SDK: what imports skipped, and why they failed."""

import pytest
import urllib3

from .answers import refused
from .leads import COLUMNS

pytestmark = pytest.mark.conformance

SHORT, LONG = "IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS", "IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT"


@pytest.fixture
def imported(mock, client, leads):
    """A function that imports these rows into the list of leads."""

    def run(*rows, header=COLUMNS):
        file = "".join(",".join(row) + "\r\n" for row in (header, *rows)).encode()
        fields = {"id": leads.id, "fileType": "contactlist", "file": ("leads.csv", file)}
        headers = {"Authorization": f"Bearer {client.access_token}"}
        assert (
            urllib3.request("POST", f"{mock.url}/uploads/v2/contactlist", fields=fields, headers=headers).status == 200
        )

    return run


@pytest.fixture
def some(api, imported):
    """The log after an import that skipped rows for two reasons, and one that failed."""
    good = ["L-1", "Bo", "7", "12345", "+1 555 0100"]
    imported(good, ["L-2"], ["L-3"], ["L-4", "x" * 513, "", "", ""])
    imported(good, header=[*COLUMNS, "Age"])
    return api.get_outbound_events().entities


def test_nothing_happened(api):
    """An empty log is an empty page."""
    assert (api.get_outbound_events().entities, api.get_outbound_events().total) == ([], 0)


def test_entries(some, leads):
    """One for each kind of skipped row and one for the failure; each names the list."""
    told = {(each.level, each.event_message.code) for each in some}
    assert told == {("WARNING", SHORT), ("WARNING", LONG), ("ERROR", "IMPORT_FAILED_TO_READ_HEADERS")}
    assert {(each.category, each.error_entity.id) for each in some} == {("IMPORT_ERROR", leads.id)}


def test_texts(some):
    """A message is its template with its parameters in it."""
    for each in some:
        told = each.event_message
        assert told.message_with_params.format(**told.message_params) == told.message
    skipped = {
        each.event_message.code: each.event_message.message_params["count"] for each in some if each.level == "WARNING"
    }
    assert skipped == {SHORT: "2", LONG: "1"}


def test_one(api, some):
    """Each can be read alone; one nobody wrote cannot."""
    assert api.get_outbound_event(some[0].id).to_dict() == some[0].to_dict()
    with refused(404, "resource.not.found"):
        api.get_outbound_event("none")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"level": "ERROR"}, 1),
        ({"level": "WARNING"}, 2),
        ({"category": "IMPORT_ERROR"}, 3),
        ({"category": "CAMPAIGN"}, 0),
        ({"category": "IMPORT", "filter_type": "Prefix"}, 3),
        ({"page_size": 2, "page_number": 2}, 1),
        ({"sort_by": "level", "sort_order": "ascending"}, 3),
    ],
)
def test_filters(api, some, query, found):
    """Every parameter that the SDK has."""
    assert len(api.get_outbound_events(**query).entities) == found


@pytest.mark.parametrize(
    "query", [{"level": "LOUD"}, {"category": "WEATHER"}, {"filter_type": "Like"}, {"sort_by": "mood"}]
)
def test_refused_filters(api, query):
    """Values that there are not."""
    with refused(400, "invalid.value"):
        api.get_outbound_events(**query)
