"""Work that tells of itself while it goes on, followed as one stream."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeVar

ToldT = TypeVar("ToldT")
ResultT = TypeVar("ResultT")


async def follow(
    work: Callable[[Callable[[ToldT], None]], Coroutine[Any, Any, ResultT]],
    *,
    max_waiting: int,
    quiet_s: float | None = None,
) -> AsyncGenerator[ToldT | ResultT | None, None]:
    """Yield what work tells, in order, and at last what it returns or raises.

    Closing the iterator cancels the work and returns once that has ended.

    Args:
        work: Called with the function to tell with, which is for the event loop's thread.
        max_waiting: Told values kept for a reader that falls behind, the newest of them.
        quiet_s: Seconds without a word after which None is yielded; never if None.
    """
    told: deque[ToldT] = deque(maxlen=max_waiting)
    news = asyncio.Event()

    def tell(value: ToldT) -> None:
        told.append(value)
        news.set()

    task = asyncio.create_task(work(tell))
    task.add_done_callback(lambda _: news.set())
    try:
        while True:
            while told:
                yield told.popleft()
            if task.done():
                break
            news.clear()
            try:
                async with asyncio.timeout(quiet_s):
                    await news.wait()
            except TimeoutError:
                yield None
        yield task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
