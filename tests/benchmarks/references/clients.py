"""Other ways to send leads in batches and learn their contact ids: no journal, no limits kept, no repeats, no proof.

Each reads the same CSV file and returns Lead ID -> contact id. They show what the harness's promises cost, and what
the official SDK makes of the same work.
"""

import asyncio
import csv
import warnings
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import msgspec

IN_FLIGHT = 8
BATCH = 1_000
LISTS = "/api/v2/outbound/contactlists"
FORM = {"grant_type": "client_credentials", "client_id": "mock-client", "client_secret": "mock-secret"}
JSON = {"Content-Type": "application/json"}

Post = Callable[[str, bytes], Awaitable[bytes]]


def rows_of(path: Path) -> Iterator[list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        while batch := list(islice(rows, BATCH)):
            yield batch


def columns_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def list_of(path: Path) -> dict[str, Any]:
    return {
        "name": "reference",
        "columnNames": columns_of(path),
        "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    }


def with_httpx(url: str, path: Path) -> dict[str, str]:
    async def main() -> dict[str, str]:
        async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
            token = (await client.post("/oauth/token", data=FORM)).raise_for_status().json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"

            async def post(to: str, body: bytes) -> bytes:
                return (await client.post(to, content=body, headers=JSON)).raise_for_status().content

            return await _load(post, path)

    return asyncio.run(main())


def with_aiohttp(url: str, path: Path) -> dict[str, str]:
    async def main() -> dict[str, str]:
        async with aiohttp.ClientSession(url) as client:
            async with client.post("/oauth/token", data=FORM, raise_for_status=True) as answer:
                token = (await answer.json())["access_token"]
            headers = {**JSON, "Authorization": f"Bearer {token}"}

            async def post(to: str, body: bytes) -> bytes:
                async with client.post(to, data=body, headers=headers, raise_for_status=True) as answer:
                    return await answer.read()

            return await _load(post, path)

    return asyncio.run(main())


async def _load(post: Post, path: Path) -> dict[str, str]:
    list_id = msgspec.json.decode(await post(LISTS, msgspec.json.encode(list_of(path))))["id"]
    batches, mapping = rows_of(path), {}

    async def work() -> None:
        for rows in batches:
            body = msgspec.json.encode([{"contactListId": list_id, "data": row} for row in rows])
            for contact in msgspec.json.decode(await post(f"{LISTS}/{list_id}/contacts", body)):
                mapping[contact["data"]["Lead ID"]] = contact["id"]

    async with asyncio.TaskGroup() as tasks:
        for _ in range(IN_FLIGHT):
            tasks.create_task(work())
    return mapping


def with_the_sdk(url: str, path: Path) -> dict[str, str]:
    """The official Python SDK, as its documentation shows it: one request after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # of its own source
        import PureCloudPlatformClientV2 as Genesys

    client = Genesys.api_client.ApiClient(host=url).get_client_credentials_token("mock-client", "mock-secret")
    api, mapping = Genesys.OutboundApi(client), {}
    wanted = Genesys.ContactList()
    wanted.name, wanted.column_names = "reference", columns_of(path)
    phone = Genesys.ContactPhoneNumberColumn()
    phone.column_name, phone.type = "Phone", "cell"
    wanted.phone_columns = [phone]
    list_id = api.post_outbound_contactlists(wanted).id
    for rows in rows_of(path):
        contacts = []
        for row in rows:
            contact = Genesys.WritableDialerContact()
            contact.contact_list_id, contact.data = list_id, row
            contacts.append(contact)
        for made in api.post_outbound_contactlist_contacts(list_id, contacts):
            mapping[made.data["Lead ID"]] = made.id
    return mapping
