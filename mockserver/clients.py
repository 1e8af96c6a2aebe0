"""OAuth clients and the tokens issued to them. Tokens are kept as hashes: a dump of the org's state opens nothing."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    secret: str = field(repr=False)
    permissions: frozenset[str] | None = None  # None: all of them

    def secret_is(self, secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), secret.encode())

    def lacks(self, permission: str) -> list[str]:
        """Those of the space-separated permissions that the client does not hold."""
        if self.permissions is None:
            return []
        return [name for name in permission.split() if name not in self.permissions]


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

    def issue(self, secret: str, client_id: str, now: float, lifetime_s: int) -> Token:
        """Remember the token `secret`, and forget those that have expired."""
        self._by_hash = {key: token for key, token in self._by_hash.items() if token.expires_at > now}
        token = Token(_hash(secret), client_id, now + lifetime_s)
        self._by_hash[token.hash] = token
        return token

    def find(self, secret: str, now: float) -> Token | None:
        """The token, if it was issued and is still in force."""
        token = self._by_hash.get(_hash(secret))
        return token if token and now < token.expires_at else None

    def revoke(self, token: Token) -> None:
        self._by_hash.pop(token.hash, None)

    def clear(self) -> None:
        self._by_hash.clear()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
