"""`contactbench conform`: the same calls on two orgs, compared field by field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...api import BadResponse, Refusal
from ...client.httpx_transport import Target
from ...client.oauth import Credentials
from ...client.run_caps import Caps
from ...errors import Refused
from ...status import status
from ...wording import counted
from .. import experiment
from ..probe.checks import Probe
from .script import Exchange, Recorder, conform_script

ABSENT = "(absent)"
MOST_CONTACTS, MOST_REQUESTS = 100, 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two orgs answer the same call differently."""

    call: str
    field: str
    target: Any
    against: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two orgs, and the folder that says what was made in it."""

    target: Target
    credentials: Credentials
    folder: Path
    run_id: str


async def record(side: Side, settle_s: float = 5.0) -> list[Exchange]:
    """The org's answers to the script; nothing of it is left in the org."""
    async with experiment.open_lab(
        side.folder,
        side.target,
        side.credentials,
        purpose="conform",
        run_id=side.run_id,
        caps=Caps(contacts=MOST_CONTACTS, requests=MOST_REQUESTS),
    ) as opened:
        to = Recorder(Probe(opened, settle_s))
        status().begin(f"asking {side.target.api}", unit="call", count=lambda: len(to.exchanges))
        try:
            await opened.run(conform_script(to))
        except (Refusal, BadResponse) as trouble:
            raise Refused(
                "NOT_CONFORMED",
                f"{side.target.api}: after {counted(len(to.exchanges), 'call')} the script cannot go on: {trouble}",
            ) from None
        return to.exchanges


def differences(target: list[Exchange], against: list[Exchange]) -> Iterator[Difference]:
    """Call by call, field by field, in the order of the script."""
    theirs = {exchange.call: exchange.fields for exchange in against}
    for exchange in target:
        other = theirs.pop(exchange.call, {})
        for name in dict.fromkeys([*exchange.fields, *other]):
            ours, his = exchange.fields.get(name, ABSENT), other.get(name, ABSENT)
            if ours != his:
                yield Difference(exchange.call, name, ours, his)
    for call in theirs:
        yield Difference(call, "the call", ABSENT, "made")


async def compare_orgs(
    target: Side, against: Side, tell: Callable[[str], None], settle_s: float = 5.0
) -> dict[str, Any]:
    """The differences as a document."""
    ours = await record(target, settle_s)
    tell(f"{target.target.api}: {counted(len(ours), 'call')}")
    theirs = await record(against, settle_s)
    tell(f"{against.target.api}: {counted(len(theirs), 'call')}")
    found = list(differences(ours, theirs))
    return {
        "target": target.target.api,
        "against": against.target.api,
        "calls": len(ours),
        "differences": [
            {"call": one.call, "field": one.field, "target": one.target, "against": one.against} for one in found
        ],
    }
