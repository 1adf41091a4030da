import asyncio
from collections.abc import Callable
from contextlib import aclosing

import pytest

from router.following import follow


async def test_told_values_come_in_order_and_the_result_comes_last() -> None:
    async def work(tell: Callable[[int], None]) -> str:
        tell(1)
        await asyncio.sleep(0)
        tell(2)
        tell(3)
        return "result"

    assert [item async for item in follow(work, max_waiting=10)] == [1, 2, 3, "result"]


async def test_value_is_read_while_the_work_goes_on() -> None:
    go_on = asyncio.Event()

    async def work(tell: Callable[[int], None]) -> str:
        tell(1)
        await go_on.wait()
        return "result"

    items = follow(work, max_waiting=10)
    assert await anext(items) == 1
    go_on.set()
    assert [item async for item in items] == ["result"]


async def test_reader_that_falls_behind_gets_the_newest_values() -> None:
    async def work(tell: Callable[[int], None]) -> str:
        for number in range(5):
            tell(number)
        return "result"

    assert [item async for item in follow(work, max_waiting=2)] == [3, 4, "result"]


async def test_failure_comes_after_what_was_told_before_it() -> None:
    async def work(tell: Callable[[int], None]) -> str:
        tell(1)
        raise ValueError("no such phoneme")

    items = follow(work, max_waiting=10)
    assert await anext(items) == 1
    with pytest.raises(ValueError, match="no such phoneme"):
        await anext(items)


async def test_silence_is_none_and_ends_nothing() -> None:
    go_on = asyncio.Event()

    async def work(tell: Callable[[int], None]) -> str:
        await go_on.wait()
        return "result"

    items = follow(work, max_waiting=10, quiet_s=0.001)
    assert [await anext(items) for _ in range(3)] == [None] * 3
    go_on.set()
    assert [item async for item in items if item is not None] == ["result"]


class Tidy:
    """Work that tells one value, waits to be cancelled, and then takes some time to tidy up."""

    def __init__(self) -> None:
        self.tidying, self.tidied = asyncio.Event(), False

    async def __call__(self, tell: Callable[[int], None]) -> str:
        try:
            tell(1)
            await asyncio.Event().wait()
        finally:
            self.tidying.set()
            for _ in range(3):
                await asyncio.sleep(0)
            self.tidied = True
        return "never"


async def test_closing_returns_once_the_work_has_ended_and_leaves_no_task() -> None:
    before, work = asyncio.all_tasks(), Tidy()
    async with aclosing(follow(work, max_waiting=10)) as items:
        assert await anext(items) == 1
    assert work.tidied
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("times", [1, 2])
async def test_reader_cancelled_while_it_waits_ends_the_work_and_leaves_no_task(times: int) -> None:
    before, work, told = asyncio.all_tasks(), Tidy(), asyncio.Event()

    async def read() -> None:
        async for _ in follow(work, max_waiting=10):
            told.set()

    reader = asyncio.create_task(read())
    await told.wait()
    for _ in range(times):
        reader.cancel()
        await work.tidying.wait()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert work.tidied or times > 1
    assert asyncio.all_tasks() == before
