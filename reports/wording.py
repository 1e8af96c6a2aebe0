"""Formats numbers, durations and names for people."""

from collections.abc import Iterable, Sequence

NONE = "–"


def number(value: int | None) -> str:
    """1500000 as "1,500,000"."""
    return NONE if value is None else f"{value:,}"


def rate(value: float | None) -> str:
    """A number per second, with a decimal if it is small."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def duration(seconds: float | None) -> str:
    """283.4 as "4 min 43 s", at most three significant digits below a minute."""
    if seconds is None:
        return NONE
    if seconds < 59.95:
        return _short(seconds)
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"
    hours, rest_min = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest_min} min" if rest_min else f"{hours} h"


def _short(seconds: float) -> str:
    if seconds <= 0:
        return "0 s"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"


def count(value: int | None, noun: str) -> str:
    """ "1 request", "2 requests"."""
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"


def code(text: str) -> str:
    """`text` in backticks, which both documents render as code; backticks in it are replaced."""
    return f"`{text.replace('`', ' ')}`" if text else NONE


def join_words(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def join_codes(names: Iterable[str]) -> str:
    """The same for names, each as code."""
    return join_words([code(name) for name in names])
