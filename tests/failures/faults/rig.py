"""One upload on virtual time, the org it goes to, and CHECK: what must be true of the two when the upload has ended.

CHECK is `tests/oracle.py` (C1 to C6), asked of the org's own store; besides, the exit code fits (C7),
nothing secret is in the files (C8), and the same command again writes nothing and leaves the mapping as it is (C10).
"""

import asyncio
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from harness.api import create_list
from harness.client.oauth import MOCK_CREDENTIALS
from harness.client.request_context import DAY_S
from harness.client.target import Target
from harness.errors import RunError
from harness.leads.preflight import Preflight, check
from harness.leads.source import open_leads
from harness.leads.synthetic import COLUMNS, SyntheticLeads, write_csv
from harness.runs.asyncio_runner import complete
from harness.runs.run import RunPlan
from harness.runs.run_document import complaint, strategy_entry
from harness.simulator import EPOCH
from harness.strategies import strategy
from harness.strategies.job import Settings, Strategy
from mockserver.control import inspection
from mockserver.faults import Faults, parse_rules
from mockserver.loaded_profile import with_changes
from mockserver.services import Services
from mockserver.state import Org

from ... import oracle

T = TypeVar("T")

LEADS, BATCH = 600, 100
BATCHES = LEADS // BATCH
WRITES = (
    "lists.create",
    "lists.delete",
    "lists.clear",
    "contacts.add",
    "contacts.update",
    "contacts.delete",
    "contacts.delete_many",
    "import.upload",
)


@dataclass(frozen=True)
class End:
    """How an upload ended, as a script would see it."""

    code: int  # of the process
    word: str = ""  # of the message
    message: str = ""
    entry: dict[str, Any] = field(default_factory=dict)  # of the document; empty if the run gave up


