"""The micro-batcher: whenever the model is free it takes what is queued at that moment, and never waits for more."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from model_wrappers.contract.base import RunContext
from model_wrappers.contract.errors import (
    AudioGPTError,
    Cancelled,
    ModelFailed,
    ModelLost,
    RequestError,
)
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from router.calls import OnProgress, Timing, tell_timing, within
from router.fairness.costs import size_of
from router.fairness.order import Turn
from router.fairness.waiting_room import WaitingRoom
from router.replica.parts import Parts
from router.scope import Scope
from router.telemetry import tracing

logger = logging.getLogger(__name__)

PROGRESS_STEP = 0.01  # smaller advances are not told
MAX_REASON_CHARACTERS = 500  # of a foreign exception's message in ours

Outcome = TaskResponse | AudioGPTError
RunBatch = Callable[[Sequence[TaskRequest], RunContext], Sequence[Outcome]]
Stream = Callable[[TaskRequest, RunContext], Iterator[TaskResponse]]

STUCK_GRACE_S = 60.0  # a batch may run on this long after its last deadline before it counts as hung


@dataclass(frozen=True)
class Batched:
    """A response with the times and the company it had."""

    response: TaskResponse
    queue_s: float
    run_s: float
    batch_size: int


@dataclass(eq=False)
class Item:
    """A request on its way through the batcher; one with `parts` is answered into them, and by the last at the end."""

    request: TaskRequest
    scope: Scope
    turn: Turn
    group: object
    on_progress: OnProgress | None
    answer: asyncio.Future[Batched | AudioGPTError]
    parts: Parts | None = None
    queued_at: float = field(default_factory=time.perf_counter)
    trace: tracing.Place = field(default_factory=tracing.here)
    fraction: float = 0.0
    began: float | None = None  # when its batch did, and
    ended: float | None = None
    together: int = 0  # requests in its batch

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.answer.done() or time.time() >= self.scope.deadline

    @property
    def timing(self) -> Timing:
        """How long it waited and ran so far."""
        now = time.perf_counter()
        began = self.began if self.began is not None else now
        return Timing(began - self.queued_at, (self.ended or now) - began, self.together)

    def tell_progress(self, fraction: float) -> None:
        """Tell who waits, in the event loop, unless the answer came or they left meanwhile."""
        if self.on_progress is not None and not self.answer.done():
            self.on_progress(fraction)


class BatchRunner:
    """Calls a model's `run_batch` or `stream`, whatever that raises."""

    def __init__(self, name: str, run_batch: RunBatch, stream: Stream | None = None) -> None:
        """Keep the model's name, for messages, and its functions."""
        self._name = name
        self._run_batch = run_batch
        self._stream = stream

    def answer(self, batch: list[Item]) -> list[Outcome]:
        """Run a batch in a worker thread; if it fails as a whole, once more one by one."""
        try:
            outcomes = list(self._run(batch))
            if len(outcomes) != len(batch):
                raise ModelFailed(f"Model '{self._name}' gave {len(outcomes)} answers to {len(batch)} requests.")
        except BaseException as exc:  # noqa: BLE001  # foreign code: native extensions raise BaseException too
            if len(batch) > 1:
                self._log(exc, batch)
                return [self._answer_alone(item) for item in batch]
            if isinstance(exc, (RequestError, Cancelled)):
                return [exc]
            self._log(exc, batch)
            return [self._failure(exc)]
        return outcomes

    def _run(self, batch: list[Item]) -> Sequence[Outcome]:
        parts = batch[0].parts
        if parts is None:
            return self._run_batch([item.request for item in batch], _Context(batch))
        assert self._stream is not None
        (item,) = batch
        last = parts.write(self._stream(item.request, _Context(batch)), lambda: item.abandoned)
        if last is None:  # nothing was found, as in silence: the whole answer says so
            (outcome,) = self._run_batch([item.request], _Context(batch))
            if not isinstance(outcome, AudioGPTError):
                parts.write(iter([outcome]), lambda: item.abandoned)
            return [outcome]
        return [last]

    def _answer_alone(self, item: Item) -> Outcome:
        if item.abandoned:
            return Cancelled("Nobody waits for the answer any more.")
        return self.answer([item])[0]

    def _log(self, error: BaseException, batch: list[Item]) -> None:
        ids = ", ".join(item.scope.request_id for item in batch)
        logger.error("Model '%s' failed on a batch of %d (requests %s)", self._name, len(batch), ids, exc_info=error)

    def _failure(self, error: BaseException) -> AudioGPTError:
        if isinstance(error, AudioGPTError):
            return error
        reason = str(error)[:MAX_REASON_CHARACTERS] or "no message"
        return ModelFailed(f"Model '{self._name}' failed: {type(error).__name__}: {reason}")


