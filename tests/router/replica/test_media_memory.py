import asyncio

import pytest

from model_wrappers.contract.errors import DeadlineExceeded
from router.artifacts.store import ArtifactStore
from router.fairness.costs import Costs
from router.fairness.order import FairOrder, Turn
from router.replica.media_memory import MediaMemory, decoded_bytes
from router.scope import Flow
from tests.router.dispatching import LONG_S, TENANT, scope
from tests.router.models import GATES, STARTED, card
from tests.router.running import call, spec, started, tone

MIB = 2**20


class Waiters:
    """Requests for memory that a test lets end."""

    def __init__(self) -> None:
        self.order = FairOrder(Costs())
        self.memory = MediaMemory(10, self.order.ordered)
        self.came: list[str] = []
        self.go = asyncio.Event()

    def ask(self, size_mib: int, name: str, tenant: str = TENANT) -> asyncio.Task[None]:
        return asyncio.create_task(self._hold(size_mib, name, self.order.enter(Flow(tenant), "", 1.0)))

    async def _hold(self, size_mib: int, name: str, turn: Turn) -> None:
        try:
            async with self.memory.room(size_mib * MIB, turn):
                self.came.append(name)
                await self.go.wait()
        finally:
            self.order.leave(turn)


async def test_requests_wait_in_order_until_there_is_room() -> None:
    waiters = Waiters()
    tasks = [waiters.ask(size, name) for size, name in ((6, "a"), (6, "b"), (2, "c"))]
    await asyncio.sleep(0.01)
    assert (waiters.came, waiters.memory.waiting) == (["a"], 2)  # c is small enough, but not before b
    waiters.go.set()
    await asyncio.gather(*tasks)
    assert waiters.came == ["a", "b", "c"]


async def test_what_is_larger_than_the_whole_budget_goes_alone() -> None:
    waiters = Waiters()
    tasks = [waiters.ask(size, name) for size, name in ((50, "large"), (1, "small"))]
    await asyncio.sleep(0.01)
    assert waiters.came == ["large"]
    waiters.go.set()
    await asyncio.gather(*tasks)
    assert waiters.came == ["large", "small"]


async def test_who_gives_up_leaves_no_room_taken() -> None:
    waiters = Waiters()
    first, gone, last = waiters.ask(5, "first"), waiters.ask(8, "gone"), waiters.ask(2, "last")
    await asyncio.sleep(0.01)
    assert waiters.came == ["first"]
    gone.cancel()
    await asyncio.wait([gone])
    await asyncio.sleep(0.01)
    assert waiters.came == ["first", "last"]
    waiters.go.set()
    await asyncio.gather(first, last)
    await waiters.ask(10, "all of it")
    assert waiters.memory.waiting == 0


async def test_one_tenant_leaves_room_for_another() -> None:
    waiters = Waiters()
    tasks = [waiters.ask(3, f"ann {i}", "ann") for i in range(4)]
    await asyncio.sleep(0.01)
    tasks.append(waiters.ask(2, "bob", "bob"))
    await asyncio.sleep(0.01)
    assert waiters.came == ["ann 0", "ann 1", "bob"]
    waiters.go.set()
    await asyncio.gather(*tasks)
    assert len(waiters.came) == 5


def test_memory_is_what_the_model_will_hold(store: ArtifactStore) -> None:
    request = call("speech-enhancement", audio=tone(store, channels=2)).request
    assert decoded_bytes(request, card("speech-enhancement")) == 2 * 44_100 // 2 * 4
    narrow = card("speech-enhancement").model_copy(update={"sample_rate": 8_000, "channels": 1})
    assert decoded_bytes(request, narrow) == 8_000 // 2 * 4


async def test_a_replica_holds_no_more_decoded_audio_than_its_budget(store: ArtifactStore) -> None:
    what = spec("Recorder", args={"name": "host-memory", "gated": True}, max_queue=8, media_memory_mib=1)
    host = await started(what, store)
    audio = tone(store).model_copy(update={"duration_s": 20.0})  # more than 1 MiB, as far as the reference tells

    async def ask(timeout_s: float = LONG_S) -> None:
        await host.run(call("speech-translation", within=scope(timeout_s), audio=audio, target_language="en"))

    asked = [asyncio.create_task(ask()) for _ in "abc"]
    assert await asyncio.to_thread(STARTED["host-memory"].wait, LONG_S)
    assert host._memory.waiting == 2
    with pytest.raises(DeadlineExceeded):
        await ask(timeout_s=0.1)
    GATES["host-memory"].set()
    await asyncio.gather(*asked)
    assert host._memory.waiting == 0
    await host.stop()
