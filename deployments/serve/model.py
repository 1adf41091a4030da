"""The one deployment class around every model."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import ray

from deployments.local.loopback import bind_replica_to_loopback
from deployments.serve.metrics import ServeMetrics
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.torch.device import limit_gpu_memory
from router.artifacts.store import ArtifactStore
from router.calls import ModelAnswer, ModelCall, Timing
from router.following import follow
from router.replica.model_host import ModelHost
from router.settings import Settings
from router.spec import ModelSpec

logger = logging.getLogger("ray.serve")


class ModelDeployment:
    """A replica: one model behind its micro-batcher."""

    async def __init__(self, spec: ModelSpec) -> None:  # type: ignore[misc]  # Serve awaits constructors
        """Load the model; a model that refuses to load answers every call with its reason.

        Args:
            spec: Which wrapper to serve, and how.
        """
        bind_replica_to_loopback()
        limit_gpu_memory(spec.device, ray.get_runtime_context().get_assigned_resources().get("GPU", 0.0))
        self._host = ModelHost(
            spec, ArtifactStore.from_settings(Settings.from_environment()), metrics=ServeMetrics(spec.id)
        )
        await self._host.start()

    async def warm(self) -> None:
        """Return at once: a replica that can be called has loaded its model."""

    async def run(self, call: ModelCall) -> ModelAnswer:
        """Answer one call."""
        return await self._host.run(call)

    async def run_with_progress(self, call: ModelCall) -> AsyncIterator[float | ModelAnswer]:
        """Yield how far the call is, 0 to 1, and at last its answer."""
        work = partial(self._host.run, call)
        async with aclosing(follow(work, max_waiting=1)) as told:  # of the fractions only the last matters
            async for fraction_or_answer in told:
                assert fraction_or_answer is not None
                yield fraction_or_answer

    async def stream(self, call: ModelCall) -> AsyncIterator[TaskResponse | Timing]:
        """Yield the answer to one call in parts, with decoded media small enough for a message each, and its timing."""
        async with aclosing(self._host.stream(call)) as parts:
            async for part in parts:
                yield part

    async def check_health(self) -> None:
        """Raise if the model is stuck, so that Serve replaces the replica."""
        self._host.check_health()

    async def __del__(self) -> None:
        """Release the model when the replica stops."""
        if hasattr(self, "_host"):
            await self._host.stop()
