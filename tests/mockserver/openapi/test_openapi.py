"""The OpenAPI document, and strict mode, which holds requests and answers against it."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import httpx
import pytest

from mockserver.app import create_app, endpoints, serve
from mockserver.control.inspection import exposition
from mockserver.errors import BadRequest
from mockserver.handling import PendingOperation, Response
from mockserver.in_process import MockGenesys
from mockserver.openapi import document
from mockserver.openapi.strict import strict_endpoint
from mockserver.operations import OPERATIONS

from ...conftest import listening

LISTS = "/api/v2/outbound/contactlists"
NEW = {
    "name": "Leads",
    "columnNames": ["Lead ID", "Phone"],
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
}
COMMON = {"400", "415", "421", "500", "504"}  # what every operation may be refused with


@pytest.fixture(scope="module")
def told():
    """The document, and its operations by name."""
    made = document(OPERATIONS, "1.0")
    return made, {each["operationId"]: each for path in made["paths"].values() for each in path.values()}


def test_every_operation_is_described(told):
    """All that are served, each with a summary."""
    _, by_name = told
    assert set(by_name) == {each.op for each in OPERATIONS}
    assert [name for name, each in by_name.items() if not each["summary"]] == []


def test_refusals_are_described(told):
    """Statuses agree with the codes, and with what the row asks for."""
    _, by_name = told
    for operation in OPERATIONS:
        each = by_name[operation.op]
        refused = {status for status in each["responses"] if status >= "4"}
        assert refused == set(each["x-error-codes"]) >= COMMON | ({"401", "429"} if operation.auth else set())
        assert ("403" in refused) >= bool(operation.permission)
        assert ("413" in refused) == ("requestBody" in each)


def test_the_document_is_whole(told):
    """Every reference leads somewhere, every path names its parameters, every link an operation and its parameters."""
    made, by_name = told
    names = {ref.rpartition("/")[2] for ref in re.findall(r'"\$ref": "([^"]+)"', json.dumps(made))}
    assert names <= set(made["components"]["schemas"])
    for path, methods in made["paths"].items():
        assert re.fullmatch(r"(/([\w.]+|{\w+}))+", path)
        for each in methods.values():
            named = {one["name"] for one in each["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
    for each in by_name.values():
        for link in each["responses"].get("200", {}).get("links", {}).values():
            needed = {one["name"] for one in by_name[link["operationId"]]["parameters"] if one["in"] == "path"}
            assert set(link["parameters"]) <= needed


@pytest.mark.anyio
async def test_the_document_is_served_to_anybody(mock_org):
    """Without a token, and the same bytes each time."""
    async with httpx.AsyncClient(base_url=mock_org.client.base_url) as nobody:
        answers = [await nobody.get("/openapi.json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["openapi"] == "3.1.0"
    assert answers[0].content == answers[1].content


def test_a_start_does_not_wait_for_the_document():
    """Neither it nor strict mode is loaded before it is asked for."""
    program = "import sys, mockserver.app; print(*[name for name in sys.modules if 'mockserver.openapi' in name])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


@pytest.fixture
def strict():
    """An org in strict mode with a list in it, and a client of it."""
    with MockGenesys(strict=True) as org:
        headers = {"Authorization": f"Bearer {org.control.token()}"}
        with httpx.Client(base_url=org.url, headers=headers, trust_env=False, timeout=20) as client:
            client.list_id = client.post(LISTS, json=NEW).raise_for_status().json()["id"]
            yield client


@pytest.mark.parametrize(("method", "path", "body", "said"), [
    ("GET", "?color=red", None, "Value [color] is not a valid property for object [query]"),
    ("GET", "/{}?includesize=true", None, "Value [includesize] is not a valid property for object [query]"),
    ("POST", "", NEW | {"name": "B", "colour": "red"}, "unknown field `colour`"),
    ("POST", "", NEW | {"name": "B", "phoneColumns": [{"columnName": "Phone", "typ": "cell"}]}, "`$.phoneColumns[0]`"),
    ("POST", "/{}/contacts", [{"data": {"Lead ID": "1", "Phone": ""}, "Id": "a"}], "unknown field `Id` - at `$[0]`"),
    ("POST", "/{}/contacts/search", {"criterias": {}}, "unknown field `criterias`"),
])  # fmt: skip
def test_strict_requests(strict, method, path, body, said):
    """What the document does not have is refused with 400, and nothing has happened; else it is ignored."""
    refused = strict.request(method, LISTS + path.format(strict.list_id), json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid.property")
    assert said in refused.json()["message"]
    assert strict.get(LISTS, params={"includeSize": "true"}).json()["total"] == 1


@pytest.mark.anyio
async def test_without_strict_mode_unknown_things_are_ignored(mock_org):
    """As the platform is assumed to do."""
    created = await mock_org.client.post(LISTS, params={"color": "red"}, json=NEW | {"colour": "red"})
    assert created.status_code == 200
    assert "additionalProperties" not in document(OPERATIONS, "")["components"]["schemas"]["SentContact"]


def test_strict_values(strict):
    """A value of another type is refused with the platform's code for such."""
    refused = strict.post(f"{LISTS}/{strict.list_id}/contacts/search", json={"criteria": {"filterType": "XOR"}})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid.value")
    asked = strict.get(LISTS, params={"sortOrder": "up"}).json()
    assert (asked["status"], asked["code"]) == (400, "invalid.value")


