"""What becomes of a Parquet file's values: the text of each type, and the values that no text can stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.mapping.duck import identifier
from harness.wording import counted

PLAIN = re.compile(r'VARCHAR|JSON|UUID|"NULL"|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(\d+,0\)')
JUDGED = re.compile(r"BOOLEAN|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|DECIMAL\(.*\)")
EXACT = {"FLOAT": 2**24, "DOUBLE": 2**53}  # from here on, not every whole number has a float of its own
FRACTION = "a fraction, which no Lead ID or phone has; write the column as text"


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is read, in SQL. `faults`: conditions that no value may meet, with what to say of one that does."""

    name: str
    kind: str
    text: str
    judged: bool = False  # values could have been written otherwise
    faults: Sequence[tuple[str, str]] = ()
    missing: str = "false"  # values that count as empty

    def notices(self, values: int, missing: int) -> list[str]:
        notices = []
        if self.judged and values:
            how = ", whole numbers without .0" if self.kind in EXACT else ""
            empty = f"; {counted(missing, 'NaN is', 'NaN are')} taken for empty" if missing else ""
            read = counted(values, "value is", "values are")
            notices.append(f"column {self.name!r} is {self.kind}: {read} loaded as text{how}{empty}")
        if self.name.startswith("__index_level_"):
            notices.append(f"column {self.name!r} is an index of pandas'; to_parquet(index=False) would leave it out")
        return notices


def column(name: str, place: str, kind: str, *, key: bool) -> Column | None:
    """The column `name` of the file, called `place` in a query. `key`: it is the Lead ID or the phone.

    None for a type that is more than one value (a list, a structure) or has no customary text.
    """
    value = identifier(place)
    text = f"{value}::VARCHAR"
    fraction = [(f"{value} <> trunc({value})", FRACTION)] if key else []
    if PLAIN.fullmatch(kind):
        return Column(name, kind, text, faults=[_nul(text)])
    if kind in EXACT:
        limit = EXACT[kind] if key else EXACT["DOUBLE"]
        lossy = (f"abs({value}) >= {limit} AND NOT isnan({value})", f"{limit} or more, for which {kind} lacks digits")
        whole = f"WHEN {value} = trunc({value}) THEN TRY_CAST({value} AS BIGINT)::VARCHAR"
        text = f"CASE WHEN isnan({value}) THEN '' {whole} ELSE {text} END"
        return Column(name, kind, text, True, [lossy, *fraction], f"isnan({value})")
    if JUDGED.fullmatch(kind):
        return Column(name, kind, f"split_part({text}, '.', 1)" if fraction and "DEC" in kind else text, True, fraction)
    if kind == "TIMESTAMP WITH TIME ZONE":  # cast as it is, it would be in this machine's time zone
        return Column(name, kind, f"make_timestamp(epoch_us({value}))::VARCHAR || '+00'", True)
    if kind == "BLOB":
        text = f"TRY(decode({value}))"
        no_text = f"{value} IS NOT NULL AND {text} IS NULL"
        return Column(name, kind, text, faults=[(no_text, "bytes that are not UTF-8 text"), _nul(text)])
    return None


def _nul(text: str) -> tuple[str, str]:
    return f"contains({text}, chr(0))", "a NUL; remove it"
