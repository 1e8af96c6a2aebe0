"""An org in memory, and a way to put one request to one handler of it."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request

from mockserver.clock import ManualClock
from mockserver.errors import ApiError
from mockserver.http.body import BODY
from mockserver.loaded_profile import load, with_changes
from mockserver.model import ContactColumn, ContactList, ImportStatus
from mockserver.profile import Profile
from mockserver.state import Org
from mockserver.storage.memory_store import MemoryStore


@dataclass
class ImportsThatSay:
    """What the handlers of lists ask about imports."""

    importing: set[str] = field(default_factory=set)

    def is_running(self, list_id: str) -> bool:
        return list_id in self.importing

    def drop(self, list_id: str) -> None:
        self.importing.discard(list_id)

    def status_of(self, list_id: str) -> ImportStatus:
        return ImportStatus(percent_complete=100)


@pytest.fixture
def profile_with():
    """A function: the default profile with some settings changed."""

    def changed_profile(**settings: Any) -> Profile:
        return with_changes(
            load("default").profile, {name.replace("__", "."): value for name, value in settings.items()}
        )

    return changed_profile


@pytest.fixture
def bare_org(tmp_path, profile_with):
    """An org without services: only what the handlers of lists and contacts need."""
    return Org(
        store=MemoryStore(), clock=ManualClock(), rng=random.Random(1), profile=profile_with(), spool=tmp_path, seed=1
    )


@pytest.fixture
def imports():
    """What the handlers of lists ask about imports, as the test says it."""
    return ImportsThatSay()


@pytest.fixture
def leads_list(bare_org):
    """A contact list with two columns, one of them a phone column."""
    contact_list = ContactList(
        id="11111111-1111-4111-8111-111111111111",
        name="Leads",
        date_created="2026-01-01T00:00:00.000Z",
        date_modified="2026-01-01T00:00:00.000Z",
        division=bare_org.home_division,
        column_names=("Lead ID", "Phone"),
        phone_columns=(ContactColumn(column_name="Phone", type="cell"),),
    )
    bare_org.store.create_list(contact_list)
    return contact_list


@dataclass(frozen=True)
class Got:
    """What came of a request: an answer, or a refusal with its code."""

    status: int
    body: bytes = b""
    code: str = ""
    message: str = ""

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@pytest.fixture
def ask():
    """A function that puts a request to a handler and commits it."""

    def asked(handler: Any, body: Any = b"", query: str = "", **path: str) -> Got:
        request = make_mocked_request("POST", f"/?{query}", {"Content-Type": "application/json"}, match_info=path)
        request[BODY] = body if isinstance(body, bytes) else msgspec.json.encode(body)
        try:
            answer = asyncio.run(handler(request)).commit()
        except ApiError as error:
            return Got(error.status, code=error.code, message=str(error))
        return Got(answer.status, answer.body)

    return asked
