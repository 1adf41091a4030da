import asyncio
import logging
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from model_wrappers.contract.base import RunContext
from model_wrappers.contract.errors import InvalidInput, ModelFailed
from router.replica.batching import Batched
from tests.router.batches import Model, batching, submit, texts
from tests.router.models import translated


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


async def test_progress_that_arrives_after_its_caller_left_is_not_told() -> None:
    model = Model()
    told: list[float] = []
    async with batching(model) as batcher:
        task = submit(batcher, "x", on_progress=told.append)
        await model.has_started()
        model.contexts[0].progress(0, 0.5)
        task.cancel()
        await asyncio.wait({task})
    assert told == []


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
