import json

import pytest

from deployments.serve.discovery import read_catalog
from deployments.serve.publishing import PublishedCatalog
from model_wrappers.contract.catalog import Catalog
from tests.deployments.serve.boards import MemoryBoard
from tests.deployments.serve.test_discovery import details

SILENT_S = 8.0
LIVE, OFF = read_catalog(details()), read_catalog(details("DEPLOY_FAILED", replicas=()))


class Reading:
    """Stands in for Serve: tells what is set, and how often it was asked."""

    def __init__(self) -> None:
        self.catalog = LIVE
        self.times = 0
        self.now_s = 0.0

    async def __call__(self) -> Catalog:
        self.times += 1
        return self.catalog

    def clock(self) -> float:
        return self.now_s


@pytest.fixture
def serve() -> Reading:
    return Reading()


def processes(serve: Reading, number: int) -> list[PublishedCatalog]:
    board = MemoryBoard()
    return [PublishedCatalog(serve, board, silent_s=SILENT_S, clock=serve.clock) for _ in range(number)]


async def test_one_process_reads_and_all_know(serve: Reading) -> None:
    all_processes = processes(serve, 100)
    for _ in range(3):
        for process in all_processes:
            await process()
    assert serve.times == 3
    serve.catalog = OFF
    assert [await process() for process in all_processes] == [OFF] * 100
    assert serve.times == 4


async def test_another_takes_over_where_nothing_new_is_posted(serve: Reading) -> None:
    first, *others = processes(serve, 3)
    await first()
    for process in others:
        assert await process() is None
    serve.catalog = OFF
    serve.now_s = SILENT_S - 1
    assert [await process() for process in others] == [None, None]
    serve.now_s = 2 * SILENT_S
    assert [await process() for process in others] == [OFF, OFF]
    assert serve.times == 2
    assert await first() is None  # it sees that somebody else does it now
    assert serve.times == 2


async def test_what_was_posted_before_a_process_came_is_not_believed(serve: Reading) -> None:
    (gone, new) = processes(serve, 2)
    await gone()
    serve.catalog = OFF
    assert await new() is None
    serve.now_s = 2 * SILENT_S
    assert await new() == OFF


async def test_of_two_that_post_at_once_one_goes_on(serve: Reading) -> None:
    board = MemoryBoard()
    one, two = (PublishedCatalog(serve, board, silent_s=SILENT_S, clock=serve.clock) for _ in range(2))
    await one()
    board.post, posted = None, board.post  # as seen by the second at the same moment
    await two()
    assert board.post != posted
    serve.times = 0
    for _ in range(5):
        await one()
        await two()
    assert serve.times == 5


async def test_process_that_could_not_read_tries_again_at_once(serve: Reading) -> None:
    board = MemoryBoard()
    failures = [TimeoutError()]

    async def read() -> Catalog:
        if serve.times == 1 and failures:
            raise failures.pop()
        return await serve()

    process = PublishedCatalog(read, board, silent_s=SILENT_S, clock=serve.clock)
    await process()
    with pytest.raises(TimeoutError):
        await process()
    assert await process() == LIVE


async def test_post_holds_no_more_than_a_store_of_keys_takes_easily(serve: Reading) -> None:
    board = MemoryBoard()
    await PublishedCatalog(serve, board)()
    assert board.post is not None
    assert len(board.post) < len(json.dumps(LIVE.model_dump(mode="json")))
