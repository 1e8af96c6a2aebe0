"""Signatures of addresses: who has not been handed one cannot make one."""

import hashlib
import hmac


def signature(key: bytes, *parts: str) -> str:
    """What only the holder of `key` can say about `parts`, in hexadecimal digits. No part may hold a line break."""
    return hmac.new(key, "\n".join(parts).encode(errors="surrogateescape"), hashlib.sha256).hexdigest()


def is_signature(given: str, key: bytes, *parts: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogateescape"), signature(key, *parts).encode())
