import re

import pytest

from router.telemetry import metrics
from router.telemetry.metric import Counter, Histogram, Metric, recording
from router.telemetry.tenants import STANDARD, class_of, classify_with


class Book:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, dict[str, str]]] = []

    def record(self, metric: Metric, value: float, labels: dict[str, str]) -> None:
        self.rows.append((metric.name, value, labels))


def test_metrics_go_to_the_recorder_of_the_process() -> None:
    counter, before, book = Counter("x_total", "X", ("a",)), Book(), Book()
    with recording(before):
        with recording(book):
            counter.add(a="1")
            counter.add(0, a="1")
        counter.add(2, a="1")
    assert book.rows == [("x_total", 1.0, {"a": "1"})]
    assert before.rows == [("x_total", 2, {"a": "1"})]


def test_tenants_are_told_apart_by_the_classes_of_the_operator_only() -> None:
    classify_with({"acme": "gold"})
    try:
        assert [class_of("acme"), class_of("anybody")] == ["gold", STANDARD]
    finally:
        classify_with({})


@pytest.mark.parametrize("metric", metrics.ALL, ids=lambda metric: metric.name)
def test_metrics_have_names_and_buckets_as_prometheus_wants_them(metric: Metric) -> None:
    assert re.fullmatch(r"audiogpt_[a-z_]+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert not set(metric.labels) & {"tenant", "request_id", "run_id", "session", "replica"}, "without bound"
    if isinstance(metric, Histogram):
        assert metric.buckets
        assert list(metric.buckets) == sorted(set(metric.buckets))


def test_names_of_metrics_are_all_different() -> None:
    names = [re.sub(r"_total$", "", metric.name) for metric in metrics.ALL]
    assert len(set(names)) == len(names) > 40
