"""The models of a serve config, run in a process of their own so that their memory can be told."""

import asyncio
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

from evaluation.capability.exchange import arguments_of, response_of
from evaluation.capability.items import Answer
from evaluation.capability.processes import cpu_s, peak_memory_mib
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import ModelLost, ModelUnavailable
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest
from router.artifacts.store import ArtifactStore
from router.execution.executor import Executor
from router.in_process import InProcessDispatcher
from router.principal import Principal
from router.scope import Scope
from router.spec import read_specs

DEADLINE_S = 1_800.0  # of one item
TIME_TO_LIVE_S = 24 * 3600.0
TENANT = "evaluation"


class Models(Protocol):
    """Whatever answers requests."""

    def answer(self, task: str, request: TaskRequest, model: str | None) -> Answer:
        """Answer one request with one model, the best one if None; raise the model's own `AudioGPTError`."""
        ...

    def describe(self, model: str) -> ModelEntry:
        """Return what a model declares of itself."""
        ...


class LocalModels:
    """Models of a serve config in a fresh process, which ends with the `with` block."""

    def __init__(self, config: Path) -> None:
        """Start the process when the first request comes.

        Raises:
            InvalidInput: If the file is not a serve config with models.
        """
        read_specs(config)
        self._config = config
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, get_context("spawn"), _Worker.start, (self._config,))

    def __enter__(self) -> Self:
        """Use the models in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._pool.shutdown(cancel_futures=True)

    def answer(self, task: str, request: TaskRequest, model: str | None) -> Answer:
        """Answer one request.

        Raises:
            ModelLost: If the process died.
            AudioGPTError: The model's own error.
        """
        return self._ask(_Worker.answer, task, request, model)

    def describe(self, model: str) -> ModelEntry:
        """Return what a model declares of itself."""
        return self._ask(_Worker.describe, model)

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return self._pool.submit(function, *arguments).result()
        except BrokenProcessPool as exc:
            self._pool = self._start()  # for the next request
            raise ModelLost("The process of the models died; see its output above, and the memory it needs.") from exc


class _Worker:
    """What runs in the process of the models."""

    running: ClassVar["_Worker"]

    def __init__(self, config: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="audiogpt-evaluation-")
        self._artifacts = ArtifactStore(self._folder.name, TIME_TO_LIVE_S)
        self._dispatcher = InProcessDispatcher(read_specs(config), self._artifacts)
        self._executor = Executor(self._dispatcher, self._artifacts, self._dispatcher.catalog)
        self._loop = asyncio.Runner()
        self._empty_mib = peak_memory_mib(os.getpid())

    @classmethod
    def start(cls, config: Path) -> None:
        cls.running = cls(config)

    @staticmethod
    def describe(model: str) -> ModelEntry:
        return _Worker.running._dispatcher.catalog().get(model)

    @staticmethod
    def answer(task: str, request: TaskRequest, model: str | None) -> Answer:
        worker = _Worker.running
        return worker._loop.run(worker._answer(task, request, model))

    async def _answer(self, task_id: str, request: TaskRequest, model: str | None) -> Answer:
        if reason := self._dispatcher.catalog().why_off(task_id):
            raise ModelUnavailable(reason)
        before_s = cpu_s(os.getpid())
        result = await self._executor.execute_task(
            task_id,
            arguments_of(request, partial(self._artifacts.store, tenant=TENANT, most_bytes=None)),
            Scope.lasting(DEADLINE_S, Principal(TENANT), task_id),
            model=model,
        )
        used_s = cpu_s(os.getpid()) - before_s
        response = response_of(get_task(task_id), result.outputs, self._read)
        return Answer(
            response,
            model=result.model or "",
            run_s=result.duration_s or 0.0,
            cpu_s=used_s,
            peak_memory_mib=peak_memory_mib(os.getpid()) - self._empty_mib,
        )

    def _read(self, reference: ArtifactRef) -> bytes:
        return self._artifacts.read(reference)
