import asyncio

from deployments.serve.housekeeping import sweep_regularly
from tests.router.dispatching import LONG_S


class Store:
    """Counts its sweeps, in the event loop's thread, and fails at some."""

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = list(errors)
        self._loop = asyncio.get_running_loop()
        self.swept = asyncio.Semaphore(0)

    def sweep(self) -> int:
        self._loop.call_soon_threadsafe(self.swept.release)
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        return 0


async def test_store_that_fails_is_swept_again_and_keeps_no_other_from_its_sweep() -> None:
    broken, sound = Store(PermissionError("the folder"), OSError("the disk")), Store()
    sweeping = asyncio.create_task(sweep_regularly((broken, sound), every_s=0.0))
    async with asyncio.timeout(LONG_S):
        for store in (broken, sound):
            for _ in range(3):
                await store.swept.acquire()
    sweeping.cancel()
    await asyncio.wait({sweeping})
    assert sweeping.cancelled()
