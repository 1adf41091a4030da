import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from llm_planner.plans.plan import FromStep, Plan, Step
from model_wrappers.contract.errors import InvalidInput
from router.artifacts.store import ArtifactStore
from router.execution.executor import Executor
from router.principal import Principal
from router.scope import Scope
from router.spec import ModelSpec
from router.telemetry import tracing
from tests.router.dispatching import dispatching, scope

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with tracing.tracing(provider.get_tracer("test")):
        yield kept


def finished(spans: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in spans.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def test_nothing_is_made_where_nobody_asked() -> None:
    before = scope()
    with tracing.span("x", GIVEN) as span:
        assert span is None
        assert tracing.here() is None
        assert tracing.carried(before) is before
    assert tracing.trace_id(Scope(Principal("a"), 0.0, "r", traceparent=GIVEN)) == GIVEN.split("-")[1]


def test_span_goes_on_where_another_process_left_off(spans: InMemorySpanExporter) -> None:
    with tracing.span("caller", GIVEN):
        there = tracing.carried(scope())
    with tracing.span("callee", there.traceparent, model="m"):
        pass
    made = finished(spans)
    assert parent_of(made["caller"][0]) == int(GIVEN.split("-")[2], 16)
    assert parent_of(made["callee"][0]) == id_of(made["caller"][0])
    assert made["callee"][0].attributes == {"audiogpt.model": "m"}
    assert {span.context.trace_id for of_name in made.values() for span in of_name if span.context} == {
        int(GIVEN.split("-")[1], 16)
    }


def test_span_of_what_failed_says_so(spans: InMemorySpanExporter) -> None:
    with pytest.raises(InvalidInput), tracing.span("x"):
        raise InvalidInput("what somebody wrote")
    (made,) = finished(spans)["x"]
    assert not made.status.is_ok
    assert "somebody" not in made.to_json()


@pytest.mark.parametrize(
    "header",
    ["", f"00-{'0' * 32}-00f067aa0ba902b7-01", GIVEN.upper(), f"{GIVEN}-x", f"{GIVEN}\n", "01" + GIVEN[2:]],
)
def test_names_of_no_span_are_not_taken(header: str) -> None:
    assert not tracing.TRACEPARENT.fullmatch(header)


async def test_steps_attempts_queues_and_batches_hang_together(spans: InMemorySpanExporter, tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path), 60.0)
    echo = ModelSpec(id="echo", wrapper="tests.router.models:Echo")
    again: Any = FromStep.model_validate({"from": "s1.text"})
    steps = [
        Step(id=name, task="speech-translation", arguments={"text": text, "target_language": "es"})
        for name, text in (("s1", "x"), ("s2", again), ("s3", "x"))
    ]
    async with dispatching(store, echo) as dispatcher:
        executor = Executor(dispatcher, store, dispatcher.catalog)
        with tracing.span("request"):
            await executor.execute(Plan(steps=tuple(steps)), scope())
            await asyncio.sleep(0)
    made = finished(spans)
    (request,) = made["request"]
    assert {parent_of(step) for step in made["step"]} == {id_of(request)}
    assert {parent_of(attempt) for attempt in made["attempt"]} == {id_of(step) for step in made["step"]}
    for name in ("queue", "batch"):
        assert len(made[name]) == 3
        assert {parent_of(span) for span in made[name]} == {id_of(attempt) for attempt in made["attempt"]}
    for queue, batch in zip(made["queue"], made["batch"], strict=True):
        assert queue.start_time is not None
        assert queue.end_time is not None
        assert batch.start_time is not None
        assert abs(queue.end_time - batch.start_time) < 1_000_000  # ns