@dataclass
class Rig:
    """Everything of a case. `run` is the loop's: virtual time goes on from one call to the next."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    services: Services
    target: Target
    folder: Path
    leads: Path
    checked: dict[tuple[Path, int], Preflight] = field(default_factory=dict)  # inputs, by folder and time of change
    strangers: Iterator[int] = field(default_factory=itertools.count)  # no two contacts of somebody else have one id

    @property
    def org(self) -> Org:
        return self.services.org

    # --- what is done to the org --------------------------------------------------------------------------------------

    def faults(self, *rules: dict[str, Any]) -> None:
        self.org.faults = Faults(parse_rules(list(rules)))

    def settings(self, **values: Any) -> None:
        """Change settings of the profile, dots in their names written as two underscores."""
        self.org.profile = with_changes(self.org.profile, {k.replace("__", "."): v for k, v in values.items()})

    def grant(self, grants: list[str] | None) -> None:
        """What the client may do from now on; None: everything."""
        client = self.org.clients[MOCK_CREDENTIALS.client_id]
        self.org.clients[client.id] = client.with_grants(grants)

    def sleep(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    # --- uploads ------------------------------------------------------------------------------------------------------

    def upload(self, name: str | Strategy, **options: Any) -> End:
        """The upload to its end; the folder's former one goes on."""
        return self.run(self.uploading(name, **options))

    def upload_meanwhile(self, name: str | Strategy, after_s: float, do: Callable[[], Any], **options: Any) -> End:
        """The upload, and what happens once it has gone on for so long."""

        async def both() -> End:
            upload = asyncio.create_task(self.uploading(name, **options))
            await asyncio.sleep(after_s)
            if (doing := do()) is not None:
                await doing
            return await upload

        return self.run(both())

    def stopped(self, name: str, **options: Any) -> None:
        """An upload that was refused when a part of its leads was in the org."""
        refused = {"status": 403, "body": {"code": "missing.permissions", "message": "no", "status": 403}}
        ops = ("contacts.add", "import.status")
        self.faults(*({"op": op, "nth": 3, "times": 100, "action": refused} for op in ops))
        self.settings(jobs__import_start_delay_s=10.0)
        assert self.upload(name, concurrency=1, **options).word == "FORBIDDEN"
        self.faults()

    def forget_the_journal(self, folder: str = "run") -> None:
        for path in (self.folder / folder).glob("journal.*"):
            path.unlink()

    def forget_the_run(self, folder: str = "run") -> None:
        shutil.rmtree(self.folder / folder)
        self.checked.clear()

    async def uploading(self, name: str | Strategy, folder: str = "run", **options: Any) -> End:
        try:
            plan = self.plan(name, folder, **options)
            outcome = await complete(plan, self.target, MOCK_CREDENTIALS, self.folder / folder)
        except RunError as error:
            return End(error.exit_code, error.code, str(error))
        entry = strategy_entry(outcome, ".")
        problem = complaint({"strategies": [entry]})
        if problem is None:
            return End(0, entry=entry)
        return End(problem.exit_code, problem.code, str(problem), entry)

    def plan(self, name: str | Strategy, folder: str = "run", **options: Any) -> RunPlan:
        """Settings by their names; the rest is the plan's."""
        to = self.folder / folder / "leads.parquet"
        to.parent.mkdir(exist_ok=True)
        known = (to, self.leads.stat().st_mtime_ns)
        if known not in self.checked:
            self.checked[known] = check(open_leads(self.leads, lead_id="Lead ID", phone="Phone"), to)
        tuned = {key: options.pop(key) for key in list(options) if key in Settings.__dataclass_fields__}
        about = {
            "strategy": strategy(name) if isinstance(name, str) else name,
            "preflight": self.checked[known],
            "leads": to,
            "contacts_per_list": self.org.profile.limits.contacts_per_list,
            "run_id": f"case {folder}",
            "checks_preconditions": True,
            "concurrency": 4,
            "deadline_s": DAY_S,
            "settings": Settings(**{"batch_size": BATCH, **tuned}),
        }
        return RunPlan(**{**about, **options})

    def invent(self, count: int, seed: int = 1) -> Path:
        """Another input in place of the first."""
        write_csv(SyntheticLeads(count, seed), self.leads)
        return self.leads

    # --- what is seen from outside ------------------------------------------------------------------------------------

    def count(self, op: str, status: int | None = None) -> int:
        """Requests of `op` so far, of those with `status` if one is given."""
        counts = self.org.request_log.counts().get(op, {})
        return sum(counts.values()) if status is None else counts.get(status, 0)

    def writes(self) -> int:
        """Requests so far that may have changed a list or its contacts."""
        return sum(self.count(op) for op in WRITES)

    def elapsed(self) -> float:
        """Seconds since the org was made."""
        return self.org.clock.now() - EPOCH

    def requests(self) -> int:
        return sum(sum(by_status.values()) for by_status in self.org.request_log.counts().values())

    def lists(self) -> list[str]:
        return [item.id for item in self.org.store.contact_lists()]

    def size(self) -> int:
        """Contacts in the whole org."""
        return int(inspection.state(self.services)["contacts"])

    def complaints(self, folder: str = "run", *, verified: bool = False) -> list[str]:
        """C1 to C6: what is amiss with the finished upload. Naive strategies are never `verified`."""
        contacts = oracle.stored_contacts(self.services)
        return oracle.complaints(contacts, self.folder / folder, self.leads, verified=verified)

    def mapping(self, folder: str = "run") -> bytes:
        return (self.folder / folder / "mapping.csv").read_bytes()

    # --- the verdict --------------------------------------------------------------------------------------------------

    def check(self, end: End, name: str, folder: str = "run", **options: Any) -> None:
        """ALL: exit 0, every fault struck as planned, CHECK finds nothing, the same command again changes nothing."""
        assert (end.code, self.org.faults.shortfalls(), self.complaints(folder, verified=True)) == (0, [], []), (
            end.message
        )
        assert self.leaks(folder) == []
        self.faults()
        writes, mapping = self.writes(), self.mapping(folder)
        again = self.upload(name, folder=folder, **options)
        assert (again.code, self.writes() - writes, self.mapping(folder) == mapping) == (0, 0, True), again.message

    def leaks(self, folder: str = "run") -> list[str]:
        """C8: files of the run, but those meant to, that hold the secret, a token, a mail address or a phone number."""
        words = {MOCK_CREDENTIALS.client_secret, "Bearer "}
        for row in oracle.table(self.leads)[:20]:
            words |= {row[column] for column in ("Email", "Phone") if row.get(column)}
        files = [
            path
            for path in (self.folder / folder).rglob("*")
            if path.is_file() and not path.name.startswith("rejects.")
        ]
        return [f"{path.name}: {word}" for path in files for word in words if word.encode() in path.read_bytes()]

    def lead_ids(self) -> list[str]:
        return [row["Lead ID"] for row in oracle.table(self.leads)]

    def rejects(self, folder: str = "run") -> list[dict[str, str]]:
        return oracle.table(self.folder / folder / "rejects.csv")

    def findings(self, folder: str = "run") -> Counter[str]:
        """How many contacts are named for what."""
        return Counter(row["finding"] for row in oracle.table(self.folder / folder / "findings.csv"))

    # --- what others do to the org ------------------------------------------------------------------------------------

    def add_foreign(self, count: int) -> None:
        """Somebody gives the first leads a second contact each, in the first list."""
        list_id = self.lists()[0]
        page = self.org.store.page(list_id, 0, count)
        self.org.store.add_contacts(list_id, [f"foreign-{next(self.strangers)}" for _ in page.rows], page.rows)

    def remove_orphans(self, folder: str = "run") -> None:
        """A person removes the contacts that the mapping does not know."""
        known = {row["contact_id"] for row in oracle.table(self.folder / folder / "mapping.csv")}
        for list_id in self.lists():
            surplus = [contact_id for contact_id in self.org.store.iter_ids(list_id) if contact_id not in known]
            self.org.store.delete_contacts(list_id, surplus)

    def lose(self, count: int) -> None:
        """Somebody deletes the first contacts of the first list."""
        list_id = self.lists()[0]
        self.org.store.delete_contacts(list_id, self.org.store.page(list_id, 0, count).ids)

    def foreign_list(self, name: str, count: int) -> None:
        """Somebody has a list of this name, with contacts in it."""
        columns = COLUMNS.names
        body = create_list(name, COLUMNS).body
        reply = self.run(self.asked("POST", "/api/v2/outbound/contactlists", body)).json()
        rows = [json.dumps(dict.fromkeys(columns, f"foreign {n}")).encode() for n in range(count)]
        self.org.store.add_contacts(reply["id"], [f"foreign-{n}" for n in range(count)], rows)

    async def asked(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        """What the org answers somebody else, redirects followed."""
        through = httpx.AsyncHTTPTransport(uds=str(self.target.socket))
        async with httpx.AsyncClient(base_url=self.target.api, transport=through, follow_redirects=True) as client:
            login = (MOCK_CREDENTIALS.client_id, MOCK_CREDENTIALS.client_secret)
            reply = await client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=login)
            headers = {"Authorization": f"Bearer {reply.json()['access_token']}", "Content-Type": "application/json"}
            return await client.request(method, path, content=body, headers=headers)

    async def export(self) -> None:
        """Somebody asks for an export of the first list."""
        await self.asked("POST", f"/api/v2/outbound/contactlists/{self.lists()[0]}/export", b"{}")

    def export_of(self, name: str) -> bytes:
        """The file of an export of an upload's first list."""
        assert self.upload(name).code == 0
        self.run(self.export())
        self.sleep(60)
        uri = self.run(self.asked("GET", f"/api/v2/outbound/contactlists/{self.lists()[0]}/export")).json()["uri"]
        return self.run(self.asked("GET", uri)).content

    def clear(self) -> None:
        """Somebody clears every list of the org."""
        for list_id in self.lists():
            self.org.store.clear(list_id)

    def delete(self) -> None:
        """Somebody deletes every list of the org."""
        for list_id in self.lists():
            self.org.store.delete_list(list_id)
