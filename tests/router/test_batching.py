import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from model_wrappers.base import RunContext
from model_wrappers.errors import (
    DeadlineExceeded,
    InvalidInput,
    ModelFailed,
    ModelLost,
    ModelOverloaded,
)
from router.batch import Batched
from router.batching import MicroBatcher
from tests.router.models import echo_request, translated

LONG_S = 30.0  # more than any of these tests takes


class Model:
    """A `run_batch` that holds every batch until it is let go, and keeps what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.started = threading.Semaphore(0)
        self.free = threading.Event()
        self.contexts: list[RunContext] = []

    def __call__(self, requests: Sequence[Any], context: RunContext) -> list[Any]:
        self.batches.append([request.text for request in requests])
        self.contexts.append(context)
        self.started.release()
        assert self.free.wait(LONG_S)
        return [translated(request, request.text) for request in requests]

    async def has_started(self) -> None:
        assert await asyncio.to_thread(self.started.acquire, timeout=LONG_S)


@asynccontextmanager
async def batching(run_batch: Callable[..., Any], **options: Any) -> AsyncIterator[MicroBatcher]:
    threads = ThreadPoolExecutor(options.get("workers", 1))
    batcher = MicroBatcher(run_batch, threads, name="m", **options)
    try:
        yield batcher
    finally:
        if isinstance(run_batch, Model):
            run_batch.free.set()
        await batcher.close(LONG_S)
        threads.shutdown()


def submit(batcher: MicroBatcher, text: str, *, group: object = None, **options: Any) -> asyncio.Task[Batched]:
    deadline = options.pop("deadline", time.time() + LONG_S)
    request = echo_request(text)
    return asyncio.create_task(
        batcher.submit(request, group=group, deadline=deadline, request_id=f"id-{text}", **options)
    )


def texts(answers: Sequence[Batched]) -> list[str]:
    return [answer.response.text for answer in answers]  # type: ignore[attr-defined]


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


async def test_request_past_its_deadline_is_dropped_before_it_runs() -> None:
    model = Model()
    async with batching(model) as batcher:
        running = submit(batcher, "running")
        await model.has_started()
        with pytest.raises(DeadlineExceeded, match="deadline"):
            await submit(batcher, "late", deadline=time.time() + 0.01)
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


async def test_hanging_batch_ends_its_callers_at_their_deadline_and_then_counts_as_stuck() -> None:
    model = Model()
    async with batching(model, stuck_grace_s=0.0) as batcher:
        task = submit(batcher, "hanging", deadline=time.time() + 0.3)
        await model.has_started()
        with pytest.raises(DeadlineExceeded):
            await task
        assert batcher.stuck
        model.free.set()


async def test_batch_within_the_grace_after_its_deadline_is_not_stuck() -> None:
    model = Model()
    async with batching(model, stuck_grace_s=LONG_S) as batcher:
        with pytest.raises(DeadlineExceeded):
            await submit(batcher, "slow", deadline=time.time() + 0.01)
        assert not batcher.stuck


def digest(requests: Sequence[Any], context: RunContext) -> list[Any]:
    if any(request.text == "poison" for request in requests):
        raise ValueError("cannot digest it")
    return [translated(request, request.text) for request in requests]


async def test_poisonous_request_spoils_no_other_and_is_logged_with_its_id(caplog: pytest.LogCaptureFixture) -> None:
    model = Model()

    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        model(requests, context)
        return digest(requests, context)

    async with batching(run_batch, max_batch_size=3) as batcher:
        held = submit(batcher, "held")
        await model.has_started()
        tasks = [submit(batcher, text) for text in ("good", "poison", "fine")]
        await asyncio.sleep(0)
        model.free.set()
        answers = await asyncio.gather(held, *tasks, return_exceptions=True)
    assert model.batches == [["held"], ["good", "poison", "fine"], ["good"], ["poison"], ["fine"]]
    assert texts([answers[0], answers[1], answers[3]]) == ["held", "good", "fine"]  # type: ignore[list-item]
    assert isinstance(answers[2], ModelFailed)
    assert answers[2].message == "Model 'm' failed: ValueError: cannot digest it"
    alone = next(record for record in caplog.records if "(requests id-poison)" in record.getMessage())
    assert alone.levelno == logging.ERROR
    assert alone.exc_info is not None


@pytest.mark.parametrize(
    ("raised", "expected", "message"),
    [
        (ValueError("bad phoneme"), ModelFailed, "Model 'm' failed: ValueError: bad phoneme"),
        (SystemExit(3), ModelFailed, "Model 'm' failed: SystemExit: 3"),
        (ZeroDivisionError(), ModelFailed, "Model 'm' failed: ZeroDivisionError: no message"),
        (InvalidInput("No words."), InvalidInput, "No words."),
    ],
)
async def test_whatever_a_model_raises_reaches_the_caller_as_an_error_of_the_tree(
    raised: BaseException, expected: type[Exception], message: str
) -> None:
    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        raise raised

    async with batching(run_batch) as batcher:
        with pytest.raises(expected) as caught:
            await submit(batcher, "x")
    assert caught.value.args[0] == message


async def test_error_of_the_caller_is_not_logged_as_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        raise InvalidInput("No words.")

    async with batching(run_batch) as batcher:
        with pytest.raises(InvalidInput):
            await submit(batcher, "x")
    assert caplog.records == []


@pytest.mark.parametrize("count", [0, 2])
async def test_wrong_number_of_answers_is_a_failure(count: int) -> None:
    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        return [translated(requests[0], "x")] * count

    async with batching(run_batch) as batcher:
        with pytest.raises(ModelFailed, match=f"gave {count} answers to 1 requests"):
            await submit(batcher, "x")


async def test_error_in_the_place_of_an_answer_reaches_only_its_caller() -> None:
    model = Model()

    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        answers = model(requests, context)
        return [InvalidInput("Empty.") if r.text == "bad" else a for r, a in zip(requests, answers, strict=True)]

    async with batching(run_batch, max_batch_size=2) as batcher:
        held = submit(batcher, "held")
        await model.has_started()
        tasks = [submit(batcher, "bad"), submit(batcher, "good")]
        await asyncio.sleep(0)
        model.free.set()
        bad, good = await asyncio.gather(*tasks, return_exceptions=True)
        await held
    assert isinstance(bad, InvalidInput)
    assert isinstance(good, Batched)
    assert model.batches[1] == ["bad", "good"]


async def test_progress_arrives_in_the_loop_bounded_and_only_forward() -> None:
    told: list[tuple[float, bool]] = []
    loop_thread = threading.current_thread()

    def run_batch(requests: Sequence[Any], context: RunContext) -> list[Any]:
        for fraction in (-1.0, 0.25, 0.2, 0.2501, 0.5, 7.0):
            context.progress(0, fraction)
        return [translated(requests[0], "x")]

    async with batching(run_batch) as batcher:
        await submit(
            batcher,
            "x",
            on_progress=lambda fraction: told.append((fraction, threading.current_thread() is loop_thread)),
        )
    assert told == [(0.25, True), (0.5, True), (1.0, True)]


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
