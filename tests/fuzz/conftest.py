"""A mock in a process of its own with something of everything in it, for requests that are made up."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from .mutation import SECONDS

if not find_spec("schemathesis"):
    collect_ignore = ["test_schemathesis.py"]  # nothing makes up requests then

_LISTS = "/api/v2/outbound/contactlists"
_COLUMNS = {"columnNames": ["Lead ID", "Phone"], "phoneColumns": [{"columnName": "Phone", "type": "cell"}]}
_CLAUSE = {"predicates": [{"column": "Lead ID", "operator": "BEGINS_WITH", "value": "L"}]}
_CSV = "Lead ID,Phone\n" + "".join(f"L-{at},+1555010{at:04}\n" for at in range(50)) + "too,many,cells\n"


@dataclass
class Fuzzed:
    """Where the mock is, tokens for it, and ids that exist, by path parameter."""

    url: str
    control: httpx.Client
    tokens: list[str]
    ids: dict[str, list[str]] = field(default_factory=dict)

    def counts(self) -> dict[str, dict[str, int]]:
        return self.control.get("/ledger/counts").json()

    def violations(self) -> list[str]:
        """What the metrics say of answers that are not as documented."""
        return [line for line in self.control.get("/metrics").text.splitlines() if "schema_violations_total{" in line]


@pytest.fixture(params=["as-it-is", "strict"])
def fuzzed(request, tmp_path) -> Iterator[Fuzzed]:
    """A mock, plain or strict, with ten lists of everything."""
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--pace", "none", "--ready-file", str(ready_file)]
    command += ["--strict"] if request.param == "strict" else []
    with (tmp_path / "mock.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=dict(os.environ))
        assert process.stdout.readline(), "the mock did not start"
        ready = json.loads(ready_file.read_text())
        login = {"url": f"{ready['url']}/oauth/token", "data": {"grant_type": "client_credentials"}}
        credentials = (ready["client_id"], ready["client_secret"])
        tokens = [httpx.post(**login, auth=credentials).json()["access_token"] for _ in range(2)]
        headers = {"Authorization": f"Bearer {ready['control_token']}"}
        with (
            httpx.Client(base_url=ready["control_url"], headers=headers) as control,
            httpx.Client(base_url=ready["url"], headers={"Authorization": f"Bearer {tokens[0]}"}) as client,
        ):
            planted = {name: [{"name": f"{name} {at}"} for at in range(5)] for name in ("queues", "scripts", "users")}
            there = control.put("/fixtures", json=planted).raise_for_status().json()
            ids = {"entityId": [each["id"] for kind in ("queues", "scripts") for each in there[kind]]}
            yield Fuzzed(ready["url"], control, tokens, _filled(client) | ids)
        process.terminate()
        process.communicate(timeout=20)


def _filled(client: httpx.Client) -> dict[str, list[str]]:
    """Ids of what is made here, by path parameter."""

    def made(path: str, body: object = None) -> str:
        reply = client.post(path, json=body).raise_for_status()
        return reply.json()["id"]

    base, numbers = "/api/v2/outbound", range(10)
    lists = [made(_LISTS, _COLUMNS | {"name": f"List {at}"}) for at in numbers]
    list_templates = [made(f"{base}/contactlisttemplates", _COLUMNS | {"name": f"Template {at}"}) for at in numbers]
    import_templates = [
        made(f"{base}/importtemplates", {"name": f"Import {at}", "contactListTemplate": {"id": list_templates[at]}})
        for at in range(5)
    ]
    filters = [
        made(f"{base}/contactlistfilters", {"name": f"Filter {at}", "contactList": {"id": id_}, "clauses": [_CLAUSE]})
        for at, id_ in enumerate(lists)
    ]
    sources = [
        {"dncSourceType": "rds", "contactMethod": "Any"},
        {"dncSourceType": "rds_custom", "customExclusionColumn": "Lead ID"},
    ]
    dnc_lists = [made(f"{base}/dnclists", sources[at % 2] | {"name": f"DNC {at}"}) for at in numbers]
    channels = [made("/api/v2/notifications/channels") for _ in numbers]
    contact_ids = [f"contact-{at}" for at in range(20)]
    for list_id in lists:
        contacts = [{"id": id_, "data": {"Lead ID": f"L-{id_}", "Phone": "+15550100000"}} for id_ in contact_ids]
        client.post(f"{_LISTS}/{list_id}/contacts", json=contacts).raise_for_status()
    form = {"fileType": "contactlist", "id": lists[0]}
    client.post("/uploads/v2/contactlist", data=form, files={"file": ("leads.csv", _CSV)}).raise_for_status()
    jobs = [
        made(f"{_LISTS}/{list_id}/contacts/bulk/update", {"contactIds": contact_ids[:2], "contact": {"callable": True}})
        for list_id in lists
    ]
    exports = [made(f"{_LISTS}/{list_id}/export") for list_id in lists]
    events = [each["id"] for each in client.get(f"{base}/events").json()["entities"]]
    assert events, "an import with a bad row has left no event"
    limits = [made(f"{base}/attemptlimits", {"name": f"Limits {at}"}) for at in numbers]
    rules = [made(f"{base}/rulesets", {"name": f"Rules {at}", "rules": []}) for at in numbers]
    calls = {"dialingMode": "external", "phoneColumns": [{"columnName": "Phone"}], "contactList": {"id": lists[0]}}
    campaigns = [made(f"{base}/campaigns", calls | {"name": f"Campaign {at}"}) for at in numbers]
    return {
        "documentId": [*limits, *rules, *campaigns],
        "contactListId": lists,
        "contactId": contact_ids,
        "dncListId": dnc_lists,
        "filterId": filters,
        "templateId": [*list_templates, *import_templates],
        "jobId": jobs,
        "channelId": channels,
        "downloadId": exports,
        "eventId": events,
        "divisionId": [client.get("/api/v2/authorization/divisions/home").json()["id"]],
        "namespace": ["outbound", "platform.api", "notifications"],
    }


def config_in(folder: Path, fuzzed: Fuzzed) -> Path:
    """The configuration, beside the files it names."""
    for name, ids in fuzzed.ids.items():
        (folder / f"{name}.txt").write_text("".join(f'"{id_}"\n' for id_ in ids))
    config = folder / "schemathesis.toml"
    config.write_text((Path(__file__).parent / "schemathesis.toml").read_text())
    return config


@pytest.fixture
def told(capsys):
    """A function: writes a line that is seen even of a test that passes, where targets are played for a while."""

    def tell(text: str) -> None:
        if SECONDS:
            with capsys.disabled():
                sys.stdout.write(f"\n{text}\n")
                sys.stdout.flush()

    return tell
