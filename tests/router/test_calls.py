import asyncio
import time

import pytest

from model_wrappers.contract.errors import DeadlineExceeded
from router.calls import within
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S


async def test_work_that_ends_in_time_gives_its_result() -> None:
    async def work() -> int:
        return 7

    assert await within(time.time() + LONG_S, "The work", work) == 7


async def test_work_is_not_begun_after_its_deadline() -> None:
    begun = False

    async def work() -> None:
        nonlocal begun
        begun = True

    with pytest.raises(DeadlineExceeded, match=r"passed .* s ago"):
        await within(time.time() - 1, "The work", work)
    assert not begun


async def test_work_is_cancelled_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            pass_time(LONG_S, monkeypatch)
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(DeadlineExceeded):
        await within(time.time() + LONG_S, "The work", work)
    assert cancelled.is_set()


async def test_time_out_of_the_work_itself_is_not_taken_for_the_deadline() -> None:
    async def work() -> None:
        raise TimeoutError("the disk")

    with pytest.raises(TimeoutError, match="the disk"):
        await within(time.time() + LONG_S, "The work", work)
