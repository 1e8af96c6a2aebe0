"""What an org says of itself by the official Python SDK: its limits and its divisions."""

import PureCloudPlatformClientV2 as Genesys
import pytest

from .answers import refused

pytestmark = pytest.mark.conformance


@pytest.fixture
def organization(client):
    return Genesys.OrganizationApi(client)


@pytest.fixture
def authorization(client):
    return Genesys.AuthorizationApi(client)


def told(listing):
    return {each.key: each.value for each in listing.entities}


def test_namespaces(organization):
    """Limits come in namespaces."""
    names = organization.get_organizations_limits_namespaces()["entities"]
    assert {"outbound", "platform.api", "notifications"} <= {*names}


def test_limits_in_force(settings, organization):
    """A raised limit is told, next to what it was."""
    settings(limits__contacts_per_list=2_000_000, rate__requests_per_window=600, rate__window_s=60.0)
    raised = told(organization.get_organizations_limits_namespace("outbound"))
    default = told(organization.get_organizations_limits_namespace_defaults("outbound"))
    assert {key: (default[key], raised[key]) for key in raised if raised[key] != default[key]} == {
        "contact.list.contacts.max": (1_000_000, 2_000_000)
    }
    assert told(organization.get_organizations_limits_namespace("platform.api"))["token.rate.per.minute"] == 600


def test_the_limit_of_a_client(organization):
    """The one that decides how long an upload takes."""
    default = told(organization.get_organizations_limits_namespace_defaults("platform.api"))
    assert default["client.credentials.token.rate.per.minute"] == 300


def test_no_such_namespace(organization):
    with refused(404, "not.found"):
        organization.get_organizations_limits_namespace("weather")


def test_documentation(organization):
    """Every limit of every namespace, in words."""
    docs = organization.get_organizations_limits_docs()
    assert docs.url.startswith("https://")
    assert all(limit.description for namespace in docs.namespaces for limit in namespace.limits)


def test_divisions(authorization, leads):
    """There is one, called Home, and lists are in it."""
    page = authorization.get_authorization_divisions(object_count=True)
    assert [(each.name, each.home_division) for each in page.entities] == [("Home", True)]
    home = authorization.get_authorization_division(leads.division.id)
    assert home.id == page.entities[0].id


@pytest.mark.parametrize(("query", "found"), [({"name": "hom"}, 1), ({"name": "Abroad"}, 0), ({"id": ["none"]}, 0)])
def test_divisions_by_name_and_id(authorization, query, found):
    """A listing like others."""
    assert authorization.get_authorization_divisions(**query).total == found


def test_no_such_division(authorization):
    with refused(404, "not.found"):
        authorization.get_authorization_division("none")
