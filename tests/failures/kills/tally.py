"""Figures of a session: how often what was played, and how bad the worst of it was."""

from collections import Counter
from collections.abc import Iterator


class Tally:
    def __init__(self) -> None:
        self._sums: Counter[str] = Counter()
        self._worst: dict[str, float] = {}

    def add(self, what: str, count: float = 1) -> None:
        self._sums[what] += count  # type: ignore[assignment]

    def worst(self, what: str, figure: float) -> None:
        self._worst[what] = max(figure, self._worst.get(what, figure))

    def lines(self) -> Iterator[str]:
        for what, count in sorted(self._sums.items()):
            yield f"kills: {what}: {count:.10g}"
        for what, figure in sorted(self._worst.items()):
            yield f"kills: most {what}: {figure:.4g}"
