"""Metrics: named figures with labels, counted by whatever recorder the process has; by none, they cost nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

Kind = Literal["counter", "gauge", "histogram"]


class Recorder(Protocol):
    """Keeps the figures of a process."""

    def record(self, metric: "Metric", value: float, labels: dict[str, str]) -> None:
        """Add to a counter, set a gauge, or put a value into a histogram."""
        ...


_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> Recorder | None:
    """Have all metrics of this process recorded from now on, by nobody if None; return who did so far."""
    global _recorder
    before, _recorder = _recorder, recorder
    return before


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Have the metrics of this process recorded for as long as the block runs."""
    before = record_with(recorder)
    try:
        yield
    finally:
        record_with(before)


@dataclass(frozen=True, eq=False)
class Metric:
    """A figure; of every label the values must be few, because each combination is kept apart."""

    name: str
    what: str
    labels: tuple[str, ...] = ()
    kind: ClassVar[Kind]

    def _record(self, value: float, labels: dict[str, str]) -> None:
        if _recorder is not None:
            _recorder.record(self, value, labels)


@dataclass(frozen=True, eq=False)
class Counter(Metric):
    """Only grows."""

    kind: ClassVar[Kind] = "counter"

    def add(self, value: float = 1.0, /, **labels: str) -> None:
        """Count; nothing for 0."""
        if value > 0:
            self._record(value, labels)


@dataclass(frozen=True, eq=False)
class Gauge(Metric):
    """How things are."""

    kind: ClassVar[Kind] = "gauge"

    def set(self, value: float, /, **labels: str) -> None:
        """Note how things are now."""
        self._record(value, labels)


@dataclass(frozen=True, eq=False)
class Histogram(Metric):
    """How values are spread, by buckets up to each of `buckets`."""

    buckets: tuple[float, ...] = ()
    kind: ClassVar[Kind] = "histogram"

    def observe(self, value: float, /, **labels: str) -> None:
        """Note one value."""
        self._record(value, labels)
