"""Contact lists as those see them who may only search for them, and how their contacts spread over time zones."""

from typing import Any

from aiohttp import web

from mockserver.contacts import selection
from mockserver.errors import NotFound
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.list_filters import matching_lists
from mockserver.http.query import Query, flag, listing, page_in
from mockserver.imports.list_imports import Imports
from mockserver.model import ContactList
from mockserver.operations.operation import LISTS
from mockserver.state.org import Org

_VIEWS = LISTS + "/divisionviews"


class ContactListViews:
    def __init__(self, org: Org, imports: Imports) -> None:
        self._org, self._imports = org, imports

    async def views(self, request: web.Request) -> PendingOperation:
        """GET .../divisionviews: one page."""
        query = request.query
        flag(query, "includeSize"), flag(query, "includeImportStatus")
        return PendingOperation(lambda: self._views(query))

    async def view(self, request: web.Request) -> PendingOperation:
        """GET .../divisionviews/{id}."""
        list_id, query = request.match_info["contact_list_id"], request.query
        flag(query, "includeSize"), flag(query, "includeImportStatus")
        return PendingOperation(lambda: json_response(self._to_json(self._existing(list_id), query)))

    async def time_zones(self, request: web.Request) -> PendingOperation:
        """GET .../timezonemappingpreview. Assumption: no number is mapped here, all wait for the default window.

        Source of the fields: SDK 269.0.0 models/time_zone_mapping_preview.py.
        """
        list_id = request.match_info["contact_list_id"]
        return PendingOperation(lambda: json_response(self._preview(self._existing(list_id))))

    def _views(self, query: Query) -> Response:
        limits = self._org.profile.limits
        page = page_in(query, limits.page_size)
        found = matching_lists(self._org.store.contact_lists(), query, limits.lists_per_bulk_get)
        entities = [self._to_json(each, query) for each in page.of(found)]
        return Response(body=listing(_VIEWS, page, len(found), entities, parameters=[*query.items()]))

    def _to_json(self, each: ContactList, query: Query) -> dict[str, Any]:
        """Source of the fields: SDK 269.0.0 models/contact_list_division_view.py."""
        view: dict[str, Any] = {
            "id": each.id,
            "name": each.name,
            "division": each.division,
            "columnNames": each.column_names,
            "phoneColumns": each.phone_columns,
            "emailColumns": each.email_columns,
            "whatsAppColumns": each.whats_app_columns,
        }
        if flag(query, "includeImportStatus"):
            view["importStatus"] = self._imports.status_of(each.id)
        if flag(query, "includeSize"):
            view["size"] = selection.size(self._org, each.id)
        return view | {"selfUri": f"{_VIEWS}/{each.id}"}

    def _preview(self, each: ContactList) -> dict[str, Any]:
        size = self._org.store.size(each.id)
        return {
            "contactList": {"id": each.id, "name": each.name, "selfUri": wire.contact_list_uri(each.id)},
            "contactsPerTimeZone": {},
            "contactsMappedUsingZipCode": {},
            "contactsMappedToASingleZone": 0,
            "contactsMappedToASingleZoneUsingZipCode": 0,
            "contactsMappedToMultipleZones": 0,
            "contactsMappedToMultipleZonesUsingZipCode": 0,
            "contactsInDefaultWindow": size,
            "contactListSize": size,
        }

    def _existing(self, list_id: str) -> ContactList:
        try:
            return self._org.store.contact_list(list_id)
        except NotFound as error:
            raise NotFound("The dialer contact list was not found.", "contact.list.not.found") from error
