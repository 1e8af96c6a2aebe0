"""Campaigns: turned on and off, with progress and statistics that say that nobody was called.

Sources: a campaign is made while it is off (Terraform provider, pull request 476), and turned off before it goes
(its resource of campaigns); words for a change of status (its issue 1753); statuses (tables of 2025-11-26).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from aiohttp import web
from multidict import MultiDict

from mockserver.documents.documents import Documents
from mockserver.errors import BadRequest
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http.query import Query, listing, page_in
from mockserver.http.validation import division_problems, raise_first
from mockserver.model import Reference
from mockserver.operations.bodies import DomainEntityRef
from mockserver.operations.documents import (
    CAMPAIGN_VIEWS,
    Campaign,
    CampaignProgress,
    CampaignStats,
    DocumentKind,
    EntityReference,
)
from mockserver.state.org import Org
from mockserver.state.references import ids_in


class Campaigns(Documents[Campaign]):
    async def progress(self, request: web.Request) -> PendingOperation:
        """How many contacts there are, and that none was called."""
        return self._asked(request, lambda campaign: json_response(self._progress(campaign)))

    async def reset_progress(self, request: web.Request) -> PendingOperation:
        """Answer 202; there is nothing to reset."""
        return self._asked(request, lambda _: Response(status=202))

    async def stats(self, request: web.Request) -> PendingOperation:
        return self._asked(request, lambda _: json_response(CampaignStats()))

    def _asked(self, request: web.Request, answer: Callable[[Campaign], Response]) -> PendingOperation:
        campaign_id = request.match_info[self.id_name]
        return PendingOperation(lambda: answer(self.require(campaign_id)))

    def _progress(self, campaign: Campaign) -> CampaignProgress:
        store, list_id = self._org.store, ids_in(msgspec.to_builtins(campaign.contact_list))[0]
        return CampaignProgress(
            campaign=DomainEntityRef(id=campaign.id, name=campaign.name, self_uri=campaign.self_uri),
            contact_list=DomainEntityRef(id=list_id, name=store.contact_list(list_id).name),
            total_number_of_contacts=store.size(list_id),
        )

    def _build(self, spec: Campaign, old: Campaign | None, others: Sequence[Campaign]) -> Campaign:
        """Without a division it is in the home division."""
        division = spec.division or EntityReference(id=self._org.home_division.id)
        raise_first(division_problems(self._org, Reference(id=division.id)))
        return super()._build(msgspec.structs.replace(spec, division=division), old, others)

    def _problems(self, new: Campaign, old: Campaign | None, code: str) -> Iterator[BadRequest]:
        yield from super()._problems(new, old, code)
        before, after = old.campaign_status if old else "off", new.campaign_status
        if after not in ((before, "on", "off") if old else ("off",)):
            yield BadRequest(f"Invalid transition from <{before.upper()}> to <{after.upper()}>", code)
        if new.dialing_mode != "external" and not (new.caller_name and new.caller_address):
            yield BadRequest("callerName and callerAddress must be provided", code)

    def _to_json(self, each: Campaign, query: Query) -> dict[str, Any]:
        told, home = super()._to_json(each, query), self._org.home_division
        return told | {"division": home} if told["division"]["id"] == home.id else told

    def _check_unused(self, each: Campaign) -> None:
        """Assumption: the code."""
        super()._check_unused(each)
        if each.campaign_status == "on":
            raise BadRequest("The campaign has to be turned off before it is deleted.")

    def _delete(self, entities: Sequence[Campaign]) -> Response:
        """Answer 200 with the campaign."""
        told = [self._to_json(each, MultiDict()) for each in entities]
        super()._delete(entities)
        return json_response(told[0])


class CampaignViews(Campaigns):
    """Campaigns in their short form."""

    def __init__(self, org: Org, row: DocumentKind) -> None:
        super().__init__(org, row)
        self.path = CAMPAIGN_VIEWS

    def _to_json(self, each: Campaign, query: Query) -> dict[str, Any]:
        told = super()._to_json(each, query) | {"selfUri": f"{self.path}/{each.id}"}
        return {name: told[name] for name in ("id", "name", "division", "selfUri")}


class MessagingCampaigns:
    """There are none. A fault rule may tell of some."""

    def __init__(self, org: Org) -> None:
        self._org = org

    async def list(self, request: web.Request) -> PendingOperation:
        page, query = page_in(request.query, self._org.profile), [*request.query.items()]
        return PendingOperation(lambda: Response(body=listing(request.path, page, 0, [], parameters=query)))
