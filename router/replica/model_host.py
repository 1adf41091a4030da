"""What a replica does around a model: load it, feed it decoded media, store what it makes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from model_wrappers.contract.base import ModelWrapper, RunContext
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import InvalidInput, ModelFailed, ModelLost, ModelUnavailable
from model_wrappers.contract.tasks import get_task
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from router.calls import ModelAnswer, ModelCall, OnProgress, Timing, within
from router.capabilities import check_limits
from router.fairness.order import Turn
from router.replica.batching import Batched, MicroBatcher, Outcome
from router.replica.media_exchange import MediaExchange, MediaStore
from router.replica.media_memory import MediaMemory, decoded_bytes
from router.replica.observer import CallMetrics, CallObserver, StreamTotals
from router.replica.parts import small_parts
from router.spec import ModelSpec
from router.telemetry import tracing

logger = logging.getLogger(__name__)

STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class _Admitted:
    """A call with a place before the model."""

    batcher: MicroBatcher
    turn: Turn


class ModelHost:
    """One loaded model that answers calls."""

    def __init__(self, spec: ModelSpec, artifacts: MediaStore, *, metrics: CallMetrics | None = None) -> None:
        """Keep the parts; `start` loads.

        Args:
            spec: Which model to run, and how.
            artifacts: Where its media come from and go to.
            metrics: Told of every call that ended.
        """
        self._spec = spec
        self._media = MediaExchange(spec.id, artifacts, spec.card)
        self._memory = MediaMemory(spec.media_memory_mib, self._ordered)
        self._observer = CallObserver(spec.id, metrics)
        # The model loads in the thread it runs in: native libraries keep settings per thread.
        self._model_threads = ThreadPoolExecutor(spec.workers, thread_name_prefix=f"model-{spec.id}")
        self._model: ModelWrapper[Any, Any] | None = None
        self._batcher: MicroBatcher | None = None
        self._unavailable: ModelUnavailable | None = None

    async def start(self) -> None:
        """Load and warm up; a model that refuses with `ModelUnavailable` answers every call with that.

        Raises:
            Exception: Whatever else loading raised; another try may succeed.
        """
        entry = self._spec.entry()
        if entry.state == "off":
            self._unavailable = ModelUnavailable(f"Model '{entry.id}' is off: {entry.reason}.")
            return
        loop = asyncio.get_running_loop()
        try:
            self._model = await loop.run_in_executor(self._model_threads, self._load)
        except ModelUnavailable as exc:
            logger.warning("Model '%s' refused to load: %s", self._spec.id, exc.message)
            self._unavailable = exc
            return
        self._batcher = MicroBatcher(
            self._run_batch,
            self._model_threads,
            name=self._spec.id,
            stream=self._stream_model,
            max_batch_size=self._spec.max_batch_size,
            workers=self._spec.workers,
            max_queue=self._spec.max_queue,
        )

    def entry(self) -> ModelEntry:
        """Return the model's row of the catalog as it turned out; off if it refused to load."""
        entry = self._spec.entry()
        if self._unavailable is None or entry.state == "off":
            return entry
        return entry.model_copy(update={"state": "off", "reason": self._unavailable.message})

    async def run(self, call: ModelCall, on_progress: OnProgress | None = None) -> ModelAnswer:
        """Answer one call.

        Args:
            call: Its media are references of its own tenant.
            on_progress: Called in the event loop with fractions from 0 to 1.

        Raises:
            AudioGPTError: And nothing else, but for the cancellation of this coroutine.
        """
        with self._observer.errors(call):
            answer = await self._answer(call, on_progress)
        self._observer.observe(call, answer)
        return answer

    async def stream(self, call: ModelCall) -> AsyncGenerator[TaskResponse | Timing, None]:
        """Answer one call in parts, their media decoded and stored nowhere, and at last tell how long it took.

        Closing the iterator cancels the call.

        A model that does not stream answers in one part.

        Raises:
            AudioGPTError: And nothing else, also after some parts.
        """
        made = StreamTotals()
        kind = f"{call.task} in parts"  # takes as long as its reader does
        with self._observer.errors(call), self._admission(call, kind) as admitted:
            async with self._decoded(call, admitted) as request, aclosing(self._parts(admitted, call, request)) as told:
                async for part in told:
                    if isinstance(part, Batched):
                        made.batched = part
                    else:
                        made.add(part)
                        for piece in small_parts(self._expected(part, call)):
                            yield piece
        self._observer.observe_stream(call, made)
        if made.batched is not None:
            yield Timing(made.batched.queue_s, made.batched.run_s, made.batched.batch_size)

    def check_health(self) -> None:
        """Raise if the process should be replaced.

        Raises:
            ModelFailed: If a batch hangs.
        """
        if self._batcher is not None and self._batcher.stuck:
            raise ModelFailed(f"Model '{self._spec.id}' hangs: a batch runs on long after its last deadline.")

    async def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Finish what runs, for at most `timeout_s` seconds, and release the model."""
        if self._batcher is not None:
            await self._batcher.close(timeout_s)
            if not self._batcher.running:
                await self._unload(timeout_s)
        self._model = self._batcher = None
        self._unavailable = ModelUnavailable(f"Model '{self._spec.id}' was stopped.")
        self._model_threads.shutdown(wait=False, cancel_futures=True)
        self._media.close()

    async def _unload(self, timeout_s: float) -> None:
        assert self._model is not None
        unloading = asyncio.get_running_loop().run_in_executor(self._model_threads, self._model.unload)
        await asyncio.wait({unloading}, timeout=timeout_s)
        if not unloading.done():
            logger.error("Model '%s' did not unload within %.0f s", self._spec.id, timeout_s)
        elif (error := unloading.exception()) is not None:
            logger.error("Model '%s' failed to unload", self._spec.id, exc_info=error)

    def _load(self) -> ModelWrapper[Any, Any]:
        model = self._spec.build()
        model.load(self._spec.device)
        model.warm_up()
        return model

    async def _answer(self, call: ModelCall, on_progress: OnProgress | None) -> ModelAnswer:
        with self._admission(call, call.task) as admitted:
            async with self._decoded(call, admitted) as request:
                batched = await self._submitted(admitted, call, request, on_progress)
                del request  # its media are counted no more
            with tracing.span("store"):
                response = await self._media.store(self._expected(batched.response, call), call)
        return ModelAnswer(response, batched.queue_s, batched.run_s, batched.batch_size)

    @contextmanager
    def _admission(self, call: ModelCall, kind: str) -> Iterator["_Admitted"]:
        """Hold a place for a call while it is here; refuse it before anything is decoded if there is none."""
        batcher = self._ready(call)
        with batcher.place(kind, call.request, call.scope) as turn:
            yield _Admitted(batcher, turn)

    def _ordered(self) -> Iterator[Turn]:
        return iter(()) if self._batcher is None else self._batcher.ordered()

    async def _parts(
        self, admitted: "_Admitted", call: ModelCall, request: TaskRequest
    ) -> AsyncGenerator[TaskResponse | Batched, None]:
        if self._spec.card.streams:
            async with aclosing(admitted.batcher.stream(request, call.scope, admitted.turn)) as streamed:
                async for part in streamed:
                    yield part
        else:
            batched = await self._submitted(admitted, call, request)
            yield batched.response
            yield batched

    def _ready(self, call: ModelCall) -> MicroBatcher:
        if self._unavailable is not None:
            raise ModelUnavailable(self._unavailable.message, hint=self._unavailable.hint)
        if self._batcher is None:
            raise ModelUnavailable(f"Model '{self._spec.id}' is still loading; try again later.", retry_after_s=5.0)
        call.scope.remaining_s()
        if call.task not in self._spec.card.tasks:
            tasks = ", ".join(self._spec.card.tasks)
            raise InvalidInput(f"Model '{self._spec.id}' does not do {call.task}; it does: {tasks}.", param="task")
        return self._batcher

    async def _submitted(
        self, admitted: "_Admitted", call: ModelCall, request: TaskRequest, on_progress: OnProgress | None = None
    ) -> Batched:
        if self._model is None:
            raise ModelLost(f"Model '{self._spec.id}' was stopped before it answered.")
        group = (call.task, self._model.batch_key(request))
        return await admitted.batcher.submit(request, call.scope, admitted.turn, group=group, on_progress=on_progress)

    def _expected(self, response: TaskResponse, call: ModelCall) -> TaskResponse:
        expected = get_task(call.task).response
        if not isinstance(response, expected):
            got = type(response).__name__
            raise ModelFailed(f"Model '{self._spec.id}' answered with {got}; {call.task} needs {expected.__name__}.")
        return response

    def _run_batch(self, requests: Sequence[TaskRequest], context: RunContext) -> Sequence[Outcome]:
        assert self._model is not None
        return self._model.run_batch(requests, context)

    def _stream_model(self, request: TaskRequest, context: RunContext) -> Iterator[TaskResponse]:
        assert self._model is not None
        return self._model.stream(request, context)

    @asynccontextmanager
    async def _decoded(self, call: ModelCall, admitted: "_Admitted") -> AsyncIterator[TaskRequest]:
        """Give the request as the model gets it, once there is room for its media, which is kept until the end.

        What the model's card rules out is judged on the media themselves.
        """
        async with AsyncExitStack() as held:
            if size_bytes := decoded_bytes(call.request, self._spec.card):
                room = self._memory.room(size_bytes, admitted.turn)
                who = f"Model '{self._spec.id}'"
                await within(call.scope.deadline, who, lambda: held.enter_async_context(room))
            with tracing.span("decode"):
                request = await self._media.decode(call)
            check_limits(self._spec.id, self._spec.card, get_task(call.task), request)
            yield request
