import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from model_wrappers.contract.base import RunContext
from model_wrappers.contract.errors import DeadlineExceeded, ModelLost, ModelOverloaded
from router.replica.batching import STUCK_GRACE_S
from tests.router.batches import Model, batching, submit, texts
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S
from tests.router.models import translated


async def test_requests_that_queue_while_the_model_is_busy_become_one_batch() -> None:
    model = Model()
    async with batching(model, max_batch_size=4) as batcher:
        first = submit(batcher, "a")
        await model.has_started()
        others = [submit(batcher, text) for text in "bcdef"]
        await asyncio.sleep(0)
        model.free.set()
        answers = await asyncio.gather(first, *others)
    assert model.batches == [["a"], ["b", "c", "d", "e"], ["f"]]
    assert texts(answers) == list("abcdef")
    assert [answer.batch_size for answer in answers] == [1, 4, 4, 4, 4, 1]


async def test_lone_request_runs_at_once() -> None:
    model = Model()
    model.free.set()
    async with batching(model, max_batch_size=64) as batcher:
        assert texts([await submit(batcher, "alone")]) == ["alone"]
    assert model.batches == [["alone"]]


async def test_only_requests_of_one_group_share_a_batch_and_the_oldest_goes_first() -> None:
    model = Model()
    async with batching(model, max_batch_size=8) as batcher:
        tasks = [submit(batcher, "first")]
        await model.has_started()
        tasks += [submit(batcher, text, group=text[0]) for text in ("x1", "y1", "x2", "y2", "z1")]
        await asyncio.sleep(0)
        model.free.set()
        await asyncio.gather(*tasks)
    assert model.batches == [["first"], ["x1", "x2"], ["y1", "y2"], ["z1"]]


async def test_batches_are_filled_across_tenants_by_their_shares() -> None:
    model = Model()
    async with batching(model, max_batch_size=4) as batcher:
        tasks = [submit(batcher, "first")]
        await model.has_started()
        tasks += [submit(batcher, f"ann {i}", tenant="ann") for i in range(8)]
        tasks += [submit(batcher, f"bob {i}", tenant="bob") for i in range(3)]
        await asyncio.sleep(0)
        model.free.set()
        await asyncio.gather(*tasks)
    assert [sum(text.startswith("bob") for text in batch) for batch in model.batches] == [0, 2, 1, 0]
    assert [len(batch) for batch in model.batches] == [1, 4, 4, 3]


async def test_full_queue_takes_the_place_of_whoever_has_most_for_another_tenant() -> None:
    model = Model()
    async with batching(model, max_queue=3) as batcher:
        anns = [submit(batcher, f"ann {i}", tenant="ann") for i in range(4)]
        await model.has_started()
        bob = submit(batcher, "bob", tenant="bob")
        with pytest.raises(ModelOverloaded):
            await anns[3]
        model.free.set()
        await asyncio.gather(*anns[:3], bob)
    assert model.batches == [["ann 0"], ["bob"], ["ann 1"], ["ann 2"]]


async def test_two_workers_run_two_batches_at_once() -> None:
    model = Model()
    async with batching(model, workers=2) as batcher:
        tasks = [submit(batcher, "a"), submit(batcher, "b")]
        await model.has_started()
        await model.has_started()
        model.free.set()
        assert sorted(texts(await asyncio.gather(*tasks))) == ["a", "b"]


async def test_full_queue_refuses_and_says_when_to_come_back() -> None:
    model = Model()
    async with batching(model, max_queue=2) as batcher:
        tasks = [submit(batcher, "running")]
        await model.has_started()
        tasks += [submit(batcher, text) for text in ("waiting", "waiting too")]
        await asyncio.sleep(0)
        with pytest.raises(ModelOverloaded, match="has 2 requests waiting") as caught:
            await submit(batcher, "too many")
        model.free.set()
        await asyncio.gather(*tasks)
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s >= 1


