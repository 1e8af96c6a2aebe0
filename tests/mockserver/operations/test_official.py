"""Operations that the platform has and the mock has not: told apart from what nobody has."""

import re

import pytest

from mockserver.operations import OPERATIONS, official_operation, official_operations

OUTBOUND = "/api/v2/outbound"


@pytest.mark.parametrize(("method", "path", "name"), [
    ("GET", "/settings", "get_outbound_settings"),
    ("GET", "/campaigns/all", "get_outbound_campaigns_all"),
    ("GET", "/campaigns/some-id", "get_outbound_campaign"),
    ("PUT", "/campaigns/all", None),
    ("DELETE", "/filespecificationtemplates/bulk", "delete_outbound_filespecificationtemplates_bulk"),
    ("GET", "/settings/", None),
    ("POST", "/settings", None),
    ("GET", "/dncgroups", None),
])  # fmt: skip
def test_what_the_platform_has(method, path, name):
    """A fixed word goes before an id; another method or a word too many is nothing."""
    found = official_operation(method, OUTBOUND + path)
    assert (found and found.name) == name


def test_every_address_is_taken_once():
    """By path and method, without the names of the ids."""
    assert len({(each.method, each.path) for each in official_operations()}) == 177


@pytest.mark.anyio
async def test_what_is_not_imitated(mock_org):
    """501 with a code of the mock's own, the operation's name and what there is instead; the ledger has the name."""
    refused = await mock_org.client.patch(f"{OUTBOUND}/campaigns/x", json={})
    told = refused.json()
    assert (refused.status_code, told["code"], told["status"]) == (501, "mock.not.imitated", 501)
    assert told["message"].startswith("patch_outbound_campaign is not imitated. The mock has instead: campaigns that")
    assert mock_org.org.request_log.counts()["patch_outbound_campaign"] == {501: 1}


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/dncgroups", 404),
    ("GET", "/contactlists/x/contacts", 405),
    ("PUT", "/settings", 404),
    ("GET", "/campaigns/all", 501),
    ("POST", "/campaigns/progress", 501),
])  # fmt: skip
async def test_what_nobody_has(mock_org, method, path, status):
    """An address that the platform does not have is 404, a method that an address does not take 405."""
    assert (await mock_org.client.request(method, OUTBOUND + path)).status_code == status


@pytest.mark.anyio
async def test_the_token_is_asked_first(mock_org):
    """As for every other operation."""
    mock_org.client.headers.pop("Authorization")
    assert (await mock_org.client.get(f"{OUTBOUND}/settings")).json()["code"] == "authentication.required"
    mock_org.client.headers["Authorization"] = "Bearer x"
    assert (await mock_org.client.get(f"{OUTBOUND}/settings")).json()["code"] == "bad.credentials"


@pytest.mark.anyio
async def test_they_count_against_the_limit(mock_org):
    mock_org.change(rate__requests_per_window=1)
    statuses = [(await mock_org.client.get(f"{OUTBOUND}/settings")).status_code for _ in range(2)]
    assert statuses == [501, 429]


def test_what_is_served_is_official():
    """Every operation of the mock under the API's path is one of the platform's."""
    served = [each for each in OPERATIONS if each.path.startswith(OUTBOUND)]
    assert [each.op for each in served if official_operation(each.method, example(each.path)) is None] == []


def example(path):
    return re.sub(r"{[^}]*}", "some-id", path)
