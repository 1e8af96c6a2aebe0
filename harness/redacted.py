"""Addresses of databases as they may be told: without their passwords."""

import re

PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):\S*@|(password=)[^\s&'\"]*", re.IGNORECASE)


def redacted(text: str) -> str:
    """`text` with every password of an address in it left out."""
    return PASSWORD.sub(lambda found: f"{found[2]}***" if found[2] else f"{found[1]}:***@", text)
