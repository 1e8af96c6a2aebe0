"""Signs that nobody sees: what looks empty, what looks alike, and how to show it to a person."""

import re
import unicodedata

# Format characters and fillers that take no room, or are drawn as a blank; white space and control characters apart.
ZERO_WIDTH = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_ZERO_WIDTH = re.compile(ZERO_WIDTH)
_BLANK = re.compile(rf"(?:[\s\x00-\x1f\x7f-\x9f]|{ZERO_WIDTH})*")
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_NAMES = {"\t": "a tab", "\n": "a line end", "\r": "a line end", "\ufeff": "a byte order mark"}


def is_blank(text: str) -> bool:
    """Whether a person would see nothing."""
    return _BLANK.fullmatch(text) is not None


def folded(text: str) -> str:
    """`text` as a system sees it that ignores case, outer blanks, invisible signs and how accents are composed."""
    if text.isascii():
        return text.lower().strip()
    text = _WIDE_SPACE.sub(" ", _ZERO_WIDTH.sub("", text)).casefold()
    return unicodedata.normalize("NFC", text).strip()


def shown(text: str) -> str:
    """`text` in quotes, what cannot be seen escaped and named."""
    odd = {sign: sign_name(sign) for sign in text if not sign.isprintable() or _ZERO_WIDTH.match(sign)}
    escaped = "".join(f"\\u{ord(sign):04x}" if sign in odd else sign for sign in text)
    if text != text.strip(" "):
        odd[" "] = "a space at its edge"
    return f"'{escaped}' ({', '.join(odd.values())})" if odd else f"'{text}'"


def sign_name(sign: str) -> str:
    """A sign in words, with its article."""
    name = unicodedata.name(sign, "").lower()
    return _NAMES.get(sign) or (f"a {name}" if name else f"the control character U+{ord(sign):04X}")
