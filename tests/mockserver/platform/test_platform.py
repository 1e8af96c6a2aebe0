import pytest

pytestmark = pytest.mark.anyio

LIMITS = "/api/v2/organizations/limits"
SUBJECT = "/api/v2/authorization/subjects/me"
DIVISIONS = "/api/v2/authorization/divisions"


async def get(mock, path):
    return (await mock.client.get(path)).json()


async def test_namespaces(mock_org):
    """Limits come in three namespaces, page by page."""
    page = await get(mock_org, f"{LIMITS}/namespaces?pageSize=2")
    assert (page["entities"], page["total"]) == (["platform.api", "outbound"], 3)


async def test_limits_in_force(mock_org):
    """They follow the settings, the defaults do not; what does not limit is not listed."""
    mock_org.change(limits__contacts_per_list=500, rate__requests_per_window=50, rate__window_s=30.0)
    outbound = await get(mock_org, f"{LIMITS}/namespaces/outbound")
    assert {"key": "contact.list.contacts.max", "namespace": "outbound", "value": 500} in outbound["entities"]
    defaults = await get(mock_org, f"{LIMITS}/namespaces/outbound/defaults")
    assert {each["key"]: each["value"] for each in defaults["entities"]}["contact.list.contacts.max"] == 1_000_000
    api = await get(mock_org, f"{LIMITS}/namespaces/platform.api")
    assert {each["key"]: each["value"] for each in api["entities"]}["client.credentials.token.rate.per.minute"] == 100
    mock_org.change(rate__requests_per_window=0)
    api = await get(mock_org, f"{LIMITS}/namespaces/platform.api")
    assert [each["key"] for each in api["entities"]] == ["request.bytes.max"]


@pytest.mark.parametrize("path", ["namespaces/nonsense", "namespaces/nonsense/defaults"])
async def test_unknown_namespaces(mock_org, path):
    """A namespace that is not there is a 404."""
    assert (await mock_org.client.get(f"{LIMITS}/{path}")).status_code == 404


async def test_documented_limits(mock_org):
    """Every limit has a default and says what it is."""
    docs = await get(mock_org, f"{LIMITS}/docs")
    limits = [limit for namespace in docs["namespaces"] for limit in namespace["limits"]]
    assert (len(limits), all(limit["description"] and limit["defaultValue"] for limit in limits)) == (12, True)


async def test_divisions(mock_org):
    """There is one, found by id and by a part of its name."""
    home = await get(mock_org, f"{DIVISIONS}/home")
    assert (await get(mock_org, DIVISIONS))["entities"] == [home] == [await get(mock_org, f"{DIVISIONS}/{home['id']}")]
    for query, total in ((f"id={home['id']}", 1), ("id=x", 0), ("name=hom", 1), ("name=x", 0)):
        assert (await get(mock_org, f"{DIVISIONS}?{query}"))["total"] == total
    assert (await mock_org.client.get(f"{DIVISIONS}/nonsense")).status_code == 404


@pytest.mark.parametrize(
    ("grants", "held", "lacks"),
    [
        (None, {"*:*:*"}, set()),
        (["outbound:contact:add"], {"outbound:contact:add"}, {"outbound:contact:view", "*:*:*"}),
        (["-outbound:contact:add"], {"outbound:contact:view", "outbound:dnc:edit"}, {"outbound:contact:add", "*:*:*"}),
    ],
    ids=["everything", "one", "all but one"],
)
async def test_what_a_client_may_do(mock_org, grants, held, lacks):
    """Its role's policies permit exactly what operations let it do."""
    clients = mock_org.org.clients
    clients["mock-client"] = clients["mock-client"].with_grants(grants)
    (grant,) = (await get(mock_org, f"{SUBJECT}?includeFullRoles=true"))["grants"]
    policies = grant["role"]["policies"]
    told = {f"{each['domain']}:{each['entityName']}:{action}" for each in policies for action in each["actions"]}
    assert (held <= told, lacks & told) == (True, set())


async def test_a_role_in_short(mock_org):
    """Without being asked for, policies are not told."""
    assert "policies" not in (await get(mock_org, SUBJECT))["grants"][0]["role"]


async def test_counted_objects(mock_org):
    """On demand a division says how many lists are in it."""
    column = {"columnName": "Phone", "type": "cell"}
    body = {"name": "Leads", "columnNames": ["Phone"], "phoneColumns": [column]}
    await mock_org.client.post("/api/v2/outbound/contactlists", json=body)
    assert (await get(mock_org, f"{DIVISIONS}?objectCount=true"))["entities"][0]["objectCounts"] == {"CONTACTLIST": 1}


async def test_more_tokens_than_allowed(mock_org):
    """The oldest becomes worthless."""
    mock_org.change(tokens__per_client=2)
    form, auth = {"grant_type": "client_credentials"}, ("mock-client", "mock-secret")
    for status in (200, 401):
        await mock_org.client.post("/oauth/token", data=form, auth=auth)
        assert (await mock_org.client.get("/api/v2/tokens/me")).status_code == status
    assert len(mock_org.org.tokens) == 2


@pytest.mark.parametrize("window", ["fixed", "sliding"])
async def test_a_limit_of_one_operation(mock_org, window):
    """One operation may have a lower limit than the whole API, for clients or tokens, in either kind of window."""
    mock_org.change(rate__requests_per_window=10, rate__window=window, rate={"per_op": {"organizations.me": 1}})
    paths = ["organizations/me", "organizations/me", "tokens/me"]
    replies = [await mock_org.client.get(f"/api/v2/{path}") for path in paths]
    assert [reply.status_code for reply in replies] == [200, 429, 200]
    mock_org.clock.advance(60)
    assert (await mock_org.client.get("/api/v2/organizations/me")).status_code == 200
