"""Ids, drawn from a generator that is an argument: the same seed gives the same org."""

import random


def new_ids(rng: random.Random, count: int) -> list[str]:
    """`count` version 4 UUIDs as text, from one draw."""
    digits = rng.randbytes(16 * count).hex()
    ids = []
    for at in range(0, 32 * count, 32):
        variant = "89ab"[int(digits[at + 16], 16) & 3]
        ids.append(
            f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
            f"-{variant}{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}"
        )
    return ids


def new_id(rng: random.Random) -> str:
    return new_ids(rng, 1)[0]