def test_strict_mode_reads_enumerations_in_any_case(strict):
    """As the platform does."""
    typed = NEW | {"name": "B", "columnDataTypeSpecifications": [{"columnName": "Phone", "columnDataType": "text"}]}
    assert strict.post(LISTS, json=typed).status_code == 200


def test_strict_mode_says_so_in_its_document(strict):
    """Requests are closed there."""
    schemas = strict.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["SentContact"]["additionalProperties"] is schemas["Clause"]["additionalProperties"] is False


def test_the_platforms_own_refusals_go_first(strict):
    """Strict mode looks at what the handler has taken."""
    assert strict.get(LISTS, params={"pageNumber": "0"}).json()["code"] == "invalid.value"
    assert strict.post(f"{LISTS}/none/contacts", json=[{"data": {}}]).json()["code"] == "contact.list.not.found"


def test_a_story_in_strict_mode(strict):
    """What a client usually does is documented, to the last field of every answer."""
    of_list = f"{LISTS}/{strict.list_id}"
    contacts = [{"id": f"c-{at}", "data": {"Lead ID": f"L-{at}", "Phone": "+15550100000"}} for at in range(3)]
    steps = [
        ("POST", f"{of_list}/contacts", contacts),
        ("PUT", f"{of_list}/contacts/c-1", {**contacts[1], "callable": False, "retentionType": "Today"}),
        ("POST", f"{of_list}/contacts/search", {"pageNumber": 1, "pageSize": 2}),
        ("POST", f"{of_list}/contacts/bulk/update", {"contactIds": ["c-2"], "contact": {"data": {"Phone": ""}}}),
        ("GET", f"{of_list}/contacts/bulk/jobs", None),
        ("POST", f"{of_list}/export", None),
        ("GET", f"{of_list}/export", None),
        ("GET", of_list + "?includeSize=true&includeImportStatus=true", None),
        ("DELETE", f"{of_list}/contacts?contactIds=c-0,c-1", None),
        ("DELETE", of_list, None),
        ("GET", "/api/v2/organizations/limits/docs", None),
    ]
    answers = [strict.request(method, path, json=body) for method, path, body in steps]
    assert [answer.status_code // 100 for answer in answers] == [2] * len(steps)


@pytest.mark.anyio
@pytest.mark.parametrize(("fail", "status"), [(False, 200), (True, 500)])
@pytest.mark.parametrize("answer", [
    Response(body=b'{"status":"ok","mood":"good"}'),
    Response(body=b"{}"),
    Response(body=b"ok"),
    Response(status=202, body=b'{"status":"ok"}'),
])  # fmt: skip
async def test_answers_that_are_not_documented(mock_org, caplog, answer, fail, status):
    """They are logged and counted; in tests they are a 500."""

    async def handler(request):
        del request
        return PendingOperation(lambda: answer)

    got = await health(mock_org, handler, fail=fail)
    assert got == (500 if fail else answer.status if answer.status != 200 else status)
    assert 'schema_violations_total{op="health"} 1' in exposition(mock_org.services)
    assert "health: " in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize("at_once", [True, False])
async def test_refusals_that_are_not_documented(mock_org, caplog, at_once):
    """A code that the document does not have is told as well, be it a handler's or a commit's."""

    def refuse():
        raise BadRequest("No.", "no.such.code")

    async def handler(request):
        del request
        return refuse() if at_once else PendingOperation(refuse)

    assert await health(mock_org, handler, fail=False) == 400
    assert "refused with 400 no.such.code" in caplog.text


async def health(mock_org, handler, *, fail):
    """The status of GET /healthz if `handler` serves it in strict mode."""
    (health,) = [each for each in endpoints(mock_org.services) if each.operation.op == "health"]
    table = [strict_endpoint(replace(health, handler=handler), mock_org.org, fail=fail)]
    async with listening(serve(mock_org.services, table)) as client:
        return (await client.get("/healthz")).status_code


@pytest.mark.anyio
async def test_strict_fixture_of_the_whole_app(mock_org):
    """The app as `--strict` starts it answers as documented, and counts nothing."""
    async with listening(
        create_app(mock_org.services, strictness="log"), headers=dict(mock_org.client.headers)
    ) as client:
        assert (await client.get(LISTS)).json()["total"] == 0
    assert mock_org.org.request_log.violations() == {}
