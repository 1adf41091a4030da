"""Metrics of a process on the cluster, exported by Ray on its node's Prometheus endpoint and so in its dashboard."""

from ray.util import metrics

from router.telemetry.metric import Histogram, Metric
from router.telemetry.metrics import ALL

PREFIX = "ray_"  # of their names there


class RayRecorder:
    """Hands figures to Ray, which collects those of all processes of a node every few seconds."""

    def __init__(self) -> None:
        """Register all metrics; must run inside a worker."""
        self._kept = {metric: _registered(metric) for metric in ALL}

    def record(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        """Add to a counter, set a gauge, or put a value into a histogram."""
        kept = self._kept[metric]
        if isinstance(kept, metrics.Counter):
            kept.inc(value, tags=labels)
        elif isinstance(kept, metrics.Gauge):
            kept.set(value, tags=labels)
        else:
            kept.observe(value, tags=labels)


def _registered(metric: Metric) -> metrics.Counter | metrics.Gauge | metrics.Histogram:
    if isinstance(metric, Histogram):
        return metrics.Histogram(metric.name, metric.what, list(metric.buckets), metric.labels)
    kind = metrics.Counter if metric.kind == "counter" else metrics.Gauge
    return kind(metric.name, metric.what, metric.labels)