class _Context:
    """What the running batch can tell and ask, from its own thread."""

    def __init__(self, batch: list[Item]) -> None:
        self._batch = batch

    def progress(self, item: int, fraction: float) -> None:
        told = self._batch[item]
        fraction = min(max(fraction, 0.0), 1.0)
        if told.on_progress is None or told.abandoned or fraction < told.fraction + PROGRESS_STEP:
            return
        told.fraction = fraction
        told.answer.get_loop().call_soon_threadsafe(told.tell_progress, fraction)

    def cancelled(self, item: int) -> bool:
        return self._batch[item].abandoned


class MicroBatcher:
    """A bounded, fair queue in front of a blocking `run_batch`.

    A request takes its place before it is decoded, and is batched once it is: batches are filled across tenants in the
    order of their shares.
    """

    def __init__(
        self,
        run_batch: RunBatch,
        threads: ThreadPoolExecutor,
        *,
        name: str,
        stream: Stream | None = None,
        max_batch_size: int = 1,
        workers: int = 1,
        max_queue: int = 32,
        room: WaitingRoom | None = None,
    ) -> None:
        """Start idle; must be called in a running event loop.

        Args:
            run_batch: Answers requests of equal group in order; runs in one of the threads.
            threads: At least `workers` threads.
            name: Of the model, for messages.
            stream: Answers one request in parts; runs in one of the threads too.
            max_batch_size: Most requests in one call of `run_batch`.
            workers: Most calls of `run_batch` at once.
            max_queue: Most requests waiting for a free worker.
            room: Where they wait; one of fair shares if None.
        """
        self._batches = BatchRunner(name, run_batch, stream)
        self._threads = threads
        self._name = name
        self._max_batch_size = max_batch_size
        self._idle = workers
        places = max_queue + workers * max_batch_size
        self._room = room or WaitingRoom(f"Model '{name}'", servers=workers, places=places)
        self._loop = asyncio.get_running_loop()
        self._ready: dict[Turn, Item] = {}  # to be batched
        self._running: dict[asyncio.Task[None], list[Item]] = {}
        self._closed = False

    @property
    def stuck(self) -> bool:
        """Whether a batch runs on although everyone who asked for it has long given up."""
        limit = time.time() - STUCK_GRACE_S
        return any(max(item.scope.deadline for item in batch) < limit for batch in self._running.values())

    @property
    def running(self) -> int:
        """Number of batches running, those given up included."""
        return len(self._running)

    def ordered(self) -> Iterator[Turn]:
        """Yield the turns that wait, next first, decoded or not."""
        return self._room.ordered()

    def place(self, kind: str, request: TaskRequest, scope: Scope) -> AbstractContextManager[Turn]:
        """Take a place for a request, whose media may still be references, and hold it.

        Args:
            kind: Requests of one kind take as long as their size says.
            request: Of the call.
            scope: Of the call.

        Raises:
            ModelOverloaded: If there is none, or it has to be given to another tenant.
            WouldMissDeadline: If the answer would come too late.
        """
        return self._room.place(scope.flow, scope.deadline, kind, size_of(request))

    async def submit(
        self,
        request: TaskRequest,
        scope: Scope,
        turn: Turn,
        *,
        group: object,
        on_progress: OnProgress | None = None,
    ) -> Batched:
        """Queue a request and await its answer; cancelling the await takes it back.

        Args:
            request: With decoded media.
            scope: Of the call.
            turn: Of the place it holds.
            group: Requests share a batch only if theirs are equal.
            on_progress: Called in the event loop with fractions from 0 to 1.

        Raises:
            ModelLost: If the batcher is closed before the answer is there.
            DeadlineExceeded: If the deadline passes first.
            AudioGPTError: The model's own error for this request.
        """
        item = self._enter(request, scope, turn, group, on_progress)

        async def answer() -> Batched | AudioGPTError:
            return await item.answer

        try:
            outcome = await within(scope.deadline, f"Model '{self._name}'", answer)
        except AudioGPTError as exc:
            raise _timed(exc, item) from exc.__cause__
        finally:
            self._leave(item)
        if isinstance(outcome, AudioGPTError):
            raise _timed(outcome, item)
        return outcome

    async def stream(
        self, request: TaskRequest, scope: Scope, turn: Turn
    ) -> AsyncGenerator[TaskResponse | Batched, None]:
        """Queue a request as `submit` does, and yield its answer in parts and at last how it was made.

        A model that runs ahead of its reader waits for it, and keeps its worker meanwhile; closing the iterator takes
        the request back.

        Raises:
            AudioGPTError: As `submit` does, also after some parts.
        """
        parts = Parts(self._loop)
        alone = object()  # equal to no other group
        item = self._enter(request, scope, turn, alone, None, parts)
        item.answer.add_done_callback(lambda _: parts.close())
        try:
            async for part in parts.read(scope.deadline, f"Model '{self._name}'"):
                yield part
            outcome = await item.answer
        except AudioGPTError as exc:
            raise _timed(exc, item) from exc.__cause__
        finally:
            self._leave(item)
        if isinstance(outcome, AudioGPTError):
            raise _timed(outcome, item)
        yield outcome

    def _enter(
        self,
        request: TaskRequest,
        scope: Scope,
        turn: Turn,
        group: object,
        on_progress: OnProgress | None,
        parts: Parts | None = None,
    ) -> Item:
        if self._closed:
            raise self._lost()
        item = Item(request, scope, turn, group, on_progress, self._loop.create_future(), parts)
        self._ready[turn] = item
        self._loop.call_soon(self._drain)
        return item

    def _leave(self, item: Item) -> None:
        self._ready.pop(item.turn, None)
        item.answer.cancel()

    async def close(self, timeout_s: float) -> None:
        """Refuse new requests, give up the queued ones and wait for the running ones.

        Args:
            timeout_s: After which running requests are given up as well.
        """
        self._closed = True
        self._give_up(list(self._ready.values()))
        self._ready.clear()
        if self._running:
            await asyncio.wait(list(self._running), timeout=timeout_s)
        for task, batch in list(self._running.items()):
            self._give_up(batch)
            task.cancel()

    def _give_up(self, items: list[Item]) -> None:
        for item in items:
            if not item.answer.done():
                item.answer.set_result(self._lost())

    def _lost(self) -> ModelLost:
        return ModelLost(f"Model '{self._name}' was stopped before it answered.")

    def _drain(self) -> None:
        while self._idle and (batch := self._take()):
            self._idle -= 1
            task = self._loop.create_task(self._serve(batch))
            self._running[task] = batch
            task.add_done_callback(self._running.pop)

    def _take(self) -> list[Item]:
        """Remove and return the next request and those behind it that may share its batch."""
        batch: list[Item] = []
        for turn in self._room.ordered() if self._ready else ():
            item = self._ready.get(turn)
            if item is None or item.abandoned or (batch and item.group != batch[0].group):
                continue
            batch.append(item)
            if len(batch) == self._max_batch_size:
                break
        for item in batch:
            del self._ready[item.turn]
        if batch:
            self._room.begin([item.turn for item in batch])
        return batch

    async def _serve(self, batch: list[Item]) -> None:
        started = time.perf_counter()
        for item in batch:
            item.began, item.together = started, len(batch)
        try:
            outcomes = await self._loop.run_in_executor(self._threads, self._batches.answer, batch)
        finally:
            ended = time.perf_counter()
            run_s = ended - started
            for item in batch:
                item.ended = ended
            self._room.ran([item.turn for item in batch], run_s)
            self._idle += 1
            self._drain()
        for item, outcome in zip(batch, outcomes, strict=True):
            tracing.record("queue", item.trace, item.queued_at, started - item.queued_at)
            tracing.record("batch", item.trace, started, run_s, size=len(batch), model=self._name)
            if item.answer.done():
                continue
            if not isinstance(outcome, AudioGPTError):
                item.answer.set_result(Batched(outcome, started - item.queued_at, run_s, len(batch)))
            else:
                item.answer.set_result(outcome)


def _timed(error: AudioGPTError, item: Item) -> AudioGPTError:
    """Return an error that tells what the model spent on its request."""
    tell_timing(error, item.timing)
    return error
