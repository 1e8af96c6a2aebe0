"""Invented leads: any number of them, the same for the same seed, with no real person's data.

The values exercise quoting (commas, quotes, apostrophes, letters beyond ASCII). Phone numbers are 555-0100 to 555-0199
of an area code, which the North American Numbering Plan reserves for fiction; e-mail domains are those that RFC 2606
reserves for examples.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from harness.domain import LeadColumns, LeadReader, Leads
from harness.errors import UsageError
from harness.files.atomic import atomic_file, private_folder
from harness.files.duckdb_files import PARQUET, copy_to, csv_table, database
from harness.leads import rows
from harness.leads.rows import BLOCK_ROWS, Block, Row, RowRules
from harness.leads.shard_csv import write_csv

__all__ = ["COLUMNS", "SyntheticLeads", "write_csv"]

COLUMNS = LeadColumns(
    names=(
        "Lead ID",
        "First Name",
        "Last Name",
        "Phone",
        "Email",
        "Street",
        "Postal Code",
        "City",
        "Product",
        "Source",
    ),
    lead_id="Lead ID",
    phone="Phone",
)
RULES = RowRules(columns=COLUMNS)
FORMAT = 1  # part of the digest; increase it when the same seed would give other leads


def _byte_table(values: str) -> tuple[str, ...]:
    """A value for each byte, so that random bytes are turned into values by indexing. `values` are separated by |."""
    choices = values.split("|")
    return tuple(choices[byte % len(choices)] for byte in range(256))


FIRST_NAMES = _byte_table(
    "Ada|Bruno|Chloé|Dmitri|Elif|Femi|Grace|Hiroshi|Ingrid|José|Katarzyna|Liam|Maya|Noor|Olga|Priya|Quentin|Rosa|Søren"
    '|Tomás|Uma|Viktor|Wei|Ximena|Yusuf|Zoë|Anna "Nan" Lee|Jean-Luc|Mary Ann|D\'Arcy'
)
LAST_NAMES = _byte_table(
    "Adeyemi|Brown|Castillo|Dubois|Eriksson|Fischer|García|Haddad|Ivanova|Jensen|Kowalski|Lindqvist|Müller|Nguyen"
    "|O'Neil|Park|Quinn|Rossi|Šimić|Tanaka|Ueda|Vargas|Weiß|Xu|Yıldız|Zhang|Smith, Jr.|van der Berg|de la Cruz"
)
STREETS = _byte_table('Oak Street|Elm Street, Apt 4|Maple Avenue|Hill Road "B"|Lake Drive|Königsallee|2nd Avenue, Rear')
CITIES = _byte_table("Springfield|Fairview|Riverton|São Bento|Lakeside, East|Neustadt|Georgetown")
PRODUCTS = _byte_table('Solar|Heat Pump|Fibre 500|Home & Contents|Car, Third Party|Roof 24"')
SOURCES = _byte_table("Web|Referral|Trade Fair|Partner|Newsletter")
DOMAINS = _byte_table("example.com|example.org|example.net")


def _area_codes() -> list[str]:
    """Plausible area codes, without service codes (N11), 8xx (toll-free, where 555-01xx is not all fiction) and 900."""
    codes = (f"{n}{x}{y}" for n in (2, 3, 4, 5, 6, 7, 9) for x in range(9) for y in range(10))
    return [code for code in codes if not code.endswith("11") and code != "900"]


PHONES = tuple(f"+1{area}55501{line:02d}" for area in _area_codes() for line in range(100))
PHONE_STRIDE = 10_007  # a prime that does not divide len(PHONES): neighbours differ, and every number is used


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticLeads:
    """`count` leads with consecutive Lead IDs from L00000001. A lead's line is its line in the file of `write_csv`."""

    count: int
    seed: int
    rules: RowRules = RULES

    @property
    def name(self) -> str:
        return "synthetic"

    @property
    def columns(self) -> LeadColumns:
        return self.rules.columns

    @property
    def digest(self) -> str:
        """SHA-256 of everything that determines the leads."""
        return hashlib.sha256(f"synthetic {FORMAT} count={self.count} seed={self.seed}".encode()).hexdigest()

    @property
    def notices(self) -> Sequence[str]:
        return ()

    def accepting(self, rules: RowRules) -> Self:
        """The same leads with other rules for accepting rows."""
        return replace(self, rules=rules)

    def is_unchanged(self) -> bool:
        return True

    def read(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        return rows.numbered_rows(self.blocks(), start)

    def batches(self, size: int, start: int = 0, stop: int | None = None) -> Iterator[Leads]:
        return rows.lead_batches(self.blocks(), self.rules, size, start, stop)

    def blocks(self) -> Iterator[Block]:
        """Every lead. A block depends only on the seed and its number, so a larger count begins with the same leads."""
        for first in range(0, self.count, BLOCK_ROWS):
            invented = _rows(self.seed, first)[: self.count - first]
            yield Block(lines=range(first + 2, first + 2 + len(invented)), rows=invented)


def _rows(seed: int, first: int) -> list[Row]:
    """The leads from position `first` to the end of their block, as a table built column by column."""
    drawn = random.Random(f"{FORMAT}/{seed}/{first}").randbytes(BLOCK_ROWS * 8)
    raw = [drawn[n * BLOCK_ROWS : (n + 1) * BLOCK_ROWS] for n in range(8)]
    numbers = range(first + 1, first + 1 + BLOCK_ROWS)
    return list(
        zip(
            [f"L{number:08d}" for number in numbers],
            [FIRST_NAMES[byte] for byte in raw[0]],
            [LAST_NAMES[byte] for byte in raw[1]],
            [PHONES[(number * PHONE_STRIDE + seed) % len(PHONES)] for number in numbers],
            [f"lead{number}@{DOMAINS[byte]}" for number, byte in zip(numbers, raw[2], strict=True)],
            [f"{1 + number % 997} {STREETS[byte]}" for number, byte in zip(numbers, raw[3], strict=True)],
            [str(10_000 + (number * 7_919 + 31 * byte) % 90_000) for number, byte in zip(numbers, raw[4], strict=True)],
            [CITIES[byte] for byte in raw[5]],
            [PRODUCTS[byte] for byte in raw[6]],
            [SOURCES[byte] for byte in raw[7]],
            strict=True,
        )
    )


def write_leads(source: LeadReader, to: Path) -> None:
    """Write every accepted lead of `source` to a .csv or .parquet file (0600), completely or not at all."""
    match to.suffix.lower():
        case ".csv":
            write_csv(source, to)
        case ".parquet":
            with private_folder(to) as folder, database(folder) as db, atomic_file(to) as temporary:
                write_csv(source, folder / "leads.csv")
                db.execute(copy_to(temporary, f"FROM {csv_table(folder / 'leads.csv')}", PARQUET))
        case _:
            raise UsageError("BAD_TARGET", f"{to}: leads are written as .csv or .parquet; name such a file.")
