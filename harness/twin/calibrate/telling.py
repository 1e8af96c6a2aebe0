"""A calibration in words: what was found, how well it is known, and what was not looked at."""

from collections.abc import Iterator
from typing import Any

SHOWN = ("rate.", "jobs.", "latency.contacts.add.", "latency.import.upload.")


def told(document: dict[str, Any]) -> str:
    return "\n".join(_lines(document))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    used = document["used"]
    yield (
        f"{used['contacts']:,} contacts in {used['requests']:,} requests, {used['minutes']:.1f} minutes;"
        f" profile: {document['profile']}, calibration beside it"
    )
    for name, value in document["settings"].items():
        if name.startswith(SHOWN):
            yield f"  {name} = {value}{_between(document, name)}"
    for name, why in document["not_measured"].items():
        yield f"not measured: {name}: {why}"
    if document["plots"]:
        yield f"fits beside their samples: {document['plots']}"
    yield f"next: contactbench estimate --profile {document['profile']}"


def _between(document: dict[str, Any], name: str) -> str:
    if name in document["notes"]:
        return f"  ({document['notes'][name]})"
    if name not in document["intervals"]:
        return ""
    low, high = document["intervals"][name]
    return f"  (90 % interval {low:.4g}..{high:.4g})"
