"""Queues, scripts and the user, planted by the control API and read by the API."""

import pytest

from mockserver.control.app import create_control_app

from ...conftest import listening

pytestmark = pytest.mark.anyio

TOKEN = "secret"
TWO = [{"name": "Sales", "id": "queue-1"}, {"name": "Support"}]


@pytest.fixture
async def control(mock_org):
    """The control API of the org."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with listening(create_control_app(mock_org.services, TOKEN), headers=headers) as client:
        yield client


@pytest.mark.parametrize(("name", "path"), [
    ("queues", "/api/v2/routing/queues"),
    ("scripts", "/api/v2/scripts"),
    ("scripts", "/api/v2/scripts/published"),
])  # fmt: skip
async def test_what_was_planted(mock_org, control, name, path):
    """It is listed by name and id, page by page, and read one by one; without an id it gets one."""
    planted = (await control.put("/fixtures", json={name: TWO})).raise_for_status().json()[name]
    assert [each["name"] for each in planted] == ["Sales", "Support"]
    for query, names in (("", ["Sales", "Support"]), ("name=sUP", ["Support"]), ("id=queue-1,x", ["Sales"])):
        page = (await mock_org.client.get(f"{path}?{query}")).json()
        assert [each["name"] for each in page["entities"]] == names
    assert (await mock_org.client.get(f"{path}?pageSize=1")).json()["pageCount"] == 2
    for each in planted:
        got = (await mock_org.client.get(f"{path}/{each['id']}")).json()
        assert (got["name"], got["selfUri"]) == (each["name"], f"{path}/{each['id']}")
    assert (await mock_org.client.get(f"{path}/nobody")).json()["code"] == "not.found"


async def test_an_org_without_any(mock_org, control):
    """Nothing is there from the start, and a client without a user is told so."""
    assert (await control.get("/fixtures")).json() == {"queues": [], "scripts": [], "users": []}
    refused = await mock_org.client.get("/api/v2/users/me")
    assert (refused.status_code, "requires a user context" in refused.json()["message"]) == (400, True)


async def test_the_user(mock_org, control):
    """The first that was planted."""
    await control.put("/fixtures", json={"users": [{"name": "Ada"}, {"name": "Bob"}]})
    user = (await mock_org.client.get("/api/v2/users/me")).json()
    assert (user["name"], user["state"], user["version"]) == ("Ada", "active", 1)


async def test_planting_again(control, mock_org):
    """What is named is replaced, the rest stays; a reset takes all."""
    await control.put("/fixtures", json={"queues": TWO, "users": [{"name": "Ada"}]})
    after = (await control.put("/fixtures", json={"queues": [{"name": "Other"}]})).json()
    assert ([each["name"] for each in after["queues"]], len(after["users"])) == (["Other"], 1)
    mock_org.services.reset()
    assert (await control.get("/fixtures")).json()["queues"] == []


@pytest.mark.parametrize("body", [[], {"queue": []}, {"queues": [{}]}, {"queues": [{"name": "x", "size": 1}]}])
async def test_what_cannot_be_planted(control, body):
    refused = await control.put("/fixtures", json=body)
    assert (refused.status_code, "lists of objects with a name" in refused.json()["message"]) == (400, True)


async def test_a_rule_set_of_a_queue(mock_org, control):
    """A queue that was planted can be referred to, another cannot."""
    await control.put("/fixtures", json={"queues": TWO})
    path = "/api/v2/outbound/rulesets"
    made = await mock_org.client.post(path, json={"name": "Mine", "queue": {"id": "queue-1"}})
    assert made.json()["queue"] == {"id": "queue-1", "name": "Sales"}
    refused = await mock_org.client.post(path, json={"name": "Other", "queue": {"id": "queue-2"}})
    assert refused.json()["code"] == "invalid.create"
