"""Lead IDs and phone numbers that look corrupted but are sent unchanged: counted during the check and reported."""

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.leads.header import ZERO_WIDTH
from harness.wording import quantity

ROUNDED = r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+"  # 1.5555E+10
LOST_DIGITS = rf"{ROUNDED}|#+|\d{{15}}0+|#(?:N/A|NV|[A-Z]+[!?])"  # spreadsheets keep fifteen digits


@dataclass(frozen=True, slots=True)
class Oddity:
    """`hints`: a block with an odd cell contains at least one of them, in lower case and with each cell between line
    ends; without hints, every block that is not ASCII is searched."""

    hints: tuple[str, ...]
    cell: str
    what: str  # with {s} and {them} for singular or plural


ODDITIES = (
    Oddity(("e+", "e1"), ROUNDED.lower(), "look{s} like 1.5555E+10: a spreadsheet has rounded {them}"),
    Oddity(("##",), "#+", "look{s} like ####: a spreadsheet's column was too narrow for {them}"),
    Oddity(("\n=",), "=.*", 'begin{s} with =, as ="00012": a formula of a spreadsheet, not a value'),
    Oddity(("\n'",), "'.*", "begin{s} with an apostrophe, which a spreadsheet uses to mark text"),
    Oddity(("\n#",), r"#(?:n/a|nv|div/0!|[^\W\d_]+[!?])", "look{s} like #N/A: an error of a spreadsheet"),
    Oddity((".0\n",), r"\d+\.0", "end{s} with .0: a program has taken {them} for a decimal number"),
    Oddity((), rf".*(?:{ZERO_WIDTH}|\xa0).*", "hold{s} invisible signs, such as no-break or zero-width spaces"),
)
USUAL = string.ascii_letters.replace("e", "").replace("E", "").encode() + string.digits.encode() + b" +-_()/\n"
PATTERNS = [re.compile(f"\n(?:{oddity.cell})(?=\n)") for oddity in ODDITIES]
NO_VALUE = re.compile(rf"\n(?:[^\S\n]|{ZERO_WIDTH})*(?=\n)")


@dataclass(slots=True)
class Oddities:
    """The oddities of one column: count and first line of each kind."""

    noun: str  # "phone number"
    found: dict[str, tuple[int, int]] = field(default_factory=dict)
    empty: tuple[int, int] = (0, 0)

    def look(self, lines: Sequence[int], cells: Sequence[str]) -> None:
        text = "\n".join(["", *cells, ""])
        signs = text.encode()
        if b"\n\n" in signs.translate(None, b" \t") or not text.isascii():
            self.empty = _more(self.empty, NO_VALUE, text, lines)
        if not signs.translate(None, USUAL):  # the fastest check, and enough for most blocks
            return
        text = text.lower()
        for oddity, pattern in zip(ODDITIES, PATTERNS, strict=True):
            if any(hint in text for hint in oddity.hints) or not (oddity.hints or text.isascii()):
                self.found[oddity.what] = _more(self.found.get(oddity.what, (0, 0)), pattern, text, lines)

    def notices(self) -> Iterator[str]:
        for what, (count, line) in self.found.items():
            if count:
                description = what.format(s="s" if count == 1 else "", them="it" if count == 1 else "them")
                yield f"{quantity(count, self.noun)} {description} (first: line {line})"


def _more(seen: tuple[int, int], pattern: re.Pattern[str], text: str, lines: Sequence[int]) -> tuple[int, int]:
    count, first = seen
    found = list(pattern.finditer(text))
    if found and not count:
        first = lines[min(text.count("\n", 0, found[0].start()), len(lines) - 1)]
    return count + len(found), first
