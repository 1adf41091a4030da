import asyncio
import threading

import pytest

from model_wrappers.contract.errors import ModelOverloaded
from router.media.threads import MediaThreads
from tests.router.dispatching import scope


async def test_a_full_queue_refuses_at_once_and_takes_again_when_there_is_room() -> None:
    threads = MediaThreads(1, max_waiting=1)
    go_on = threading.Event()
    held = [asyncio.create_task(threads.run(go_on.wait, scope(), kind="upload")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ModelOverloaded, match="has 1 requests waiting and takes no more") as caught:
        await threads.run(go_on.wait, scope(), kind="upload")
    assert caught.value.retry_after_s
    go_on.set()
    assert await asyncio.gather(*held) == [True, True]
    assert await threads.run(lambda: 7, scope(), kind="upload") == 7
    threads.close()
