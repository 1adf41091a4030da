import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import (
    DeadlineExceeded,
    InvalidInput,
    ModelFailed,
    ModelOverloaded,
    NotFound,
    TooLarge,
    UnsupportedMedia,
)
from router.artifacts.store import ArtifactStore
from router.calls import ModelAnswer
from tests.router.dispatching import LONG_S, TENANT, scope
from tests.router.models import BATCHES, GATES, STARTED, STOPPED
from tests.router.running import Ledger, call, spec, started, tone, translation


async def test_made_audio_is_stored_and_comes_back_as_a_reference(store: ArtifactStore) -> None:
    host = await started(spec("Sine", args={"frequency_hz": 500}), store)
    answer = await host.run(call("text-to-speech", text="0123456789" * 5))
    await host.stop()
    ref = answer.response.audio  # type: ignore[attr-defined]
    assert isinstance(ref, ArtifactRef)
    assert (ref.sample_rate, ref.channels, ref.duration_s) == (16_000, 1, 0.5)
    waveform = Audio.decode(store.read(ref)).waveform[0]
    assert np.abs(np.fft.rfft(waveform)).argmax() / 0.5 == 500.0


async def test_model_gets_audio_at_the_rate_and_channels_of_its_card(store: ArtifactStore) -> None:
    host = await started(spec("Halver"), store)
    answer = await host.run(call("speech-enhancement", audio=tone(store, channels=2)))
    await host.stop()
    made = Audio.decode(store.read(answer.response.audio))  # type: ignore[attr-defined]
    assert (made.sample_rate, made.channels) == (8_000, 1)
    assert made.duration_s == pytest.approx(0.5, abs=0.001)
    assert np.abs(made.waveform[0, 500:-500]).max() == pytest.approx(0.4, abs=0.01)


async def test_artifact_of_another_tenant_does_not_exist_for_the_caller(store: ArtifactStore) -> None:
    host = await started(spec("Halver"), store)
    theirs = tone(store, tenant="other")
    with pytest.raises(NotFound, match="does not exist"):
        await host.run(call("speech-enhancement", audio=theirs))
    made = await host.run(call("speech-enhancement", within=scope(tenant="other"), audio=theirs))
    await host.stop()
    assert made.response.audio.tenant == "other"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("args", "ref_fields", "error", "part"),
    [
        ({"max_duration_s": 0.4}, {}, TooLarge, "'audio' lasts 0.5 s; it takes at most 0.4 s"),
        ({"max_duration_s": 0.4}, {"duration_s": None}, TooLarge, "at most 0.4 s"),
        ({"min_channels": 2}, {}, InvalidInput, "needs at least 2"),
    ],
)
async def test_limits_hold_on_what_was_decoded_whatever_the_reference_says(
    store: ArtifactStore, args: dict[str, float], ref_fields: dict[str, Any], error: type[Exception], part: str
) -> None:
    host = await started(spec("Halver", args=args), store)
    with pytest.raises(error, match=part):
        await host.run(call("speech-enhancement", audio=tone(store).model_copy(update=ref_fields)))
    await host.stop()


async def test_undecodable_artifact_is_the_callers_error(store: ArtifactStore) -> None:
    host = await started(spec("Halver"), store)
    text = store.put(b"no audio at all", kind="audio", media_type="audio/wav", tenant=TENANT, most_bytes=None)
    with pytest.raises(UnsupportedMedia):
        await host.run(call("speech-enhancement", audio=text))
    await host.stop()


@pytest.mark.parametrize(
    ("fault", "error", "part"),
    [
        ("exception", ModelFailed, "Model 'm' failed: ValueError: no such phoneme"),
        ("base-exception", ModelFailed, "SystemExit"),
        ("invalid", InvalidInput, "The text holds no words."),
        ("too-few", ModelFailed, "gave 0 answers to 1 requests"),
        ("wrong-type", ModelFailed, "answered with TextToSpeechRequest; speech-translation needs"),
    ],
)
async def test_misbehaving_model_is_an_error_of_the_tree_and_the_next_call_works(
    store: ArtifactStore, fault: str, error: type[Exception], part: str
) -> None:
    host = await started(spec("Faulty", args={"name": f"host-{fault}", "fault": fault, "times": 1}), store)
    with pytest.raises(error, match=part):
        await host.run(translation())
    answer = await host.run(translation("again"))
    await host.stop()
    assert answer.response.text == "again"  # type: ignore[attr-defined]


