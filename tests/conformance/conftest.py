"""The official Python SDK, unchanged, in front of a mock in a process of its own: only the host is another."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest

if find_spec("PureCloudPlatformClientV2"):
    import PureCloudPlatformClientV2 as Genesys
    import urllib3

    from .answers import CheckedClient
    from .leads import contact_list, contacts
else:
    collect_ignore_glob = ["test_*.py"]  # without the SDK there is nothing to hold the mock against


@dataclass(frozen=True)
class Mock:
    """Where the mock is, and its control API."""

    url: str
    control_url: str
    control_token: str

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What the control API answers; a refusal fails the test."""
        headers = {"Authorization": f"Bearer {self.control_token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        reply = urllib3.request(method, self.control_url + path, headers=headers, body=sent)
        assert reply.status < 300, reply.data
        return reply.json() if reply.data else None

    def counts(self, op: str) -> dict[str, int]:
        """How many requests of `op` were answered with which status; 0 is a cut connection."""
        return self.control("GET", "/ledger/counts").get(op, {})


@pytest.fixture(scope="session")
def running_mock(tmp_path_factory) -> Iterator[Mock]:
    ready_file = tmp_path_factory.mktemp("mock") / "ready.json"
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--pace", "none", "--ready-file", str(ready_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline(), "the mock did not start"  # printed once the ready file is there
        ready = json.loads(ready_file.read_text())
        yield Mock(ready["url"], ready["control_url"], ready["control_token"])
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def mock(running_mock) -> Mock:
    """The mock, with nothing in it."""
    running_mock.control("POST", "/reset")
    return running_mock


@pytest.fixture
def settings(mock) -> Iterator[Callable[..., None]]:
    """A function that changes settings of the mock by dotted names, until the test ends."""
    before = mock.control("GET", "/profile")

    def change(**changes: Any) -> None:
        mock.control("PATCH", "/profile", {name.replace("__", "."): value for name, value in changes.items()})

    yield change
    # What a test added to these two has no value to go back to: without a limit and without a latency is as before.
    after = mock.control("GET", "/profile")
    added = {f"rate.per_op.{op}": 0 for op in after["rate"]["per_op"]}
    added |= {f"latency.{op}": {"base_s": 0.0} for op in after["latency"]}
    mock.control("PATCH", "/profile", {key: value for key, value in before.items() if key != "sources"} | added)


@pytest.fixture
def client(mock) -> "Genesys.api_client.ApiClient":
    """The SDK's client, logged in; every answer it reads is held against the SDK's models."""
    client = CheckedClient(host=mock.url)
    return client.get_client_credentials_token("mock-client", "mock-secret")


@pytest.fixture
def plain_client(mock) -> "Genesys.api_client.ApiClient":
    """The same without the checks: for answers that are wrong on purpose."""
    client = Genesys.api_client.ApiClient(host=mock.url)
    return client.get_client_credentials_token("mock-client", "mock-secret")


@pytest.fixture
def api(client) -> "Genesys.OutboundApi":
    return Genesys.OutboundApi(client)


@pytest.fixture
def leads(api) -> "Genesys.ContactList":
    """A contact list without contacts."""
    return api.post_outbound_contactlists(contact_list("Leads"))


@pytest.fixture
def ten(api, leads) -> "list[Genesys.DialerContact]":
    """Ten contacts in the list of leads."""
    return api.post_outbound_contactlist_contacts(leads.id, contacts(10))


@pytest.fixture
def permissions(mock):
    """A function that leaves the client only these permissions until the test ends."""
    yield lambda held: mock.control("PATCH", "/clients", {"mock-client": sorted(held)})
    mock.control("PATCH", "/clients", {"mock-client": None})
