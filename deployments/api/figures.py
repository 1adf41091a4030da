"""Where figures are kept and read: in this process with Prometheus' own library, or wherever else they are."""

from collections.abc import Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric as Family

from router.telemetry import metric
from router.telemetry.metrics import ALL


class Figures(Protocol):
    """Reads the figures of the whole system."""

    async def text(self) -> bytes:
        """Return all of them in Prometheus' format."""
        ...

    async def families(self, names: tuple[str, ...]) -> Mapping[str, Family]:
        """Return some of the nodes' own figures by name, such as those of their GPUs; without those there are not."""
        ...


class OwnFigures:
    """The figures of this process alone, where it is the whole system."""

    def __init__(self) -> None:
        """Start at zero."""
        self._registry = CollectorRegistry()
        self._kept = {each: _registered(each, self._registry) for each in ALL}

    def record(self, metric: metric.Metric, value: float, labels: dict[str, str]) -> None:
        """Add to a counter, set a gauge, or put a value into a histogram."""
        kept = self._kept[metric]
        chosen = kept.labels(**labels) if labels else kept
        if isinstance(chosen, Counter):
            chosen.inc(value)
        elif isinstance(chosen, Gauge):
            chosen.set(value)
        else:
            chosen.observe(value)

    async def text(self) -> bytes:
        """Return them in Prometheus' format."""
        return generate_latest(self._registry)

    async def families(self, names: tuple[str, ...]) -> Mapping[str, Family]:
        """Return nothing: one process knows nothing of its node."""
        return {}


def _registered(each: metric.Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if isinstance(each, metric.Histogram):
        return Histogram(each.name, each.what, each.labels, buckets=each.buckets, registry=registry)
    kind = Counter if each.kind == "counter" else Gauge
    return kind(each.name, each.what, each.labels, registry=registry)
