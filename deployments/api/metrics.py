"""`/metrics`: what lives outside the model replicas, in Prometheus' format.

The models' own metrics are on every node's Ray endpoint. With several ingress replicas each answers for itself.
"""

import time
from collections.abc import Callable, Iterator

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.services import ServicesOf
from model_wrappers.contract.catalog import Catalog
from router.execution.lines import Lines

router = APIRouter(tags=["health"])

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
STATES = ("live", "starting", "off")


class CatalogCollector(Collector):
    """Counts the models by state, and the calls to each, when it is asked."""

    def __init__(self, catalog: Callable[[], Catalog], lines: Lines) -> None:
        """Ask both at every scrape."""
        self._catalog = catalog
        self._lines = lines

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        catalog = self._catalog()
        models = GaugeMetricFamily("audiogpt_models", "Configured models by state", labels=["state"])
        for state in STATES:
            models.add_metric([state], sum(entry.state == state for entry in catalog.models))
        yield models
        calls = GaugeMetricFamily("audiogpt_model_calls", "Calls of this ingress by model", labels=["model", "state"])
        for model, (running, waiting) in self._lines.counts().items():
            calls.add_metric([model, "running"], running)
            calls.add_metric([model, "waiting"], waiting)
        yield calls
        yield GaugeMetricFamily("audiogpt_live_tasks", "Tasks in service", value=len(catalog.live_tasks()))


class HttpMetrics:
    """ASGI layer that counts and times requests by method, route and status."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        """Wrap an application and register the metrics."""
        self._app = app
        labels = ("method", "route", "status")
        self._requests = Counter("audiogpt_http_requests", "HTTP requests answered", labels, registry=registry)
        self._seconds = Histogram(
            "audiogpt_http_seconds",
            "Time to the end of the answer",
            ("method", "route"),
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 499  # the caller left before an answer began
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "none")  # never the path itself: it has no bound
            self._requests.labels(scope["method"], route, str(status)).inc()
            self._seconds.labels(scope["method"], route).observe(time.perf_counter() - began)


@router.get("/metrics", response_class=Response)
async def metrics(services: ServicesOf) -> Response:
    """Return the metrics of the ingress."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)
