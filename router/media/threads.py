"""Threads in which media are decoded and drawn, so that nothing else waits for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from router.fairness.gate import FairGate
from router.scope import Scope

ResultT = TypeVar("ResultT")


class MediaThreads:
    """A bounded number of threads, before which tenants wait for their shares."""

    def __init__(self, threads: int, max_waiting: int) -> None:
        """Start no thread before it is needed.

        Args:
            threads: Files at once.
            max_waiting: Most files that wait for a thread.
        """
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="media")
        self._gate = FairGate("The reading of files", places=threads, max_waiting=max_waiting)

    async def run(self, work: Callable[[], ResultT], scope: Scope, *, kind: str, size: float = 1.0) -> ResultT:
        """Run blocking work in one of the threads.

        Args:
            work: What to do.
            scope: On whose behalf.
            kind: What it is: work of one kind takes as long as its size says.
            size: In the kind's own unit.

        Raises:
            ModelOverloaded: If too many files wait already.
            WouldMissDeadline: If it would not be done in time.
            DeadlineExceeded: If no thread is free in time.
        """
        turn = await self._gate.enter(scope.flow, scope.deadline, kind, size)
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(lambda _: self._gate.leave(turn))  # not when its waiter goes: the thread works on
        return await future

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)
