"""Models in this process: how calls reach them without Ray."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from model_wrappers.contract.catalog import Catalog, ModelEntry
from model_wrappers.contract.errors import ModelLost, NotFound
from model_wrappers.contract.tasks.base import TaskResponse
from router.calls import ModelAnswer, ModelCall, OnProgress, Timing, within
from router.failures import known_failures
from router.replica.media_exchange import MediaStore
from router.replica.model_host import STOP_TIMEOUT_S, ModelHost
from router.replica.observer import CallMetrics
from router.spec import ModelSpec


class InProcessDispatcher:
    """Models in this process, each loaded on its first call."""

    def __init__(
        self, specs: Iterable[ModelSpec], artifacts: MediaStore, *, metrics: CallMetrics | None = None
    ) -> None:
        """Know the models; load none.

        Args:
            specs: Models, best first within a task.
            artifacts: Where their media come from and go to.
            metrics: Told of every call that ended.
        """
        self._specs = {spec.id: spec for spec in specs}
        self._artifacts = artifacts
        self._metrics = metrics
        self._hosts: dict[str, asyncio.Task[ModelHost]] = {}

    def catalog(self) -> Catalog:
        """Return the models; one that refused to load is off."""
        return Catalog(models=tuple(self._entry(spec) for spec in self._specs.values()))

    async def run(self, entry: ModelEntry, call: ModelCall, on_progress: OnProgress | None = None) -> ModelAnswer:
        """Run one call on one model, loading it first if it is not.

        Raises:
            NotFound: If no such model is known here.
            AudioGPTError: The model's own error.
        """
        host = await within(call.scope.deadline, f"Loading model '{entry.id}'", lambda: self._host(entry.id))
        return await host.run(call, on_progress)

    async def warm(self, entry: ModelEntry) -> None:
        """Load a model if it is not; raises what `run` does."""
        await self._host(entry.id)

    async def stream(self, entry: ModelEntry, call: ModelCall) -> AsyncGenerator[TaskResponse | Timing, None]:
        """Run one call on one model and yield its answer in parts; see `run`."""
        host = await within(call.scope.deadline, f"Loading model '{entry.id}'", lambda: self._host(entry.id))
        async with aclosing(host.stream(call)) as parts:
            async for part in parts:
                yield part

    async def close(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Stop every loaded model, each within `timeout_s` seconds of its last batch."""
        tasks, self._hosts = list(self._hosts.values()), {}
        for task in tasks:
            task.cancel()
        started = await asyncio.gather(*tasks, return_exceptions=True)
        hosts = [host for host in started if isinstance(host, ModelHost)]
        await asyncio.gather(*(host.stop(timeout_s) for host in hosts))

    def _entry(self, spec: ModelSpec) -> ModelEntry:
        task = self._hosts.get(spec.id)
        started = task is not None and task.done() and not task.cancelled() and task.exception() is None
        entry = task.result().entry() if task is not None and started else spec.entry()
        return entry if entry.card.is_composite else entry.model_copy(update={"loaded": started})

    async def _host(self, model_id: str) -> ModelHost:
        task = self._hosts.get(model_id)
        if task is None:
            task = self._hosts[model_id] = asyncio.create_task(self._start(model_id))
        try:
            # Others wait for the same model: a caller that gives up must not stop it from loading.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if task.cancelled() and not (caller and caller.cancelling()):
                raise ModelLost(f"Model '{model_id}' was stopped before it had loaded.") from None
            raise

    async def _start(self, model_id: str) -> ModelHost:
        if model_id not in self._specs:
            self._hosts.pop(model_id, None)
            raise NotFound(f"Model '{model_id}' is not in this process; it has: {', '.join(self._specs)}.")
        host = ModelHost(self._specs[model_id], self._artifacts, metrics=self._metrics)
        try:
            with known_failures(f"Loading model '{model_id}'", "-"):
                await host.start()
        except BaseException:
            self._hosts.pop(model_id, None)
            await host.stop(0.0)
            raise
        return host