async def test_request_nobody_waits_for_is_dropped_before_it_runs() -> None:
    model = Model()
    async with batching(model, max_queue=1) as batcher:
        running = submit(batcher, "running")
        await model.has_started()
        gone = submit(batcher, "gone")
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        taker_of_its_place = submit(batcher, "next")
        await asyncio.sleep(0)
        model.free.set()
        await asyncio.gather(running, taker_of_its_place)
    assert model.batches == [["running"], ["next"]]


async def test_request_past_its_deadline_is_dropped_before_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model()
    async with batching(model) as batcher:
        running = submit(batcher, "running")
        await model.has_started()
        late = submit(batcher, "late", timeout_s=LONG_S / 2)
        await asyncio.sleep(0)
        pass_time(LONG_S / 2, monkeypatch)
        with pytest.raises(DeadlineExceeded, match="deadline"):
            await late
        model.free.set()
        await running
    assert model.batches == [["running"]]


async def test_running_request_whose_caller_left_is_cancelled_in_the_context_and_its_neighbour_is_not() -> None:
    model = Model()
    model.free.set()
    async with batching(model, max_batch_size=2) as batcher:
        await submit(batcher, "warm")
        model.free.clear()
        leaver, stayer = submit(batcher, "leaver"), submit(batcher, "stayer")
        await model.has_started()
        await model.has_started()
        context = model.contexts[-1]
        assert not context.cancelled(0)
        leaver.cancel()
        await asyncio.wait([leaver])
        assert (context.cancelled(0), context.cancelled(1)) == (True, False)
        model.free.set()
        assert texts([await stayer]) == ["stayer"]


async def test_caller_of_a_hanging_batch_waits_no_longer_than_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model()
    async with batching(model) as batcher:
        caller = submit(batcher, "hanging")
        await model.has_started()
        pass_time(LONG_S, monkeypatch)
        with pytest.raises(DeadlineExceeded):
            await caller


async def test_batch_is_stuck_from_the_end_of_the_grace_after_its_deadline_until_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Model()
    async with batching(model) as batcher:
        caller = submit(batcher, "hanging")
        await model.has_started()
        pass_time(LONG_S, monkeypatch)
        with pytest.raises(DeadlineExceeded):
            await caller
        assert not batcher.stuck
        pass_time(STUCK_GRACE_S, monkeypatch)
        assert batcher.stuck
        model.free.set()
        await batcher.close(LONG_S)
        assert not batcher.stuck


async def test_closing_gives_up_what_is_queued_and_waits_for_what_runs() -> None:
    model = Model()
    async with batching(model) as batcher:
        running = submit(batcher, "running")
        await model.has_started()
        queued = submit(batcher, "queued")
        await asyncio.sleep(0)
        closing = asyncio.create_task(batcher.close(LONG_S))
        with pytest.raises(ModelLost, match="was stopped before it answered"):
            await queued
        model.free.set()
        await closing
        assert texts([await running]) == ["running"]
        with pytest.raises(ModelLost):
            await submit(batcher, "after")


async def test_closing_is_bounded_although_a_batch_hangs() -> None:
    model = Model()
    async with batching(model) as batcher:
        hanging = submit(batcher, "hanging")
        await model.has_started()
        await batcher.close(0.01)
        with pytest.raises(ModelLost):
            await hanging
        assert model.contexts[0].cancelled(0)


async def test_every_request_of_many_is_answered_once_and_batches_stay_within_bounds() -> None:
    sizes: list[int] = []

    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        sizes.append(len(requests))
        assert len({request.text[0] for request in requests}) == 1
        return [translated(request, request.text) for request in requests]

    async with batching(run_batch, max_batch_size=5, workers=2, max_queue=200) as batcher:
        wanted = [f"{'ab'[i % 2]}{i}" for i in range(150)]
        answers = await asyncio.gather(*(submit(batcher, text, group=text[0]) for text in wanted))
    assert texts(answers) == wanted
    assert sum(sizes) == 150
    assert max(sizes) <= 5
