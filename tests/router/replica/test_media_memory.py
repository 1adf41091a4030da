import asyncio

import pytest

from model_wrappers.contract.errors import DeadlineExceeded
from router.artifacts.store import ArtifactStore
from router.replica.media_memory import MediaMemory, decoded_bytes
from tests.router.dispatching import LONG_S, scope
from tests.router.models import GATES, STARTED, card
from tests.router.running import call, spec, started, tone

MIB = 2**20


async def held(memory: MediaMemory, size_mib: int, name: str, came: list[str], go: asyncio.Event) -> None:
    async with memory.room(size_mib * MIB):
        came.append(name)
        await go.wait()


async def test_requests_wait_in_order_until_there_is_room() -> None:
    memory, came, go = MediaMemory(10), [], asyncio.Event()  # type: ignore[var-annotated]
    tasks = [asyncio.create_task(held(memory, size, name, came, go)) for size, name in ((6, "a"), (6, "b"), (2, "c"))]
    await asyncio.sleep(0.01)
    assert (came, memory.waiting) == (["a"], 2)  # c is small enough, but not before b
    go.set()
    await asyncio.gather(*tasks)
    assert came == ["a", "b", "c"]


async def test_what_is_larger_than_the_whole_budget_goes_alone() -> None:
    memory, came, go = MediaMemory(10), [], asyncio.Event()  # type: ignore[var-annotated]
    tasks = [asyncio.create_task(held(memory, size, name, came, go)) for size, name in ((50, "large"), (1, "small"))]
    await asyncio.sleep(0.01)
    assert came == ["large"]
    go.set()
    await asyncio.gather(*tasks)
    assert came == ["large", "small"]


async def test_who_gives_up_leaves_no_room_taken() -> None:
    memory, came, go = MediaMemory(10), [], asyncio.Event()  # type: ignore[var-annotated]
    first = asyncio.create_task(held(memory, 8, "first", came, go))
    gone = asyncio.create_task(held(memory, 8, "gone", came, go))
    last = asyncio.create_task(held(memory, 2, "last", came, go))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.sleep(0.01)
    assert came == ["first", "last"]
    go.set()
    await asyncio.gather(first, last)
    async with memory.room(10 * MIB):
        assert memory.waiting == 0


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
