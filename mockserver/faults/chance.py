"""Faults by chance: which kind strikes a request, and how, as a pure decision on the profile's rates and one draw."""

from collections import Counter
from dataclasses import dataclass

from mockserver.faults.rules import Action, Moment
from mockserver.profile import Profile

SPARED = frozenset({"oauth.token", "health", "openapi", "channels.connect"})
_FRESH = 50  # requests of a token that are spared its end

EXPIRED = "expired_token"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A fault that awaits its moment."""

    kind: str  # as `FaultRates` calls it
    when: Moment
    action: Action


def stroke(profile: Profile, op: str, draw: float) -> Stroke | None:
    """What strikes a request of `op` whose luck is `draw`, from 0 up to but not 1; None: nothing does."""
    if op in SPARED:
        return None
    for kind, rate in profile.faults.by_kind.items():
        if draw < rate:
            spared = kind == "partial_commit" and op != "contacts.add"
            return None if spared else Stroke(kind, _WHEN[kind], _action(kind, profile, draw / rate))
        draw -= rate
    return None


_WHEN: dict[str, Moment] = {
    "error_before_commit": "before_commit",
    "error_after_commit": "after_commit",
    "reset_before_parse": "before_parse",
    "reset_after_commit": "after_commit",
    "late_commit": "before_commit",
    "partial_commit": "before_commit",
    "truncated_answer": "mid_response",
    "throttled": "before_parse",
    EXPIRED: "before_parse",
}


def _action(kind: str, profile: Profile, share: float) -> Action:
    """What a fault of this kind does. `share`, uniform from 0 to 1, is what the draw left to decide."""
    match kind:
        case "error_before_commit":
            return Action(status=503)
        case "error_after_commit":
            return Action(status=500)
        case "late_commit":
            return Action(status=504, late_commit_s=profile.faults.late_commit_s)
        case "partial_commit":
            return Action(status=500, partial_commit=int(share * profile.limits.contacts_per_post))
        case "throttled":
            return Action(status=429, headers={"Retry-After": str(profile.faults.retry_after_s)})
        case "expired_token":
            return Action(status=401)
        case _:
            return Action(reset=True)


class Struck:
    """What came of the rates of one org: faults by kind, and the requests of tokens that may expire."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()

    def is_fresh(self, token: str) -> bool:
        """Whether the request now counted is one of the first of this token."""
        self._requests[token] += 1
        return self._requests[token] <= _FRESH
