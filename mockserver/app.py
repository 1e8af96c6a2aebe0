"""The API as an aiohttp application: its operations behind the pipeline."""

from collections.abc import Sequence

from aiohttp import web

from mockserver.config import Strictness
from mockserver.handling import Endpoint
from mockserver.pipeline.pipeline import BoundOperations, Pipeline
from mockserver.pipeline.tenants import among
from mockserver.routes import endpoints
from mockserver.services import Services


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
    for operation, route in zip(served.operations, served.routes, strict=True):
        for path in (operation.path, *operation.also_at):
            app.router.add_route(operation.method, path, route)
    app.on_shutdown.append(served.stop)
    return app
