"""Followers see every event once and in order, whenever they come, however slow they are."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from model_wrappers.contract.errors import NotFound
from router.events import RunEvent, StepProgress
from router.records import run_feed
from router.records.database import Database
from router.records.run_feed import RunFeed
from router.records.run_queue import Lease, RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore

TTL_S = 1000.0
LONG_S = 30.0
ANN = "ann"


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database, TTL_S, max_runs=500)


@pytest.fixture
def queue(database: Database) -> RunQueue:
    return RunQueue(database, SessionStore(database, TTL_S), "owner")


@pytest.fixture
def lease(store: RunStore, queue: RunQueue) -> Lease:
    store.create("{}", tenant=ANN, deadline_s=1e6)
    lease = queue.claim()
    assert lease is not None
    return lease


def progress(first: int, last: int) -> list[StepProgress]:
    return [StepProgress(step="s1", fraction=number / 1000) for number in range(first, last + 1)]


async def followed(feed: RunFeed, run_id: str, after: int = 0) -> list[int]:
    """Follow a run to its end; return the numbers of the events."""
    async with asyncio.timeout(LONG_S):
        return [event.sequence async for event in feed.follow(run_id, ANN, after=after, quiet_s=LONG_S) if event]


async def test_followers_that_come_early_late_and_again_miss_nothing(
    store: RunStore, queue: RunQueue, lease: Lease, database: Database
) -> None:
    feed = RunFeed(store, database)
    early = [asyncio.create_task(followed(feed, lease.run_id)) for _ in range(3)]
    for number in range(5):
        await asyncio.to_thread(queue.append, lease, progress(number * 2, number * 2 + 1), after=number * 2)
        await asyncio.sleep(0.03)
    late, again = (asyncio.create_task(followed(feed, lease.run_id, after)) for after in (0, 7))
    await asyncio.sleep(0.1)
    await asyncio.to_thread(queue.finish, lease, "done", progress(10, 10), after=10)
    for task in (*early, late):
        assert await task == list(range(1, 12))
    assert await again == [8, 9, 10, 11]
    assert await followed(feed, lease.run_id, 10) == [11]


async def test_a_follower_that_falls_behind_reads_what_it_missed(
    store: RunStore, queue: RunQueue, lease: Lease, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_feed, "KEPT", 2)
    feed = RunFeed(store, database)
    seen: list[int] = []
    async with asyncio.timeout(LONG_S):
        async for event in feed.follow(lease.run_id, ANN, quiet_s=0.01):
            if event is None and not seen:  # it waits; now much happens while it is busy
                seen.append(0)
                for number in range(8):
                    await asyncio.to_thread(queue.append, lease, progress(number, number), after=number)
                    await asyncio.sleep(0.1)
                await asyncio.to_thread(queue.finish, lease, "done", progress(8, 8), after=8)
            elif isinstance(event, RunEvent):
                seen.append(event.sequence)
    assert seen == list(range(10))


async def test_a_run_of_another_tenant_cannot_be_followed(store: RunStore, lease: Lease, database: Database) -> None:
    feed = RunFeed(store, database)
    with pytest.raises(NotFound):
        await anext(feed.follow(lease.run_id, "bob", quiet_s=LONG_S))


async def test_a_hundred_followers_cost_what_one_costs(
    store: RunStore, queue: RunQueue, lease: Lease, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = RunFeed(store, database)
    streams = [feed.follow(lease.run_id, ANN, quiet_s=0.01) for _ in range(100)]
    assert await asyncio.gather(*(anext(stream) for stream in streams)) == [None] * 100
    reads: list[str] = []
    for name in ("news", "events_after", "events"):
        monkeypatch.setattr(store, name, counted(name, getattr(store, name), reads))
    await asyncio.to_thread(queue.finish, lease, "done", progress(0, 99), after=0)

    async def rest(stream: AsyncGenerator[RunEvent | None, None]) -> list[int]:
        return [event.sequence async for event in stream if event]

    async with asyncio.timeout(LONG_S):
        assert await asyncio.gather(*map(rest, streams)) == [list(range(1, 101))] * 100
    assert len(reads) < 20


def counted(name: str, read: Callable[..., object], reads: list[str]) -> Callable[..., object]:
    def count(*arguments: object) -> object:
        reads.append(name)
        return read(*arguments)

    return count
