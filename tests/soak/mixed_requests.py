"""What other clients of an org ask while leads are loaded, some two requests a second; whatever is made is deleted."""

import itertools
import random
import time
from collections.abc import Iterator
from threading import Event

import httpx

OUTBOUND = "/api/v2/outbound"
LISTS = f"{OUTBOUND}/contactlists"
NAME = "mixed"
COLUMNS = {"columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
ROWS = 50

Request = tuple[str, str, dict[str, object]]  # method, path, options


class MixedRequests:
    """One client after another: each logs in, works with a list of its own, and deletes what it has made.

    Answers may be errors, cut, or missing: whatever is not there is asked for in vain.
    """

    def __init__(self, url: str, credentials: tuple[str, str], pause_s: float) -> None:
        self._url, self._credentials, self._pause_s = url, credentials, pause_s
        self._rng = random.Random(1)
        self.sent = 0
        self.stop = Event()

    def run(self) -> None:
        for number in itertools.count():
            with httpx.Client(base_url=self._url, timeout=20, verify=False, trust_env=False) as client:
                answers: dict[str, object] = {}
                for method, path, options in self._requests(number, answers):
                    if self.stop.wait(self._pause_s * self._rng.uniform(0.5, 1.5)):
                        return
                    answers.clear()
                    answers.update(self._answer(client, method, path, options))

    def _answer(self, client: httpx.Client, method: str, path: str, options: dict[str, object]) -> dict[str, object]:
        self.sent += 1
        try:
            reply = client.request(method, path, **options)  # type: ignore[arg-type]
            if reply.status_code == 429:
                time.sleep(1.0)
            answer = reply.json()
        except (httpx.HTTPError, ValueError):
            return {}
        if isinstance(answer, dict) and "access_token" in answer:
            client.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return answer if isinstance(answer, dict) else {}

    def _requests(self, number: int, answers: dict[str, object]) -> Iterator[Request]:
        """Of one client; `answers` is the last answer."""
        yield "POST", "/oauth/token", {"data": {"grant_type": "client_credentials"}, "auth": self._credentials}
        for collection in (LISTS, f"{OUTBOUND}/dnclists", f"{OUTBOUND}/attemptlimits"):
            yield "GET", collection, {"params": {"name": f"{NAME}*", "pageSize": 100}}
            for item in answers.get("entities", ()):  # type: ignore[attr-defined]
                yield "DELETE", f"{collection}/{item['id']}", {}
        yield "POST", LISTS, {"json": COLUMNS | {"name": f"{NAME} {number}"}}
        list_id = answers.get("id", "none")
        of_list = f"{LISTS}/{list_id}"
        contacts = [
            {"id": f"c-{at}", "contactListId": list_id, "data": {"Lead ID": f"L-{at}", "Phone": f"+1555010{at:04}"}}
            for at in range(ROWS)
        ]
        yield "POST", f"{of_list}/contacts", {"json": contacts}
        yield "GET", f"{of_list}/contacts/c-1", {}
        yield "PUT", f"{of_list}/contacts/c-1", {"json": contacts[1]}
        yield "POST", f"{of_list}/contacts/search", {"json": {"pageSize": 25}}
        yield "POST", f"{of_list}/contacts/bulk/update", {"json": {"contactIds": ["c-2"], "contact": contacts[2]}}
        lines = "Lead ID,Phone\n" + "".join(f"M-{at},+1555010{at:04}\n" for at in range(ROWS)) + "too,many,cells\n"
        form = {"data": {"fileType": "contactlist", "id": list_id}, "files": {"file": ("leads.csv", lines)}}
        yield "POST", "/uploads/v2/contactlist", form
        for _ in range(4):
            yield "GET", f"{of_list}/importstatus", {}
        yield "POST", f"{of_list}/export", {}
        export_id = answers.get("id", "none")
        for _ in range(4):
            yield "GET", f"{of_list}/export", {}
        yield "GET", f"/api/v2/downloads/{export_id}", {"follow_redirects": True}
        yield "DELETE", f"{of_list}/contacts", {"params": {"contactIds": "c-1,c-2"}}
        yield "POST", f"{OUTBOUND}/dnclists", {"json": {"name": f"{NAME} {number}", "dncSourceType": "rds"}}
        dnc_list = f"{OUTBOUND}/dnclists/{answers.get('id', 'none')}"
        yield "POST", f"{dnc_list}/phonenumbers", {"json": [f"+1555010{at:04}" for at in range(ROWS)]}
        yield "POST", f"{dnc_list}/export", {}
        yield "DELETE", dnc_list, {}
        yield "POST", f"{OUTBOUND}/attemptlimits", {"json": {"name": f"{NAME} {number}"}}
        yield "DELETE", f"{OUTBOUND}/attemptlimits/{answers.get('id', 'none')}", {}
        yield "POST", "/api/v2/notifications/channels", {}
        channel = f"/api/v2/notifications/channels/{answers.get('id', 'none')}/subscriptions"
        topic = f"v2.outbound.contactlists.{list_id}.importstatus"
        yield "POST", channel, {"json": [{"id": topic}]}
        yield "GET", channel, {}
        yield "GET", f"{OUTBOUND}/events", {}
        yield "GET", "/api/v2/organizations/me", {}
        yield "GET", "/api/v2/users/me/nothing", {}
        yield "GET", "/openapi.json", {}
        yield "DELETE", of_list, {}
