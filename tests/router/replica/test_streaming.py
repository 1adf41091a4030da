import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import DeadlineExceeded, ModelFailed, ModelOverloaded, NotFound
from model_wrappers.contract.tasks.base import TaskResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest, TextToSpeechResponse
from router.artifacts.store import ArtifactStore
from router.calls import ModelCall, Timing
from router.execution.executor import Executor
from router.replica.parts import MAX_PART_VALUES, MAX_WAITING_PARTS, small_parts
from router.spec import ModelSpec
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S, TENANT, dispatching, scope
from tests.router.models import BATCHES, GATES, STARTED, STOPPED, spec
from tests.router.models.plain import POLL_S
from tests.router.running import Ledger


def dripper(name: str, **fields: Any) -> ModelSpec:
    args = {"name": name, **fields.pop("args", {})}
    return ModelSpec(id=fields.pop("id", "dripper"), wrapper="tests.router.models:Dripper", args=args, **fields)


def call(text: str) -> ModelCall:
    return ModelCall("text-to-speech", TextToSpeechRequest(text=text), scope())


def samples(part: TaskResponse | Timing) -> int:
    assert isinstance(part, TextToSpeechResponse)
    assert isinstance(part.audio, Audio)
    return part.audio.waveform.shape[1]


async def rest(parts: AsyncIterator[TaskResponse | Timing]) -> list[int]:
    """Return the samples of the parts to come, of which how long it took is none."""
    return [samples(part) async for part in parts if not isinstance(part, Timing)]


async def test_first_part_comes_while_the_model_still_works_on_the_second(store: ArtifactStore) -> None:
    gate = GATES["drip-first"]
    async with dispatching(store, dripper("drip-first")) as dispatcher:
        parts = dispatcher.stream(dispatcher.catalog().models[0], call("one three"))
        first = asyncio.ensure_future(anext(parts))
        assert await asyncio.to_thread(STARTED["drip-first"].wait, LONG_S)
        gate.set()
        assert samples(await first) == 480
        assert await rest(parts) == [800]


async def test_closing_the_iterator_stops_the_model(store: ArtifactStore) -> None:
    async with dispatching(store, dripper("drip-close")) as dispatcher:
        parts = dispatcher.stream(dispatcher.catalog().models[0], call("a b c"))
        waiting = asyncio.ensure_future(anext(parts))
        assert await asyncio.to_thread(STARTED["drip-close"].wait, LONG_S)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asyncio.to_thread(STOPPED["drip-close"].wait, LONG_S)
    assert BATCHES["drip-close"] == []


async def test_model_runs_only_so_far_ahead_of_its_reader(store: ArtifactStore) -> None:
    GATES["drip-slow"].set()
    said, words = BATCHES["drip-slow"], ["x"] * (MAX_WAITING_PARTS + 20)
    async with dispatching(store, dripper("drip-slow")) as dispatcher:
        read = 0
        async for part in dispatcher.stream(dispatcher.catalog().models[0], call(" ".join(words))):
            if isinstance(part, Timing):
                break
            read += 1
            furthest = min(read + MAX_WAITING_PARTS + 1, len(words))  # one is in the model's hands
            async with asyncio.timeout(LONG_S):
                while len(said) < furthest:  # noqa: ASYNC110 - the model tells nobody
                    await asyncio.sleep(POLL_S)
            assert len(said) == furthest
    assert read == len(words)


async def test_streams_count_as_calls_of_the_bounded_queue(store: ArtifactStore) -> None:
    async with dispatching(store, dripper("drip-full", max_queue=1)) as dispatcher:
        entry = dispatcher.catalog().models[0]
        streams = [dispatcher.stream(entry, call("a")) for _ in range(2)]
        firsts = [asyncio.ensure_future(anext(stream)) for stream in streams]
        assert await asyncio.to_thread(STARTED["drip-full"].wait, LONG_S)
        with pytest.raises(ModelOverloaded):
            await anext(dispatcher.stream(entry, call("b")))
        GATES["drip-full"].set()
        await asyncio.gather(*firsts)
        for stream in streams:
            await stream.aclose()
        assert samples(await anext(dispatcher.stream(entry, call("later")))) == 800


