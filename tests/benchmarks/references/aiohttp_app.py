"""The least that a stateful server on aiohttp can do: columns checked while the JSON is parsed, ids from one draw, and
the caller's own bytes with an id spliced in. What everything else of the mock costs is the distance to this.
"""

import gc
import os
import socket
import sys
from uuid import uuid4

import msgspec
from aiohttp import web
from work import COLUMNS

LISTS = "/api/v2/outbound/contactlists"

Data = msgspec.defstruct(
    "Data",
    [(f"column_{at}", str) for at in range(len(COLUMNS))],
    rename={f"column_{at}": name for at, name in enumerate(COLUMNS)},
    forbid_unknown_fields=True,
    gc=False,
)
Contact = msgspec.defstruct("Contact", [("data", Data)], gc=False)

check = msgspec.json.Decoder(list[Contact]).decode  # type: ignore[valid-type]
raw_contacts = msgspec.json.Decoder(list[msgspec.Raw]).decode
contacts: dict[str, bytes] = {}


def new_ids(count: int) -> list[str]:
    digits = os.urandom(16 * count).hex()
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
        f"-a{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, 32 * count, 32)
    ]


async def add(request: web.Request) -> web.Response:
    body = await request.read()
    check(body)
    sent, uri = raw_contacts(body), f"{LISTS}/{request.match_info['list_id']}"
    ids = new_ids(len(sent))
    form = b'{"id":"%b","contactListId":"' + request.match_info["list_id"].encode()
    form += b'","callable":true,"selfUri":"' + uri.encode() + b'/contacts/%b",%b'
    names = map(str.encode, ids)
    made = [form % (name, name, memoryview(raw)[1:]) for name, raw in zip(names, sent, strict=True)]
    contacts.update(zip(ids, made, strict=True))
    return web.Response(body=b"[" + b",".join(made) + b"]", content_type="application/json")


async def token(request: web.Request) -> web.Response:
    return web.json_response({"access_token": "any", "token_type": "bearer", "expires_in": 86400})


async def create(request: web.Request) -> web.Response:
    return web.json_response({"id": str(uuid4())})


async def get(request: web.Request) -> web.Response:
    return web.json_response({"id": request.match_info["list_id"], "size": len(contacts)})


async def clear(request: web.Request) -> web.Response:
    contacts.clear()
    return web.Response(status=204)


def main() -> None:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/oauth/token", token)
    app.router.add_post(LISTS, create)
    app.router.add_get(LISTS + "/{list_id}", get)
    app.router.add_post(LISTS + "/{list_id}/clear", clear)
    app.router.add_post(LISTS + "/{list_id}/contacts", add)
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        web.run_app(app, sock=listening, print=None, access_log=None)


if __name__ == "__main__":
    main()
