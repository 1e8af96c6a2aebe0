"""Counts as people read them, for whatever prints."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 list", "20,000 leads"; `plural` where it is not the noun and an s, or where a verb comes along:
    `counted(n, "lead is", "leads are")`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
