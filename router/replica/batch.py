"""One batch in the model's own thread: what runs, what it may tell, and what becomes of a failure."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from model_wrappers.contract.base import RunContext
from model_wrappers.contract.errors import AudioGPTError, Cancelled, ModelFailed, RequestError
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from router.calls import OnProgress
from router.replica.parts import Parts

logger = logging.getLogger(__name__)

PROGRESS_STEP = 0.01  # smaller advances are not told
MAX_REASON_CHARACTERS = 500  # of a foreign exception's message in ours

Outcome = TaskResponse | AudioGPTError
RunBatch = Callable[[Sequence[TaskRequest], RunContext], Sequence[Outcome]]
Stream = Callable[[TaskRequest, RunContext], Iterator[TaskResponse]]


@dataclass(frozen=True)
class Batched:
    """A response with the times and the company it had."""

    response: TaskResponse
    queue_s: float
    run_s: float
    batch_size: int


@dataclass(eq=False)
class Item:
    """A request on its way through the batcher; `deadline` is absolute, in seconds of `time.time()`.

    One with `parts` is answered into them, and its answer holds the last of them.
    """

    request: TaskRequest
    group: object
    deadline: float
    request_id: str
    on_progress: OnProgress | None
    answer: asyncio.Future[Batched | AudioGPTError]
    parts: Parts | None = None
    queued_at: float = field(default_factory=time.perf_counter)
    fraction: float = 0.0

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self.answer.done() or time.time() >= self.deadline

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
        return [] if last is None else [last]

    def _answer_alone(self, item: Item) -> Outcome:
        if item.abandoned:
            return Cancelled("Nobody waits for the answer any more.")
        return self.answer([item])[0]

    def _log(self, error: BaseException, batch: list[Item]) -> None:
        ids = ", ".join(item.request_id or "-" for item in batch)
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
