"""What is known of one strategy's run when its thresholds are judged: values, read from nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """A row a request. `failed` leaves out what is part of a good run: a refusal (429, 401) after which the same
    request was answered, and an export that was not ready yet."""

    op: NDArray[np.str_]
    planned_s: NDArray[np.float64]  # from the planned moment to the end
    service_s: NDArray[np.float64]  # from the sending to the end
    status: NDArray[np.int64]
    error: NDArray[np.str_]  # why no answer came, or the platform's code of a refusal
    failed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.op)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One strategy. `numbers` has the metrics of the whole run in seconds, counts and shares of a second."""

    strategy: str
    proved: bool
    numbers: Mapping[str, float | None]
    requests: Requests
    rejected_by_code: Mapping[str, int] = field(default_factory=dict)
