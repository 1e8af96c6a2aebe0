"""The contacts that every contestant is given: ten columns, some 370 bytes each, and the same ones as a CSV file."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

COLUMNS = ("Lead ID", "Phone", "First Name", "Last Name", "Email", "Street", "City", "State", "Zip Code", "Product")
BATCH = 1_000


def row(number: int) -> list[str]:
    return [
        f"LEAD-{number:09d}",
        f"+1555{number % 10_000_000:07d}",
        f"First{number % 977}",
        f"Lastname{number % 1013}",
        f"lead.{number:09d}@example.com",
        f"{number % 9_999} Long Example Street, Apartment {number % 89}",
        "Springfield upon the River",
        "New Hampshire",
        f"{number % 100_000:05d}",
        "Home insurance, renewal of a contract that ends",
    ]


def batch(first: int, count: int = BATCH, *, own_ids: bool = False) -> bytes:
    """The body of a request with the contacts from number `first` on."""
    contacts = []
    for cells in map(row, range(first, first + count)):
        chosen = {"id": cells[0]} if own_ids else {}
        contacts.append({"data": dict(zip(COLUMNS, cells, strict=True))} | chosen)
    return json.dumps(contacts, separators=(",", ":")).encode()


def csv_file(path: Path, count: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(map(row, range(count)))


def batches(count: int = 20) -> Callable[[int], bytes]:
    """A function from the number of a request to its body. Few go round: to make one takes longer than to send it."""
    made = [batch(number * BATCH) for number in range(count)]
    return lambda number: made[number % count]
