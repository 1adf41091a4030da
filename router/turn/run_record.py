"""What one run tells, on its way to the store."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from llm_planner.plans.request import PlannedOutcome
from llm_planner.plans.results import ErrorInfo, StepResult
from model_wrappers.contract.errors import AudioGPTError, Conflict, NotFound, StorageUnavailable
from router.events import EndState, Event, Failed, Replied, Resumed
from router.records.run_queue import Lease, RunQueue
from router.records.sessions import SessionTurn

logger = logging.getLogger(__name__)

FLUSH_S = 0.2  # how long an event may wait for others to share its write
RETRY_S = 1.0  # between attempts while the database is away


class RunRecord:
    """Writes a run's events in order, each once; a database that is away is waited for as long as the lease holds."""

    durable = True

    def __init__(self, queue: RunQueue, lease: Lease, holds: Callable[[], bool], on_lost: Callable[[], None]) -> None:
        """Record the run of a lease.

        Args:
            queue: Where the lease is from.
            lease: The run, and what was done of it before.
            holds: Tells whether nobody else can have taken the run over.
            on_lost: Called when it turns out that somebody has.
        """
        self._queue = queue
        self._lease = lease
        self._holds = holds
        self._on_lost = on_lost
        self._sequence = lease.last_sequence
        self._events: list[Event] = [Resumed(attempt=lease.attempt)] if lease.attempt > 1 else []
        self._news = asyncio.Event()
        self._turn_to_write = asyncio.Lock()

    @property
    def planned(self) -> PlannedOutcome | None:
        """The plan of an owner before this one."""
        return self._lease.planned

    @property
    def results(self) -> Mapping[str, StepResult]:
        """Steps that owners before this one got done, by id."""
        return self._lease.results

    def emit(self, event: Event) -> None:
        """Take an event, to be written soon."""
        self._events.append(event)
        self._news.set()

    async def settle(self) -> None:
        """Return once everything told so far is written."""
        await asyncio.shield(asyncio.create_task(self._flush()))  # who leaves meanwhile must not tear a write

    async def commit(self, replied: Replied, turn: SessionTurn) -> None:
        """End the run well, together with its session's turn.

        Raises:
            Conflict: If the session got another turn meanwhile.
        """
        await asyncio.shield(asyncio.create_task(self._end("done", replied, turn)))

    async def fail(self, state: EndState, error: AudioGPTError) -> None:
        """End the run without an answer."""
        await self._end(state, Failed(error=ErrorInfo.of(error)), None)

    async def release(self) -> None:
        """Write what was told and hand the run back."""
        await self._flush()
        await self._persist(partial(self._queue.release, self._lease))

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[None, None]:
        """Write what is told soon after, for as long as the block runs."""
        task = asyncio.create_task(self._write_regularly())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _write_regularly(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.settle()
            except (Conflict, NotFound):
                self._on_lost()
                return
            except AudioGPTError as exc:
                logger.warning("Events of run %s are not written: %s", self._lease.run_id, exc.for_log)
            await asyncio.sleep(FLUSH_S)

    async def _flush(self) -> None:
        async with self._turn_to_write:
            events = tuple(self._events)
            if events:
                await self._persist(partial(self._queue.append, self._lease, events, after=self._sequence))
                self._written(events)

    async def _end(self, state: EndState, last: Event, turn: SessionTurn | None) -> None:
        async with self._turn_to_write:
            events = (*self._events, last)
            await self._persist(partial(self._queue.finish, self._lease, state, events, turn, after=self._sequence))
            self._written(events)

    def _written(self, events: tuple[Event, ...]) -> None:
        self._sequence += len(events)
        del self._events[: len(events)]

    async def _persist(self, write: Callable[[], None]) -> None:
        while True:
            try:
                return await asyncio.to_thread(write)
            except StorageUnavailable:
                if not self._holds():
                    raise
            await asyncio.sleep(RETRY_S)
