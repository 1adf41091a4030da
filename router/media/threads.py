"""Threads in which media are decoded and drawn, so that nothing else waits for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from model_wrappers.contract.errors import ModelOverloaded

RETRY_AFTER_S = 2.0

ResultT = TypeVar("ResultT")


class MediaThreads:
    """A bounded number of threads with a bounded queue before them."""

    def __init__(self, threads: int, max_waiting: int) -> None:
        """Start no thread before it is needed.

        Args:
            threads: Files at once.
            max_waiting: Most files that wait for a thread.
        """
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="media")
        self._most = threads + max_waiting
        self._taken = 0

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """Run blocking work in one of the threads.

        Raises:
            ModelOverloaded: If too many files wait already.
        """
        if self._taken >= self._most:
            raise ModelOverloaded(
                f"The server is reading {self._taken} files and takes no more; try again later.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._leave)  # not when its waiter goes: the thread works on
        return await future

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self, _: object) -> None:
        self._taken -= 1
