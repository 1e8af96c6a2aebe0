"""OAuth clients and the tokens issued to them. Tokens are kept as hashes: a dump of the org's state opens nothing."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class OAuthClient:
    id: str
    secret: str = field(repr=False)
    permissions: frozenset[str] | None = None  # None: all of them
    denied: frozenset[str] = frozenset()  # not these, whatever else it has
    org: str = ""  # the name of the org it belongs to; "": the first

    def secret_is(self, secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), secret.encode())

    def lacks(self, permission: str) -> list[str]:
        """Those of the space-separated permissions that the client does not hold."""
        held = self.permissions
        return [name for name in permission.split() if name in self.denied or (held is not None and name not in held)]

    @property
    def grants(self) -> list[str] | None:
        """What it was given, as `with_grants` takes it; None: everything."""
        if self.permissions is None and not self.denied:
            return None
        return [*sorted(self.permissions or ()), *(f"-{name}" for name in sorted(self.denied))]

    def with_grants(self, grants: Iterable[str] | None) -> "OAuthClient":
        """The same client with these permissions alone; those behind a minus are taken from it, or from all."""
        given = None if grants is None else list(grants)
        denied = frozenset(name[1:] for name in given or () if name.startswith("-"))
        named = frozenset(name for name in given or () if not name.startswith("-"))
        everything = given is None or (bool(denied) and not named)
        return replace(self, permissions=None if everything else named, denied=denied)


@dataclass(frozen=True, slots=True)
class Token:
    hash: str
    client_id: str
    expires_at: float

    @property
    def short(self) -> str:
        """Enough to tell tokens apart in a log, too little to use one."""
        return self.hash[:6]


class IssuedTokens:
    """The tokens in force, by hash. They live in memory: a restarted server knows none of the old ones."""

    def __init__(self) -> None:
        self._by_hash: dict[str, Token] = {}

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[Token]:
        return iter(self._by_hash.values())

    def issue(self, client_id: str, now: float, lifetime_s: int, at_most: int = 0) -> str:
        """A new token, told this once; those that have expired, and the client's oldest beyond `at_most`, are void."""
        self._by_hash = {key: token for key, token in self._by_hash.items() if token.expires_at > now}
        if at_most:
            of_client = [token for token in self._by_hash.values() if token.client_id == client_id]
            for oldest in of_client[: len(of_client) - at_most + 1]:
                self.revoke(oldest)
        secret = secrets.token_hex(32)
        token = Token(_hash(secret), client_id, now + lifetime_s)
        self._by_hash[token.hash] = token
        return secret

    def find(self, secret: str, now: float) -> Token | None:
        """The token, if it was issued and is still in force."""
        token = self._by_hash.get(_hash(secret))
        return token if token and now < token.expires_at else None

    def revoke(self, token: Token) -> None:
        self._by_hash.pop(token.hash, None)

    def restore(self, tokens: Iterable[Token]) -> None:
        """Exactly these."""
        self._by_hash = {token.hash: token for token in tokens}

    def clear(self) -> None:
        self._by_hash.clear()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