async def test_stream_past_its_deadline_ends_there_and_in_the_model(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dispatching(store, dripper("drip-late")) as dispatcher:
        first = asyncio.ensure_future(anext(dispatcher.stream(dispatcher.catalog().models[0], call("a"))))
        assert await asyncio.to_thread(STARTED["drip-late"].wait, LONG_S)
        pass_time(LONG_S, monkeypatch)
        with pytest.raises(DeadlineExceeded):
            await first
        assert await asyncio.to_thread(STOPPED["drip-late"].wait, LONG_S)


async def test_error_comes_after_the_parts_before_it_and_the_next_call_works(store: ArtifactStore) -> None:
    GATES["drip-fail"].set()
    async with dispatching(store, dripper("drip-fail", args={"fails_after": 1})) as dispatcher:
        entry = dispatcher.catalog().models[0]
        parts = dispatcher.stream(entry, call("one two"))
        assert samples(await anext(parts)) == 480
        with pytest.raises(ModelFailed, match="no such phoneme"):
            await anext(parts)
        assert await rest(dispatcher.stream(entry, call("again"))) == [800]


async def test_model_that_does_not_stream_answers_in_one_part(store: ArtifactStore) -> None:
    async with dispatching(store, spec("sine", "Sine")) as dispatcher:
        parts = dispatcher.stream(dispatcher.catalog().models[0], call("0123456789"))
        assert await rest(parts) == [1_600]


async def test_streams_are_measured_like_other_calls(store: ArtifactStore) -> None:
    ledger = Ledger()
    GATES["drip-measured"].set()
    async with dispatching(store, dripper("drip-measured"), metrics=ledger) as dispatcher:
        *_, timing = [item async for item in dispatcher.stream(dispatcher.catalog().models[0], call("one three"))]
    ((_, measures),) = ledger.rows
    assert measures["batch_size"] == 1
    assert isinstance(timing, Timing)
    assert (timing.run_s, timing.batch_size) == (measures["run_s"], 1)
    assert measures["audio_s"] == pytest.approx(0.08)


async def test_audio_asked_for_by_value_comes_decoded_and_is_not_stored(store: ArtifactStore) -> None:
    async with dispatching(store, spec("sine", "Sine")) as dispatcher:
        answer = await dispatcher.run(dispatcher.catalog().models[0], replace(call("0123456789"), by_value=True))
    assert samples(answer.response) == 1_600
    audio = answer.response.audio  # type: ignore[attr-defined]
    artifact_id = hashlib.sha256(audio.encode()[0]).hexdigest()
    with pytest.raises(NotFound):
        store.resolve(artifact_id, TENANT)
    assert store.store(audio, TENANT, most_bytes=None).id == artifact_id


async def test_audio_asked_for_by_value_is_stored_where_it_fits_no_message(store: ArtifactStore) -> None:
    async with dispatching(store, spec("sine", "Sine", seconds_per_character=20.0)) as dispatcher:
        answer = await dispatcher.run(dispatcher.catalog().models[0], replace(call("a"), by_value=True))
    ref = answer.response.audio  # type: ignore[attr-defined]
    assert isinstance(ref, ArtifactRef)
    assert Audio.decode(store.read(ref)).duration_s == 20.0


@pytest.mark.parametrize("by_value", [True, False])
async def test_seconds_of_audio_are_counted_however_it_travels(store: ArtifactStore, by_value: bool) -> None:
    ledger = Ledger()
    async with dispatching(store, spec("sine", "Sine"), metrics=ledger) as dispatcher:
        await dispatcher.run(dispatcher.catalog().models[0], replace(call("0123456789"), by_value=by_value))
    assert [measures["audio_s"] for _, measures in ledger.rows] == [pytest.approx(0.1)]


async def test_whole_answer_of_a_model_that_streams_comes_in_one_part(store: ArtifactStore) -> None:
    async with dispatching(store, dripper("drip-whole")) as dispatcher:
        executor = Executor(dispatcher, store, dispatcher.catalog)
        parts = executor.stream_task("text-to-speech", {"text": "one two"}, scope(), whole=True)
        assert await rest(parts) == [1_120]


async def test_next_model_is_tried_before_the_first_part_and_not_after(store: ArtifactStore) -> None:
    GATES["drip-a"].set()
    GATES["drip-b"].set()
    at_once = dripper("drip-a", id="at-once", args={"fails_after": 0})
    later = dripper("drip-b", id="later", args={"fails_after": 1})
    async with dispatching(store, at_once, later) as dispatcher:
        executor = Executor(dispatcher, store, dispatcher.catalog)
        parts = executor.stream_task("text-to-speech", {"text": "one two"}, scope())
        assert samples(await anext(parts)) == 480
        with pytest.raises(ModelFailed, match="'later' failed"):
            await anext(parts)


def test_long_audio_is_split_into_parts_that_fit_a_message() -> None:
    waveform = np.arange(2 * MAX_PART_VALUES + 10, dtype=np.float32)[None]
    parts = list(small_parts(TextToSpeechResponse(audio=Audio(waveform, 24_000))))
    assert [samples(part) for part in parts] == [MAX_PART_VALUES, MAX_PART_VALUES, 10]
    np.testing.assert_array_equal(np.concatenate([part.audio.waveform for part in parts], axis=1), waveform)  # type: ignore[attr-defined]
