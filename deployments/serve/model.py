"""The one deployment class around every model."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from functools import partial

import ray

from deployments.serve.autoscaling import PLANNED_S
from deployments.serve.process import begin_process
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.torch.device import gpu_memory, limit_gpu_memory
from router.artifacts.store import ArtifactStore
from router.calls import ModelAnswer, ModelCall, Timing
from router.following import follow
from router.media.decoding import NoDecoder
from router.replica.model_host import ModelHost
from router.replica.observer import ModelMetrics
from router.replica.planned_work import PlannedWork
from router.settings import Settings
from router.spec import ModelSpec
from router.standing import ReplicaStanding
from router.telemetry import metrics, tracing
from router.telemetry.logs import about

logger = logging.getLogger("ray.serve")

SAMPLE_S = 10.0


class ModelDeployment:
    """A replica: one model behind its micro-batcher."""

    async def __init__(self, spec: ModelSpec) -> None:  # type: ignore[misc]  # Serve awaits constructors
        """Load the model; a model that refuses to load answers every call with its reason.

        Args:
            spec: Which wrapper to serve, and how.
        """
        begin_process("model")
        limit_gpu_memory(spec.device, ray.get_runtime_context().get_assigned_resources().get("GPU", 0.0))
        self._spec = spec
        self._planned = PlannedWork(spec.concurrency)
        store = ArtifactStore.from_settings(Settings.from_environment(), NoDecoder())
        self._host = ModelHost(spec, store, metrics=ModelMetrics(spec.id, on_run=self._planned.ran))
        began = time.perf_counter()
        await self._host.start()
        self._load_s = time.perf_counter() - began
        metrics.LOAD_SECONDS.observe(self._load_s, model=spec.id)
        self._noting = asyncio.create_task(self._note_gpu_memory())

    async def warm(self) -> None:
        """Return at once: a replica that can be called has loaded its model."""

    async def run(self, call: ModelCall) -> ModelAnswer:
        """Answer one call."""
        with self._serving(call):
            return await self._host.run(call)

    async def run_with_progress(self, call: ModelCall) -> AsyncIterator[float | ModelAnswer]:
        """Yield how far the call is, 0 to 1, and at last its answer."""
        work = partial(self._host.run, call)
        with self._serving(call):
            async with aclosing(follow(work, max_waiting=1)) as told:  # of the fractions only the last matters
                async for fraction_or_answer in told:
                    assert fraction_or_answer is not None
                    yield fraction_or_answer

    async def stream(self, call: ModelCall) -> AsyncIterator[TaskResponse | Timing]:
        """Yield the answer to one call in parts, with decoded media small enough for a message each, and its timing."""
        with self._serving(call):
            async with aclosing(self._host.stream(call)) as parts:
                async for part in parts:
                    yield part

    async def standing(self) -> ReplicaStanding:
        """Return how things are here, for whoever asks why a request is slow."""
        return ReplicaStanding(self._spec.id, os.uname().nodename, self._load_s, gpu_memory(self._spec.device))

    async def expect(self, process: str, steps: int) -> None:
        """Note how many steps of a process's plans will need this model."""
        self._planned.expect(process, steps)

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Return what Serve brings to the model's autoscaling policy."""
        return {PLANNED_S: self._planned.seconds()}

    @contextmanager
    def _serving(self, call: ModelCall) -> Iterator[None]:
        """Have logs and traces tell of a block that it serves a call."""
        with about(call.scope), tracing.span("model", call.scope.traceparent, model=self._spec.id, task=call.task):
            yield

    async def _note_gpu_memory(self) -> None:
        while memory := gpu_memory(self._spec.device):
            for kind, size_bytes in memory.items():
                metrics.GPU_MEMORY.set(size_bytes, model=self._spec.id, kind=kind)
            await asyncio.sleep(SAMPLE_S)

    async def check_health(self) -> None:
        """Raise if the model is stuck, so that Serve replaces the replica."""
        self._host.check_health()

    async def __del__(self) -> None:
        """Release the model when the replica stops."""
        if hasattr(self, "_host"):
            self._noting.cancel()
            await self._host.stop()
