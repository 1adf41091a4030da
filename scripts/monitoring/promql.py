"""PromQL over the system's metrics; a name or a label that does not exist is an error here and not an empty graph."""

from collections.abc import Mapping, Sequence

from router.telemetry.metric import Counter, Gauge, Histogram, Metric

PREFIX = "ray_"
INTERVAL = "$__rate_interval"  # Grafana's; alerts name one


def name_of(metric: Metric) -> str:
    """Return the name under which Ray exports a metric."""
    return f"{PREFIX}{metric.name}"


def rate(metric: Counter, by: Sequence[str] = (), *, over: str = INTERVAL, **where: str) -> str:
    """Return how often a counter counts in a second, over all processes."""
    return _sum(f"rate({_series(metric, where)}[{over}])", metric, by)


def histogram_rate(metric: Histogram, by: Sequence[str] = (), *, over: str = INTERVAL, **where: str) -> str:
    """Return how many values a histogram takes in a second, over all processes."""
    return _sum(f"rate({_series(metric, where, '_count')}[{over}])", metric, by)


def share_within(metric: Histogram, limit: float, *, over: str, **where: str) -> str:
    """Return which share of a histogram's values is at most `limit`, one of its buckets."""
    assert limit in metric.buckets, f"{metric.name} has no bucket {limit}"
    within = _sum(f"rate({_series(metric, {**where, 'le': str(limit)}, '_bucket')}[{over}])", metric, ())
    return f"{within} / {histogram_rate(metric, over=over, **where)}"


def quantile(share: float, metric: Histogram, by: Sequence[str] = (), *, over: str = INTERVAL, **where: str) -> str:
    """Return the value below which a share of a histogram's values lies."""
    _check(metric, by)
    labels = ", ".join(("le", *by))
    return f"histogram_quantile({share}, sum by ({labels}) (rate({_series(metric, where, '_bucket')}[{over}])))"


def total(metric: Gauge, by: Sequence[str] = (), **where: str) -> str:
    """Return a gauge summed over all processes."""
    return _sum(_series(metric, where), metric, by)


def most(metric: Gauge, by: Sequence[str] = (), **where: str) -> str:
    """Return a gauge that is equal in all processes, or the largest of them."""
    _check(metric, by)
    return f"max{_by(by)} ({_series(metric, where)})"


def grown(metric: Counter, over: str, **where: str) -> str:
    """Return by how much a counter grew; unlike `increase`, the first count of a series that is new counts too."""
    now = _sum(_series(metric, where), metric, ())
    before = _sum(f"{_series(metric, where)} offset {over}", metric, ())
    return f"(({now} or vector(0)) - ({before} or vector(0)))"


def or_nothing(query: str) -> str:
    """Return a query that is 0 where nothing of its kind has ever happened."""
    return f"({query} or vector(0))"


def ratio(part: str, whole: str) -> str:
    """Return a share, 0 where there is no part; none where the whole is 0."""
    return f"({part} or 0 * {whole}) / ({whole} > 0)"


def _series(metric: Metric, where: Mapping[str, str], suffix: str = "") -> str:
    _check(metric, [label for label in where if label != "le"])
    matchers = ", ".join(_matcher(label, value) for label, value in where.items())
    return f"{name_of(metric)}{suffix}{{{matchers}}}" if matchers else f"{name_of(metric)}{suffix}"


def _matcher(label: str, value: str) -> str:
    """Return a matcher; a value that begins with `=~`, `!~` or `!=` says how it is compared."""
    for operator in ("=~", "!~", "!="):
        if value.startswith(operator):
            return f'{label}{operator}"{value[2:]}"'
    return f'{label}="{value}"'


def _sum(what: str, metric: Metric, by: Sequence[str]) -> str:
    _check(metric, by)
    return f"sum{_by(by)} ({what})"


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""


def _check(metric: Metric, labels: Sequence[str]) -> None:
    if unknown := set(labels) - set(metric.labels):
        raise ValueError(f"{metric.name} has no label {', '.join(sorted(unknown))}; it has: {metric.labels}")
