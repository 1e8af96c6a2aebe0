"""The state of one org: what its services and handlers read and change. Nothing here knows a service or a route."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockserver.clock import Clock
from mockserver.faults import ChanceFaults, Faults
from mockserver.ids import new_id
from mockserver.loaded_profile import origins, with_changes
from mockserver.model import Reference
from mockserver.pacing import Limiter
from mockserver.profile import Profile
from mockserver.state.auth import IssuedTokens, OAuthClient
from mockserver.state.request_log import ServerRequestLog
from mockserver.state.retention import Queue, Retention
from mockserver.storage import Store


@dataclass(slots=True)
class Org:
    store: Store
    clock: Clock
    rng: random.Random  # ids of lists, contacts and jobs
    profile: Profile  # replaced as a whole by the control API; read it at each use
    spool: Path  # uploads and exports lie here, removed at shutdown
    seed: int = 0
    name: str = ""  # tells the orgs of one server apart; the first has none
    run: str = ""  # tells this run on a kept store from the ones before: none draws the ids of another
    sources: dict[str, str] = field(default_factory=dict)  # where each setting of the profile comes from
    clients: dict[str, OAuthClient] = field(default_factory=dict)
    tokens: IssuedTokens = field(default_factory=IssuedTokens)
    browser_origins: frozenset[str] = frozenset()  # pages of these may ask, and get logins
    limiter: Limiter = field(default_factory=Limiter)
    faults: Faults = field(default_factory=Faults)
    chance_faults: ChanceFaults = field(default_factory=ChanceFaults)  # by chance
    request_log: ServerRequestLog = field(default_factory=ServerRequestLog)
    in_flight: int = 0  # requests being served now: the latency model asks
    queues: defaultdict[str, Queue] = field(default_factory=lambda: defaultdict(Queue))  # by list
    retention: Retention = field(init=False, repr=False)
    _streams: dict[str, random.Random] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reload()

    def change_profile(self, patch: Mapping[str, Any], origin: str) -> None:
        """Change settings, whose source is then `origin`; the next request meets them. Raises ProfileError."""
        before = self.profile
        self.profile = with_changes(before, patch, origin)
        self.sources = origins(before, self.profile, self.sources, origin)

    def rng_for(self, purpose: str) -> random.Random:
        """A generator of its own for `purpose`: what is drawn from it does not depend on what else happens."""
        if purpose not in self._streams:
            self._streams[purpose] = random.Random(f"{self._root}/{self.run}/{purpose}")
        return self._streams[purpose]

    def streams(self) -> dict[str, object]:
        """Where the generators of `rng_for` stand, as `set_streams` takes it."""
        return {purpose: rng.getstate() for purpose, rng in self._streams.items()}

    def set_streams(self, states: Mapping[str, tuple[object, ...]]) -> None:
        self._streams = {purpose: random.Random() for purpose in states}
        for purpose, state in states.items():
            self._streams[purpose].setstate(state)

    @property
    def _root(self) -> str:
        """What all luck of the org begins with."""
        return f"{self.seed}@{self.name}" if self.name else f"{self.seed}"

    @property
    def id(self) -> str:
        return new_id(random.Random(f"{self._root}/organization"))

    @property
    def home_division(self) -> Reference:
        division_id = new_id(random.Random(f"{self._root}/division"))
        return Reference(id=division_id, name="Home", self_uri=f"/api/v2/authorization/divisions/{division_id}")

    def reseed(self) -> None:
        """Start all generators anew: what is drawn will be the same again."""
        self._streams.clear()
        self.rng.seed(f"{self._root}/{self.run}")

    def reset(self, seed: int | None = None) -> None:
        """Empty the org and start its generators anew: the same requests will get the same answers again.

        With `seed`, the luck of another org is the org's from now on.
        """
        self.seed = self.seed if seed is None else seed
        for contact_list in list(self.store.contact_lists()):
            self.store.delete_list(contact_list.id)
        for kind in self.store.document_kinds():
            self.store.delete_documents(kind)
        self.tokens.clear()
        self.limiter = Limiter()
        self.faults = Faults()
        self.chance_faults = ChanceFaults()
        self.request_log = ServerRequestLog()
        self.queues.clear()
        self.run = ""
        self.reseed()
        for file in self.spool.iterdir():
            file.unlink()
        self.reload()

    def reload(self) -> None:
        """Look anew at what the store holds."""
        self.retention = Retention(self.store, self.clock)
