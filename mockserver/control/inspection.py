"""What an org holds now, for those who look at it from outside: the control API and tests."""

from typing import Any

import msgspec

from mockserver.contacts.queues import Queue
from mockserver.services import Services


def state(services: Services) -> dict[str, Any]:
    """Lists with their sizes, jobs on their way, tokens in force."""
    services.advance_to_now()
    org = services.org
    store, now = org.store, org.clock.now()
    lists = [
        {
            "id": contact_list.id,
            "name": contact_list.name,
            "size": store.size(contact_list.id),
            "importing": services.imports.running(contact_list.id),
            "queue": msgspec.to_builtins(org.queues.get(contact_list.id, Queue())),
        }
        for contact_list in store.contact_lists()
    ]
    tokens = [
        {"token": token.short, "client_id": token.client_id, "expires_in_s": round(token.expires_at - now, 3)}
        for token in org.tokens
    ]
    jobs = [{"list": item["id"], "job": "import"} for item in lists if item["importing"]]
    return {"now": now, "lists": lists, "contacts": store.total_size(), "jobs": jobs, "tokens": tokens}


def contacts(services: Services, list_id: str, offset: int, limit: int) -> bytes:
    """The JSON array of a page of a list's contacts as they are stored, in order of creation. Raises NotFound."""
    services.advance_to_now()
    page = services.org.store.page(list_id, offset, limit)
    stored = b",".join(
        b'{"id":%b,"data":%b}' % (msgspec.json.encode(contact_id), row)
        for contact_id, row in zip(page.ids, page.rows, strict=True)
    )
    return b"[" + stored + b"]"
