"""What a test in the same process tells an org and asks it: the control API without a socket."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, TypeVar

import msgspec

from mockserver.clock import MovableClock
from mockserver.control import inspection, snapshots
from mockserver.faults import Faults, parse_rules
from mockserver.services import Services
from mockserver.state.request_log import Entry

T = TypeVar("T")


class OrgControl:
    """`in_turn` runs a function between two requests: on the loop that serves them."""

    def __init__(self, services: Services, clock: MovableClock, in_turn: Callable[[Callable[[], Any]], Any]) -> None:
        self._services, self._clock, self._in_turn = services, clock, in_turn
        self._org = org = services.org
        self._at_start = org.profile, dict(org.sources), dict(org.clients)

    def faults(self, *rules: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Replace the fault rules, which are those of the control API; return them with their counts.

        Raises BadRequest that says what is wrong with which rule.
        """
        armed = Faults(parse_rules(list(rules)))
        self._in_turn(lambda: setattr(self._org, "faults", armed))
        return armed.report()

    def fired(self) -> list[dict[str, Any]]:
        """The fault rules with how often each was planned to fire, matched, and fired."""
        return self._do(lambda: self._org.faults.report())

    def profile(self, settings: Mapping[str, Any] | None = None, /, **named: Any) -> dict[str, Any]:
        """Change settings and return all that are in force; without an argument, change none.

        `settings` have dotted names ("limits.contacts_per_list"), `named` ones two underscores for the dot. Raises
        ProfileError.
        """
        changes = {**(settings or {}), **{name.replace("__", "."): value for name, value in named.items()}}
        return self._do(lambda: self._change_profile(changes))

    def permissions(self, client_id: str, *grants: str) -> None:
        """Leave a client these permissions, or all but those behind a minus. Raises KeyError for an unknown client."""
        client = self._org.clients[client_id].with_grants(grants)
        self._in_turn(lambda: self._org.clients.update({client_id: client}))

    def advance(self, seconds: float) -> None:
        """Move the org's clock on: jobs progress, tokens and addresses expire, windows of limits pass."""
        self._in_turn(lambda: self._clock.advance(seconds))

    def journal(self, op: str | None = None, status: int | None = None, list_id: str | None = None) -> list[Entry]:
        """The requests so far, oldest first, at most the last 100,000. Status 0 is a cut connection."""
        if op is not None:
            inspection.checked_op(op)
        return self._do(lambda: list(self._org.request_log.select(op=op, status=status, list_id=list_id)))

    def counts(self) -> dict[str, dict[int, int]]:
        """How many requests there were, by operation and status."""
        return self._do(lambda: self._org.request_log.counts())

    def state(self) -> dict[str, Any]:
        """Lists with their sizes, jobs on their way, tokens in force."""
        return self._do(lambda: inspection.state(self._services))

    def contacts(self, list_id: str, offset: int = 0, limit: int = 100_000) -> list[dict[str, Any]]:
        """A list's contacts as they are stored, `id` and `data`, in order of creation. Raises NotFound."""
        page = self._do(lambda: inspection.contacts(self._services, list_id, offset, limit))
        return msgspec.json.decode(page, type=list[dict[str, Any]])

    def token(self, client_id: str = "") -> str:
        """A token in force, of the first client unless told: for tests that are not about the login."""
        return self._do(lambda: self._issue_token(client_id or next(iter(self._org.clients))))

    def snapshot(self) -> bytes:
        """The whole state, apart from settings, clients, faults and what was asked so far."""
        return self._do(lambda: b"".join(snapshots.snapshot(self._services)))

    def restore(self, snapshot: bytes) -> None:
        """Make the org what it was. Raises BadRequest for what is no snapshot, and then nothing has changed."""
        self._in_turn(lambda: snapshots.restore(self._services, BytesIO(snapshot)))

    def reset(self) -> None:
        """Everything as at the start, settings too. Tokens are void, and the same ids are drawn again."""
        self._in_turn(self._reset)

    def _do(self, ask: Callable[[], T]) -> T:
        answer: T = self._in_turn(ask)
        return answer

    def _change_profile(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        self._org.change_profile(changes, "test")
        in_force: dict[str, Any] = msgspec.to_builtins(self._org.profile)
        return in_force

    def _issue_token(self, client_id: str) -> str:
        org = self._org
        return org.tokens.issue(org.clients[client_id].id, org.clock.now(), org.profile.tokens.lifetime_s)

    def _reset(self) -> None:
        self._services.reset()
        profile, sources, clients = self._at_start
        self._org.profile, self._org.sources = profile, dict(sources)
        self._org.clients.clear()
        self._org.clients.update(clients)
