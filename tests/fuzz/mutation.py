"""Bytes made of valid ones, and a reader that has to read them or refuse them in its own words.

Each input follows from the target's name and a number, so that whatever is found can be played again.
"""

import math
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

SECONDS = float(os.environ.get("CONTACTBENCH_FUZZ_SECONDS", "0"))  # of each target; 0: a few inputs only
FIRST = int(os.environ.get("CONTACTBENCH_FUZZ_FIRST", "0"))  # the number of the first input
FEW, MANY = 40, 1_000_000
MOST_S = 1.0  # of CPU, for one input
MOST_MB = 64  # more than before
MOST_BYTES = 1 << 16  # of an input
SIGNS = (
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b'"',
    b"'",
    b",",
    b";",
    b"\t",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x1a",
    b"=",
)
NUMBERS = (b"0", b"-1", b"1e999", b"NaN", b"99999999999999999999", b"0.1", b"\xd9\xa3", b"1" * 400)
JSON = (b"{", b"}", b"[", b"]", b":", b"null", b"true", b'"\\ud800"', b"[" * 2000, b'{"":' * 500, b'""', b"[]", b"{}")


@dataclass(frozen=True, kw_only=True)
class Target:
    """`read` plays one input; what it raises is a finding, unless it is one of `refusals`."""

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    refusals: tuple[type[Exception], ...] = ()
    words: Sequence[bytes] = ()
    few: int = FEW

    def input(self, number: int) -> bytes:
        """The first ones are the seeds."""
        if number < len(self.seeds):
            return self.seeds[number]
        rng = random.Random(f"{self.name}/{number}")
        mutant = rng.choice(self.seeds)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8, 16))):
            mutant = rng.choice(_CHANGES)(mutant, self, rng)[:MOST_BYTES]  # each may double it
        return mutant


def play(target: Target) -> str:
    """Play a few inputs, or many until the time is over; raises AssertionError for the first finding. Returns how many
    there were."""
    began, number, worst_s = time.monotonic(), FIRST, 0.0
    target.read(target.seeds[0])  # whatever is loaded at the first time is loaded
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused, stop = 0, FIRST + (MANY if SECONDS else target.few)
    while number < stop and not 0 < SECONDS < time.monotonic() - began:
        data, before = target.input(number), time.process_time()
        try:
            with limited():
                target.read(data)
        except target.refusals:
            refused += 1
        except BaseException as error:
            raise AssertionError(f"input {number} of {target.name}: {data[:2000]!r}") from error
        took_s = time.process_time() - before
        worst_s = max(worst_s, took_s)
        assert took_s < MOST_S, f"input {number} of {target.name} takes {took_s:.1f} s: {data[:2000]!r}"
        number += 1
    more_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kb) / 1024
    assert more_mb < MOST_MB, f"{target.name} takes {more_mb:.0f} MB"
    told = f"{target.name}: {number - FIRST:,} inputs in {time.monotonic() - began:.0f} s, {refused:,} refused"
    return f"{told}, the slowest {worst_s:.2f} s, {more_mb:.0f} MB more"


@contextmanager
def limited() -> Iterator[None]:
    """Raise TimeoutError in what does not come to its end."""

    def give_up(number: int, frame: object) -> None:
        raise TimeoutError("no end within ten times as long as it may take")

    former = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, 10 * MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


Change = Callable[[bytes, Target, random.Random], bytes]


def _place(data: bytes, rng: random.Random) -> int:
    return rng.randint(0, len(data))


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    """A short one more often than a long one."""
    start = _place(data, rng)
    return start, min(len(data), start + int(math.exp(rng.uniform(0, math.log(len(data) + 2)))))


def _flip(data: bytes, target: Target, rng: random.Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _overwrite(data: bytes, target: Target, rng: random.Random) -> bytes:
    start, stop = _span(data, rng)
    return data[:start] + rng.randbytes(min(stop - start, 8)) + data[stop:]


def _insert(data: bytes, target: Target, rng: random.Random) -> bytes:
    at, words = _place(data, rng), rng.choice((SIGNS, NUMBERS, JSON, target.words or SIGNS))
    return data[:at] + rng.choice(words) + data[at:]


def _replace(data: bytes, target: Target, rng: random.Random) -> bytes:
    (start, stop), words = _span(data, rng), rng.choice((SIGNS, NUMBERS, JSON, target.words or SIGNS))
    return data[:start] + rng.choice(words) + data[stop:]


def _remove(data: bytes, target: Target, rng: random.Random) -> bytes:
    start, stop = _span(data, rng)
    return data[:start] + data[stop:]


def _cut(data: bytes, target: Target, rng: random.Random) -> bytes:
    return data[: _place(data, rng)]


def _repeat(data: bytes, target: Target, rng: random.Random) -> bytes:
    start, stop = _span(data, rng)
    return data[:stop] + data[start:stop] * rng.choice((1, 2, 50)) + data[stop:]


def _splice(data: bytes, target: Target, rng: random.Random) -> bytes:
    other = rng.choice(target.seeds)
    start, stop = _span(other, rng)
    at = _place(data, rng)
    return data[:at] + other[start:stop] + data[at:]


_CHANGES: tuple[Change, ...] = (_flip, _overwrite, _insert, _insert, _replace, _remove, _cut, _repeat, _splice)
