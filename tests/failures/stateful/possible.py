"""What an org may be like, and which exit codes follow from what was done to a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

WIDE = {
    "limits__contacts_per_post": 1_000,
    "limits__request_body_bytes": 3_000_000,
    "limits__cell_chars": 512,
    "limits__contacts_per_list": 1_000_000,
}
SETTINGS: dict[str, tuple[Any, ...]] = {
    "semantics__answer_order": ("request", "shuffled"),
    "semantics__bad_batch": ("reject", "partial"),
    "semantics__update": ("merge", "replace"),
    "semantics__redirect_status": (302, 303, 307),
    "semantics__size_lag_s": (0.0, 2.0, 20.0),
    "semantics__search_lag_s": (0.0, 2.0, 4.0),
    "rate__requests_per_window": (5, 20, 300),
    "rate__window_s": (1.0, 60.0),
    "rate__window": ("fixed", "sliding"),
    "jobs__import_rows_per_s": (20.0, 5_000.0),
    "jobs__import_status_visible_rows": (0, 100_000),
    "jobs__export_keeps_previous": (False, True),
    "jobs__exports_at_once": (1, 4),
    "tokens__lifetime_s": (30, 300, 86_400),
}
SETTING: SearchStrategy[Mapping[str, Any]] = st.sampled_from(sorted(SETTINGS)).flatmap(
    lambda name: st.fixed_dictionaries({name: st.sampled_from(SETTINGS[name])})
)


def caps(room: int, longest: list[int]) -> SearchStrategy[tuple[str, int]]:
    """A limit, lower than the upload would like it or as at first.

    `room`: contacts of the fullest list so far. `longest`: characters of the longest cell of each lead, in order.
    """
    narrow = {
        "limits__contacts_per_post": st.integers(2, 9),
        "limits__request_body_bytes": st.integers(2_000, 3_500),
        "limits__cell_chars": st.sampled_from(longest[-4:]).map(lambda chars: chars - 1),
        "limits__contacts_per_list": st.integers(max(1, room), room + 30),
    }
    return st.sampled_from(sorted(narrow)).flatmap(
        lambda name: st.tuples(st.just(name), narrow[name] | st.just(WIDE[name]))
    )


@dataclass
class Deeds:
    """What was done to a run. `unseen`: somebody meddled when the proof was under way, so that one need not show it."""

    done: set[str] = field(default_factory=set)
    unseen: bool = False

    @property
    def unforgivable(self) -> bool:
        return bool(self.done & {"deleted", "added", "journal gone", "journal altered"})

    def codes(self) -> set[int]:
        """Exit codes for which there may be a reason. Every other one is a fault of the harness."""
        if "journal gone" in self.done:
            return {7}
        codes = {0, 5}
        if "limits__cell_chars" in self.done:
            codes |= {3}
        if self.done & {"limits__contacts_per_list", "said no"}:
            codes |= {6}
        if self.done & {"deleted", "added"}:
            codes |= {3, 4, 6}
        if "journal altered" in self.done:
            codes |= {7}
        return codes

    def final_codes(self) -> set[int]:
        """Those for which there is one still when the org is well again and the command has been given anew."""
        if self.unforgivable:
            return self.codes() - {5}
        return self.codes() & {0, 3}

    def __str__(self) -> str:
        return ", ".join(sorted(self.done)) or "nothing was done to it"
