"""The API as an aiohttp application: the rows of `mockserver.operations`, bound to the handlers they name, behind the
pipeline.
"""

from collections.abc import Sequence
from dataclasses import fields

from aiohttp import web

from mockserver.config import Strictness
from mockserver.contacts import Contacts
from mockserver.dnc import DncEntries, DncLists
from mockserver.documents import Campaigns, CampaignViews, Documents, MessagingCampaigns
from mockserver.handling import Endpoint, Handler
from mockserver.http.body import HALF_SENT, HalfSentBodies
from mockserver.lists import ContactLists
from mockserver.operations import OPERATIONS
from mockserver.operations.documents import CAMPAIGNS, KINDS
from mockserver.pipeline import BoundOperations, Pipeline
from mockserver.pipeline.tenants import among
from mockserver.platform import LimitsApi, OpenApi, Platform
from mockserver.platform.divisions import Divisions, Subjects
from mockserver.platform.fixtures import QUEUES, SCRIPTS, USERS, Fixtures
from mockserver.platform.oauth import OAuth
from mockserver.services import Services
from mockserver.templates.contact_list_filters import ContactListFilters

# The rows of `mockserver.operations`, each bound to the handler it names.


def endpoints(services: Services, strictness: Strictness = "off") -> list[Endpoint]:
    """Every operation, first match first. Raises LookupError or AttributeError for a handler that does not exist."""
    holders = _holders(services, strict=strictness != "off")
    bound = [Endpoint(each, _handler(holders, each.handler)) for each in OPERATIONS]
    if strictness == "off":
        return bound
    from mockserver.openapi.strict import strict_endpoint  # takes a while to load

    return [strict_endpoint(each, services.org, fail=strictness == "fail") for each in bound]


def _handler(holders: dict[str, object], name: str) -> Handler:
    holder, _, method = name.partition(".")
    handler: Handler = getattr(holders[holder], method)
    return handler


def _holders(services: Services, *, strict: bool) -> dict[str, object]:
    """What the rows name handlers of: the services, and what serves requests and has no state of its own."""
    org, imports, dnc, dnc_imports = services.org, services.imports, services.dnc, services.dnc_imports
    contacts = Contacts(org)
    served = {field.name: getattr(services, field.name) for field in fields(services)}
    return (
        served
        | {row.name: Documents(org, row) for row in KINDS}
        | {
            "campaign_views": CampaignViews(org, CAMPAIGNS),
            "campaigns": Campaigns(org, CAMPAIGNS),
            "contacts": contacts,
            "divisions": Divisions(org),
            "dnc_custom": DncEntries(org, dnc, "custom"),
            "dnc_emails": DncEntries(org, dnc, "email"),
            "dnc_lists": DncLists(org, dnc, dnc_imports),
            "dnc_phones": DncEntries(org, dnc, "phone"),
            "dnc_whatsapp": DncEntries(org, dnc, "whatsapp"),
            "filters": ContactListFilters(org, contacts, services.list_templates, services.import_templates),
            "limits": LimitsApi(org),
            "lists": ContactLists(org, imports, services.forget_jobs),
            "messaging_campaigns": MessagingCampaigns(org),
            "oauth": OAuth(org),
            "openapi": OpenApi(strict=strict),
            "platform": Platform(org),
            "queues": Fixtures(org, QUEUES),
            "scripts": Fixtures(org, SCRIPTS),
            "subjects": Subjects(org),
            "users": Fixtures(org, USERS),
        }
    )


def create_app(
    services: Services,
    hosts: frozenset[str] = frozenset(),
    others: Sequence[Services] = (),
    *,
    strictness: Strictness = "off",
) -> web.Application:
    """The API as an aiohttp application. `hosts` are names it answers to besides this machine's own.

    `others` are orgs behind the same address: whose a request is, its token or its signed address says.
    """
    served = [Pipeline(each, hosts).bind(endpoints(each, strictness)) for each in (services, *others)]
    return _application(among(served) if others else served[0])


def serve(services: Services, served: list[Endpoint], hosts: frozenset[str] = frozenset()) -> web.Application:
    """Any endpoints, behind the pipeline."""
    return _application(Pipeline(services, hosts).bind(served))


def _application(served: BoundOperations) -> web.Application:
    # Bodies are counted where they are read, with limits of their own: aiohttp would refuse them in its own words.
    app = web.Application(middlewares=[served.outermost], client_max_size=1 << 62)
    app[HALF_SENT] = HalfSentBodies()
    for operation, route in zip(served.operations, served.routes, strict=True):
        for path in (operation.path, *operation.also_at):
            app.router.add_route(operation.method, path, route)
    app.on_shutdown.append(served.stop)
    return app
