"""Campaigns and what they are made of, stored and checked. Nothing dials.

What differs between the kinds of document is in their rows of `operations.documents`; campaigns can do a little more.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

import msgspec
from aiohttp import web
from multidict import MultiDict

from mockserver.errors import BadRequest
from mockserver.handling import PendingOperation, Response, json_response
from mockserver.http import wire
from mockserver.http.named_resources import NamedResources
from mockserver.http.query import Query, listing, page_in, several
from mockserver.http.validation import division_problems, name_problems, raise_first
from mockserver.ids import new_id
from mockserver.model import Reference
from mockserver.operations.bodies import DomainEntityRef
from mockserver.operations.documents import (
    CAMPAIGN_VIEWS,
    Campaign,
    CampaignProgress,
    CampaignStats,
    Document,
    DocumentKind,
    EntityReference,
)
from mockserver.state import Org
from mockserver.state.references import as_list, check_unused, ids_in, name_of, reference_problems

D = TypeVar("D", bound=Document)


class Documents(NamedResources[D, D]):
    id_name = "document_id"

    def __init__(self, org: Org, row: DocumentKind) -> None:
        kind = cast("type[D]", row.type)
        super().__init__(org, kind, kind)
        self._row = row
        self.kind, self.path, self.entity = row.name, row.paths[0], row.type.__name__

    def _parse(self, sent: Any) -> D:
        """Assumption: null is as good as nothing."""
        return super()._parse(_without_nulls(sent))

    def _build(self, spec: D, old: D | None, others: Sequence[D]) -> D:
        now = wire.timestamp(self._org.clock.now())
        document_id = old.id if old else new_id(self._org.rng_for(self.kind))
        new = msgspec.structs.replace(
            spec,
            id=document_id,
            date_created=old.date_created if old else now,
            date_modified=now,
            version=old.version + 1 if old else 1,
            self_uri=f"{self.path}/{document_id}",
        )
        raise_first(name_problems(new, self._org.profile.limits, others))
        raise_first(self._problems(new, old, "invalid.update" if old else "invalid.create"))
        return new

    def _problems(self, new: D, old: D | None, code: str) -> Iterator[BadRequest]:
        """What is wrong with it. Assumption: the words."""
        del old
        told = msgspec.to_builtins(new)
        for name in self._row.required:
            if told.get(name, []) == []:
                yield BadRequest(f"{name} must be provided", code)
        for name, kind in self._row.references.items():
            yield from reference_problems(self._org.store, name, kind, ids_in(told.get(name)), code)

    def _to_json(self, each: D, query: Query) -> dict[str, Any]:
        """The document, its references with the names that they lead to."""
        del query
        told: dict[str, Any] = msgspec.to_builtins(each)
        for name, kind in self._row.references.items():
            for reference in as_list(told.get(name)):
                if found := name_of(self._org.store, kind, reference["id"]):
                    reference["name"] = found
        return told

    def _matches(self, each: D, query: Query) -> bool:
        told = msgspec.to_builtins(each)
        return all(
            not (wanted := several(query, parameter)) or not {*wanted}.isdisjoint(ids_in(told.get(field)))
            for parameter, field in self._row.filters.items()
        )

    def _check_unused(self, each: D) -> None:
        check_unused(self._org.store, self.kind, each.id)

    def _delete(self, entities: Sequence[D]) -> Response:
        """Answer 200. Source: status tables of 2025-11-26."""
        super()._delete(entities)
        return Response()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


# Campaigns: turned on and off, with progress and statistics that say that nobody was called.
#
# Sources: a campaign is made while it is off (Terraform provider, pull request 476), and turned off before it goes
# (its resource of campaigns); words for a change of status (its issue 1753); statuses (tables of 2025-11-26).


class Campaigns(Documents[Campaign]):
    async def progress(self, request: web.Request) -> PendingOperation:
        """How many contacts there are, and that none was called."""
        return self._of_campaign(request, lambda campaign: json_response(self._progress(campaign)))

    async def reset_progress(self, request: web.Request) -> PendingOperation:
        """Answer 202; there is nothing to reset."""
        return self._of_campaign(request, lambda _: Response(status=202))

    async def stats(self, request: web.Request) -> PendingOperation:
        return self._of_campaign(request, lambda _: json_response(CampaignStats()))

    def _of_campaign(self, request: web.Request, answer: Callable[[Campaign], Response]) -> PendingOperation:
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