async def test_call_for_a_task_the_model_does_not_do_is_refused(store: ArtifactStore) -> None:
    host = await started(spec("Sine"), store)
    with pytest.raises(InvalidInput, match="does not do speech-translation; it does: text-to-speech"):
        await host.run(translation())
    await host.stop()


async def test_call_past_its_deadline_does_not_reach_the_model(store: ArtifactStore) -> None:
    host = await started(spec("Recorder", args={"name": "host-late"}), store)
    with pytest.raises(DeadlineExceeded):
        await host.run(translation(within=scope(-1.0)))
    await host.stop()
    assert BATCHES["host-late"] == []


async def test_cancelled_call_stops_the_running_model(store: ArtifactStore) -> None:
    host = await started(spec("Patient", args={"name": "host-cancel"}), store)
    running = asyncio.create_task(host.run(translation()))
    assert await asyncio.to_thread(STARTED["host-cancel"].wait, LONG_S)
    running.cancel()
    assert await asyncio.to_thread(STOPPED["host-cancel"].wait, LONG_S)
    with pytest.raises(asyncio.CancelledError):
        await running
    await host.stop()


async def test_calls_beyond_the_capacity_are_refused_before_anything_is_decoded(store: ArtifactStore) -> None:
    host = await started(spec("Recorder", args={"name": "host-full", "gated": True}, max_queue=1), store)
    running = [asyncio.create_task(host.run(translation(text))) for text in ("running", "waiting")]
    assert await asyncio.to_thread(STARTED["host-full"].wait, LONG_S)
    missing = ArtifactRef(tenant="default", id="a" * 64, kind="audio", media_type="audio/wav", size_bytes=1)
    with pytest.raises(ModelOverloaded):
        await host.run(call("speech-translation", audio=missing, target_language="en"))
    GATES["host-full"].set()
    await asyncio.gather(*running)
    assert (await host.run(translation("later"))).response.text == "later"  # type: ignore[attr-defined]
    await host.stop()


async def test_calls_of_several_users_share_a_batch_and_are_measured(store: ArtifactStore) -> None:
    ledger = Ledger()
    what = spec("Recorder", args={"name": "host-batch", "gated": True}, max_batch_size=4)
    host = await started(what, store, ledger)
    calls = [asyncio.create_task(host.run(translation("first")))]
    assert await asyncio.to_thread(STARTED["host-batch"].wait, LONG_S)
    calls += [asyncio.create_task(host.run(translation(text, scope(tenant=text)))) for text in "abc"]
    await asyncio.sleep(0)
    GATES["host-batch"].set()
    answers = await asyncio.gather(*calls)
    await host.stop()
    assert [answer.batch_size for answer in answers] == [1, 3, 3, 3]
    assert [measures["batch_size"] for _, measures in ledger.rows] == [1, 3, 3, 3]
    assert all(answer.queue_s > 0 for answer in answers[1:])


async def test_audio_taken_and_given_and_errors_are_measured(store: ArtifactStore) -> None:
    ledger = Ledger()
    host = await started(spec("Halver", args={"max_duration_s": 1.0}), store, ledger)
    await host.run(call("speech-enhancement", audio=tone(store, 0.5)))
    with pytest.raises(TooLarge):
        await host.run(call("speech-enhancement", audio=tone(store, 2.0)))
    await host.stop()
    (answered, measures), (failed, _) = ledger.rows
    assert isinstance(answered, ModelAnswer)
    assert measures["audio_s"] == pytest.approx(1.0, abs=0.001)
    assert isinstance(failed, TooLarge)


async def test_progress_of_the_model_reaches_the_caller(store: ArtifactStore) -> None:
    host = await started(spec("Recorder", args={"name": "host-progress"}), store)
    told: list[tuple[float, threading.Thread]] = []
    await host.run(translation(), on_progress=lambda fraction: told.append((fraction, threading.current_thread())))
    await host.stop()
    assert told == [(0.5, threading.current_thread())]
