"""One request, one trace: its caller's, from the edge to the model."""

from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from deployments.api.services import Services
from router.records.tables import runs
from router.telemetry import tracing
from tests.deployments.sounds import wav

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with tracing.tracing(provider.get_tracer("test")):
        yield kept


def names_above(span: ReadableSpan, spans: dict[int, ReadableSpan]) -> list[str]:
    """Return a span's name and those of the spans it is part of."""
    above = spans.get(span.parent.span_id) if span.parent else None
    return [span.name, *(names_above(above, spans) if above else [])]


async def test_all_work_for_a_request_is_part_of_its_span(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    files = [("files", ("a.wav", wav(0.5)))]
    answer = await client.post("/v1/chat", data={"text": "halve it and say done"}, files=files, headers=CALLER)
    assert answer.status_code == 200
    made = {span.context.span_id: span for span in spans.get_finished_spans() if span.context}
    assert {f"{span.context.trace_id:032x}" for span in made.values() if span.context} == {TRACE}
    ways = {span.name: names_above(span, made)[1:] for span in made.values()}
    root = "POST /v1/chat"
    assert ways[root] == []
    assert ways["plan"] == ways["step"] == ways["reply"] == [root]
    assert ways["batch"] == ways["queue"] == ways["decode"] == ["attempt", "step", root]


async def test_a_run_is_part_of_the_request_that_started_it(
    client: httpx.AsyncClient, services: Services, spans: InMemorySpanExporter
) -> None:
    run = (await client.post("/v1/runs", json={"text": "hello"}, headers=CALLER)).json()["id"]
    async with client.stream("GET", f"/v1/runs/{run}/events?stream=true") as events:
        async for _ in events.aiter_lines():
            pass
    made = {span.name: span for span in spans.get_finished_spans()}
    parent, started = made["run"].parent, made["POST /v1/runs"].context
    assert parent is not None
    assert started is not None
    assert parent.span_id == started.span_id
    assert f"{parent.trace_id:032x}" == TRACE


async def test_probes_are_not_traced(client: httpx.AsyncClient, spans: InMemorySpanExporter) -> None:
    for path in ("/healthz", "/metrics", "/"):
        assert (await client.get(path, headers=CALLER)).is_success
    assert spans.get_finished_spans() == ()


async def test_callers_trace_is_kept_where_nothing_is_traced(client: httpx.AsyncClient, services: Services) -> None:
    run = (await client.post("/v1/runs", json={"text": "hello"}, headers=CALLER)).json()["id"]
    other = (await client.post("/v1/runs", json={"text": "hello"}, headers={"traceparent": "00-x"})).json()["id"]
    async with client.stream("GET", f"/v1/runs/{run}/events?stream=true") as events:
        async for _ in events.aiter_lines():
            pass
    with services.database.reading() as connection:
        requests = dict(connection.execute(select(runs.c.id, runs.c.request)).tuples().all())
    assert TRACE in str(requests[run])
    assert "00-x" not in str(requests[other])
