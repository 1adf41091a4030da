"""What crosses from the executor to a model and back, and how it is sent."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import AudioGPTError, DeadlineExceeded
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from router.scope import Scope, seconds_until

ResultT = TypeVar("ResultT")
OnProgress = Callable[[float], None]
TIMING = "timing"  # attribute of errors, which travel with what they hold


@dataclass(frozen=True)
class ModelCall:
    """One request to one model; media fields hold references.

    `key` is equal for equal work: the same request of one tenant to the same model. With `by_value`, media of the
    answer that fit into one message come decoded and are not stored.
    """

    task: str
    request: TaskRequest
    scope: Scope
    key: str = ""
    by_value: bool = False


@dataclass(frozen=True)
class Timing:
    """How long a call waited for its model and ran there, and among how many."""

    queue_s: float = 0.0
    run_s: float = 0.0
    batch_size: int = 1


def tell_timing(error: AudioGPTError, timing: Timing) -> None:
    """Have an error tell, also in another process, how long its call waited and ran."""
    error.__dict__[TIMING] = timing


def timing_of(error: BaseException) -> Timing | None:
    """Return how long the call of an error waited and ran, None if the error does not tell."""
    return error.__dict__.get(TIMING)


@dataclass(frozen=True)
class ModelAnswer:
    """One response and how it was made; media fields hold references, or decoded media if the call asked for them."""

    response: TaskResponse
    queue_s: float = 0.0
    run_s: float = 0.0
    batch_size: int = 1
    key: str | None = None  # of the call, where an equal call would be answered alike

    @property
    def timing(self) -> Timing:
        """How long it took."""
        return Timing(self.queue_s, self.run_s, self.batch_size)


class Dispatcher(Protocol):
    """Take calls to models, wherever those run."""

    async def run(self, entry: ModelEntry, call: ModelCall, on_progress: OnProgress | None = None) -> ModelAnswer:
        """Run one call on one model; cancelling the await cancels the call there.

        Args:
            entry: The model.
            call: Its deadline is kept by the callee too.
            on_progress: Called in the event loop with fractions from 0 to 1.

        Raises:
            AudioGPTError: The model's own error, or `ModelLost` or `ModelOverloaded` where another try may help.
        """
        ...

    async def warm(self, entry: ModelEntry) -> None:
        """Return once a model is loaded, which this call has done if need be; cancelling the await takes that back.

        Raises:
            AudioGPTError: If it cannot be.
        """
        ...

    def stream(self, entry: ModelEntry, call: ModelCall) -> AsyncGenerator[TaskResponse | Timing, None]:
        """Run one call on one model and yield its answer in parts with decoded media, in one part if need be.

        Last comes how long it took.

        Closing the iterator cancels the call there.

        Raises:
            AudioGPTError: As `run` does, also after some parts.
        """
        ...


async def within(deadline: float, who: str, work: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Await what `work` returns, and cancel it at the deadline.

    Args:
        deadline: Absolute, in seconds of `time.time()`.
        who: Subject of the error's sentence, e.g. `Model 'whisper'`.
        work: Called only if there is time left.

    Raises:
        DeadlineExceeded: If there is none, or the deadline passes first.
    """
    limit = asyncio.timeout(seconds_until(deadline))
    try:
        async with limit:
            return await work()
    except TimeoutError as exc:
        if not limit.expired():
            raise
        raise DeadlineExceeded(f"{who} did not finish before the deadline; allow more time or ask for less.") from exc
