"""Run contexts that write down what they are told."""

from collections import defaultdict


class RecordedContext:
    """Remembers fractions; cancels items once they have been told of a number of them."""

    def __init__(self, cancel_after: dict[int, int] | None = None) -> None:
        self.fractions: dict[int, list[float]] = defaultdict(list)
        self._cancel_after = cancel_after or {}

    def progress(self, item: int, fraction: float) -> None:
        self.fractions[item].append(fraction)

    def cancelled(self, item: int) -> bool:
        return item in self._cancel_after and len(self.fractions[item]) >= self._cancel_after[item]
