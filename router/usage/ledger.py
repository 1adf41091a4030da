"""The ledger: writes down what calls came to, off their way and in batches."""

import asyncio
import logging
from collections import deque
from contextlib import suppress

from model_wrappers.contract.errors import AudioGPTError
from router.usage.calls import CallUsage
from router.usage.store import UsageStore

logger = logging.getLogger(__name__)

WRITE_S = 1.0  # how long a call waits at most to be written: what a process that is killed takes with it
MAX_BATCH = 500  # calls written at once, and at once when so many wait
MAX_WAITING = 100_000  # calls, about 50 MB: half an hour without a database at 50 a second


class Ledger:
    """Takes note of calls in the event loop and writes them from a thread; calls never wait for it."""

    def __init__(self, store: UsageStore, write_s: float = WRITE_S, max_waiting: int = MAX_WAITING) -> None:
        """Write to `store`, `write_s` seconds after a call at the latest."""
        self._store = store
        self._write_s = write_s
        self._max_waiting = max_waiting
        self._waiting: deque[CallUsage] = deque()
        self._one_writes = asyncio.Lock()
        self._some, self._full = asyncio.Event(), asyncio.Event()
        self._duty: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write; call it in an event loop."""
        self._duty = asyncio.create_task(self._write_regularly())

    def note(self, call: CallUsage) -> None:
        """Take note of a call that ended."""
        if len(self._waiting) >= self._max_waiting:
            logger.error("The database takes no usage; this call is not counted: %s", call)
            return
        self._waiting.append(call)
        self._some.set()
        if len(self._waiting) >= MAX_BATCH:
            self._full.set()

    async def flush(self) -> None:
        """Return once all that was noted is written.

        Raises:
            StorageUnavailable: If it cannot be; it is tried again.
        """
        async with self._one_writes:
            while self._waiting:
                await self._write()

    async def close(self) -> None:
        """Write the rest; what the database does not take now is lost, and told."""
        async with self._one_writes:  # a batch on its way is not cut off
            if self._duty is not None:
                self._duty.cancel()
        try:
            await self.flush()
        except AudioGPTError as exc:
            logger.error("The usage of %d calls was not written: %s", len(self._waiting), exc.message)

    async def _write_regularly(self) -> None:
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), self._write_s)
            self._some.clear()
            self._full.clear()
            try:
                await self.flush()
            except AudioGPTError as exc:
                logger.warning("Usage is not written yet: %s", exc.message)
                self._some.set()
                await asyncio.sleep(self._write_s)

    async def _write(self) -> None:
        """Write the oldest; they are forgotten only once they are written."""
        batch = [self._waiting[place] for place in range(min(MAX_BATCH, len(self._waiting)))]
        try:
            await asyncio.to_thread(self._store.add, batch)
        except AudioGPTError:
            raise
        except Exception:  # what the database will never take must not keep the rest from it
            logger.exception("The usage of %d calls cannot be written: %s", len(batch), batch)
        for _ in batch:
            self._waiting.popleft()
