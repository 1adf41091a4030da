"""What it costs to be seen: the same plan without telemetry, with metrics, and with traces and labelled logs besides.

Usage: python -m benchmarks.costs.telemetry [--rounds 300]

Executor, queue, batch and a model that does nothing run in one process, the three ways in turn, so that whatever else
the machine does meets all of them alike.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from deployments.local.launch import BEFORE_RAY

if TYPE_CHECKING:
    from router.execution.executor import Executor

ROOT = Path(__file__).parents[2]
STEPS = 8
WARM_UP = 30
KINDS = ("off", "metrics", "metrics, traces and logs")


class Steps:
    """Runs plans of steps that do nothing, seen in the ways there are."""

    def __init__(self) -> None:
        """Prepare everything a replica has."""
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        from deployments.serve.metrics import RayRecorder
        from router.telemetry.logs import label_records

        self._recorder = RayRecorder()
        self._spans = InMemorySpanExporter()  # a receiver that costs nothing, as one on another machine does
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(self._spans))
        self._tracer = provider.get_tracer("benchmark")
        label_records()

    async def measure(self, rounds: int) -> dict[str, list[float]]:
        """Return seconds of each plan, by how it was seen."""
        from router.artifacts.store import ArtifactStore
        from router.execution.executor import Executor
        from router.in_process import InProcessDispatcher
        from router.settings import Settings
        from router.spec import ModelSpec

        found: dict[str, list[float]] = {kind: [] for kind in KINDS}
        chance = random.Random(0)
        with tempfile.TemporaryDirectory() as folder:
            store = ArtifactStore.from_settings(Settings(home=Path(folder)))
            models = [ModelSpec(id="noop", wrapper="tests.router.models:Echo", max_queue=64)]
            dispatcher = InProcessDispatcher(models, store)
            executor = Executor(dispatcher, store, dispatcher.catalog)
            for number in range(WARM_UP + rounds):
                for kind in chance.sample(KINDS, len(KINDS)):  # each has every place as often
                    with self._seen(kind):
                        took_s = await _plan_s(executor)
                    if number >= WARM_UP:
                        found[kind].append(took_s)
                self._spans.clear()
            await dispatcher.close()
        return found

    @contextmanager
    def _seen(self, kind: str) -> Iterator[None]:
        from router.telemetry.metric import record_with
        from router.telemetry.tracing import trace_with

        before = record_with(None if kind == "off" else self._recorder)
        trace_with(self._tracer if kind == KINDS[-1] else None)
        try:
            yield
        finally:
            record_with(before)
            trace_with(None)


async def _plan_s(executor: "Executor") -> float:
    from llm_planner.plans.plan import Plan, Step
    from router.principal import Principal
    from router.scope import Scope
    from router.telemetry import tracing
    from router.telemetry.logs import about

    scope = Scope.lasting(60.0, Principal("default"), "benchmark")
    steps = []
    for i in range(STEPS):
        text = {"from": f"s{i - 1}.text"} if i else "x"
        arguments = {"text": text, "target_language": "es"}
        steps.append(Step.model_validate({"id": f"s{i}", "task": "speech-translation", "arguments": arguments}))
    plan = Plan(steps=tuple(steps))
    began = time.perf_counter()
    with tracing.span("POST /v1/chat"), about(tracing.carried(scope)):
        results = await executor.execute(plan, tracing.carried(scope))
    took_s = time.perf_counter() - began
    assert all(result.state == "done" for result in results), results
    return took_s


def report(found: Mapping[str, list[float]]) -> None:
    """Print what a step takes seen in each way, and how much more that is than unseen."""
    table = Table("seen by", "p50 µs a step", "more, of the medians of pairs")
    off = found["off"]
    for kind, values in found.items():
        more = statistics.median(v - o for v, o in zip(values, off, strict=True)) / STEPS
        cells = (f"{1e6 * statistics.median(values) / STEPS:.0f}", "" if kind == "off" else f"{1e6 * more:+.0f} µs")
        table.add_row(kind, *cells)
    Console().print(table)


def on_a_cluster(rounds: int) -> Mapping[str, list[float]]:
    """Measure in a worker of a Ray cluster of its own, which collects metrics as nodes do."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.environ.update(BEFORE_RAY | {"PYTHONPATH": str(ROOT)})
        import ray

        ray.init(address="local", include_dashboard=False, _temp_dir=folder, log_to_driver=False)
        try:
            worker: Any = ray.remote(Steps)
            found: Mapping[str, list[float]] = ray.get(worker.remote().measure.remote(rounds))
            return found
        finally:
            ray.shutdown()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    report(on_a_cluster(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
