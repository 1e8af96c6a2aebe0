"""The campaigns that use a contact list: there are none, since the mock dials nobody. A fault rule may tell of some."""

from aiohttp import web

from mockserver.handling import Answer, Handler, Prepared
from mockserver.http.paging import listing, page_in
from mockserver.org import Org

_PATHS = {
    "campaigns.list": ("/api/v2/outbound/campaigns", "outbound:campaign:view"),
    "messaging_campaigns.list": ("/api/v2/outbound/messagingcampaigns", "outbound:messagingCampaign:view"),
}


def campaign_rows(org: Org) -> list[tuple[str, str, str, Handler, str]]:
    """Rows of the route table. Permissions: official CLI 166.0.0."""
    return [(op, "GET", path, _none(org, path), permission) for op, (path, permission) in _PATHS.items()]


def _none(org: Org, path: str) -> Handler:
    async def handler(request: web.Request) -> Prepared:
        """An empty page, whatever is asked for."""
        query = request.query
        page = page_in(query, org.profile.limits.page_size)
        return Prepared(lambda: Answer(body=listing(path, page, 0, [], parameters=[*query.items()])))

    return handler
