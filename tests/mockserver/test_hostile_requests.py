"""What holds for every operation, whoever asks and however it is spelt."""

import re

import pytest

from mockserver.operations import OPERATIONS

from .test_serving import said, served

pytestmark = pytest.mark.anyio

SOME_ID = "11111111-1111-4111-8111-111111111111"
LISTS = "/api/v2/outbound/contactlists"
LIST = {
    "name": "Leads",
    "columnNames": ["Lead"],
    "phoneColumns": [],
    "emailColumns": [{"columnName": "Lead", "type": "x"}],
}
PUBLIC = {operation.op for operation in OPERATIONS if not operation.auth}


def spellings(token):
    """Ways to bring a token that is not in force, or not where it belongs."""
    yield from ({"Authorization": value} for value in ("", "Bearer", f"Bearer {token[:-1]}", f"Bearer  {token}", token))
    yield {"Authorization": f"Basic {token}"}
    yield {"Authorization": f"Bearer {token.upper()}"}


@pytest.mark.hardening("mock-10")
async def test_every_operation_without_a_valid_token(mock_org):
    """401, and the header that says what is missing; only a few addresses, signed ones and logins, need none."""
    token = mock_org.client.headers["Authorization"].removeprefix("Bearer ")
    guarded = [operation for operation in OPERATIONS if operation.auth]
    wrong = list(spellings(token))
    for number, operation in enumerate(guarded):
        path, headers = re.sub(r"\{[^}]+\}", SOME_ID, operation.path), wrong[number % len(wrong)]
        reply = await mock_org.client.request(operation.method, f"{path}?access_token={token}", headers=headers)
        assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer"), (operation.op, headers)
    assert len(guarded) > 90
    assert len(PUBLIC) < 10


@pytest.mark.hardening("mock-16")
async def test_fields_that_the_server_owns(mock_org):
    """What a body says of them is not kept, neither in a creation nor in a change."""
    own = {"id": "mine", "dateCreated": "2001-01-01T00:00:00.000Z", "size": 7, "selfUri": "/mine", "importStatus": {}}
    created = (await mock_org.client.post(LISTS, json=LIST | own | {"version": 9})).json()
    changed = (await mock_org.client.put(created["selfUri"], json=created | own | {"id": created["id"]})).json()
    for shown in (created, changed):
        assert {name for name, value in own.items() if shown.get(name) == value} == set()
    assert (created["version"], changed["version"]) == (1, 2)


@pytest.mark.hardening("mock-20")
@pytest.mark.parametrize("name", ["a\x00b", "a\r\nb", "a\x1b[31mb", "\x7f"])
async def test_names_with_control_characters(mock_org, name):
    """They are refused in the platform's words, which repeat none of them."""
    reply = await mock_org.client.post(LISTS, json=LIST | {"name": name})
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid.value")
    assert not set(reply.json()["message"]) & set(map(chr, [*range(32), 127]))


@pytest.mark.hardening("mock-28")
@pytest.mark.parametrize(
    "contact_list_id",
    [
        *("..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e/", "%252e%252e"),
        *("%00", "%c0%ae%c0%ae", "%ff", "a%0d%0aX:%201", "x" * 7_000, "';--"),
    ],
)
async def test_ids_in_addresses(contact_list_id):
    """An id is what stands between two slashes, decoded once; one that names nothing is not found."""
    async with served() as (ready, client):
        token = client.headers["Authorization"]
        head = f"GET {LISTS}/{contact_list_id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
        reply = await said(ready.url, f"{head}Connection: close\r\n\r\n".encode())
    assert int(reply.split()[1]) in (400, 404)
    assert b"\r\nX: 1" not in reply
    assert b"root:" not in reply


@pytest.mark.hardening("mock-1")
async def test_other_addresses_of_this_machine():
    """Both ports are open at 127.0.0.1 and nowhere else."""
    async with served() as (ready, _):
        for url in (ready.url, ready.control_url):
            with pytest.raises(OSError, match="Connect call failed"):
                await said(url.replace("127.0.0.1", "127.0.0.2"), b"GET / HTTP/1.1\r\n\r\n")
