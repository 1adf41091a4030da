import asyncio

import numpy as np
import pytest

from llm_planner.plans.plan import Plan
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelFailed, ModelLost, ModelUnavailable, NotFound
from model_wrappers.contract.tasks import get_task
from router.artifacts.store import ArtifactStore
from router.calls import ModelCall
from router.execution.executor import Executor
from router.in_process import InProcessDispatcher
from tests.router.dispatching import LONG_S, dispatching, scope
from tests.router.models import BATCHES, GATES, STARTED, STOPPED, UNLOADED, spec


def translation(text: str = "hi") -> ModelCall:
    request = get_task("speech-translation").request.model_validate({"text": text, "target_language": "en"})
    return ModelCall("speech-translation", request, scope())


async def test_chain_over_real_models_yields_the_sound_it_asked_for(store: ArtifactStore) -> None:
    chain = Plan.model_validate(
        {
            "steps": [
                {
                    "id": "write",
                    "task": "speech-translation",
                    "arguments": {"text": "x" * 100, "target_language": "en"},
                },
                {"id": "speak", "task": "text-to-speech", "arguments": {"text": {"from": "write.text"}}},
                {"id": "soften", "task": "speech-enhancement", "arguments": {"audio": {"from": "speak.audio"}}},
            ]
        }
    )
    specs = [spec("echo", "Echo"), spec("sine", "Sine", frequency_hz=250), spec("halver", "Halver")]
    async with dispatching(store, *specs) as dispatcher:
        results = await Executor(dispatcher, store, dispatcher.catalog).execute(chain, scope())
    assert [result.state for result in results] == ["done"] * 3
    sound = Audio.decode(store.read(results[2].artifacts["audio"]))
    assert (sound.sample_rate, sound.duration_s) == (8_000, 1.0)
    assert np.abs(np.fft.rfft(sound.waveform[0])).argmax() == 250
    assert np.abs(sound.waveform).max() == pytest.approx(0.25, abs=0.01)


async def test_model_loads_once_for_calls_that_come_together(store: ArtifactStore) -> None:
    async with dispatching(store, spec("m", "Recorder", name="dispatch-once")) as dispatcher:
        entry = dispatcher.catalog().models[0]
        answers = await asyncio.gather(*(dispatcher.run(entry, translation(text)) for text in "abc"))
        assert [answer.response.text for answer in answers] == list("abc")  # type: ignore[attr-defined]
    assert sorted(text for batch in BATCHES["dispatch-once"] for text in batch) == list("abc")
    assert UNLOADED["dispatch-once"].is_set()


async def test_model_that_refuses_to_load_is_off_in_the_catalog_afterwards(store: ArtifactStore) -> None:
    async with dispatching(store, spec("m", "Refusing")) as dispatcher:
        entry = dispatcher.catalog().models[0]
        assert entry.state == "live"
        with pytest.raises(ModelUnavailable, match="not allowed on this machine"):
            await dispatcher.run(entry, translation())
        refused = dispatcher.catalog().models[0]
    assert (refused.state, refused.reason) == ("off", "The weights are not allowed on this machine.")


async def test_model_that_breaks_while_loading_fails_the_call_and_is_loaded_anew_by_the_next(
    store: ArtifactStore,
) -> None:
    async with dispatching(store, spec("m", "Refusing", broken=True)) as dispatcher:
        entry = dispatcher.catalog().models[0]
        for _ in range(2):
            with pytest.raises(ModelFailed, match=r"Loading model .m. failed: OSError: weights truncated"):
                await dispatcher.run(entry, translation())


async def test_unknown_model_is_not_found(store: ArtifactStore) -> None:
    async with dispatching(store, spec("m", "Echo")) as dispatcher:
        stranger = spec("stranger", "Echo").entry()
        with pytest.raises(NotFound, match="'stranger' is not in this process; it has: m"):
            await dispatcher.run(stranger, translation())


async def test_caller_that_gives_up_does_not_stop_the_model_from_loading_for_the_others(store: ArtifactStore) -> None:
    async with dispatching(store, spec("m", "SlowToLoad", name="dispatch-load")) as dispatcher:
        entry = dispatcher.catalog().models[0]
        leaver = asyncio.create_task(dispatcher.run(entry, translation("leaver")))
        stayer = asyncio.create_task(dispatcher.run(entry, translation("stayer")))
        assert await asyncio.to_thread(STARTED["dispatch-load"].wait, LONG_S)
        leaver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        GATES["dispatch-load"].set()
        assert (await stayer).response.text == "stayer"  # type: ignore[attr-defined]


async def test_model_is_loaded_after_its_first_call(store: ArtifactStore) -> None:
    async with dispatching(store, spec("m", "Echo")) as dispatcher:
        assert dispatcher.catalog().models[0].loaded is False
        await dispatcher.run(dispatcher.catalog().models[0], translation())
        assert dispatcher.catalog().models[0].loaded is True


async def test_cancelled_call_stops_the_model(store: ArtifactStore) -> None:
    async with dispatching(store, spec("m", "Patient", name="dispatch-cancel")) as dispatcher:
        running = asyncio.create_task(dispatcher.run(dispatcher.catalog().models[0], translation()))
        assert await asyncio.to_thread(STARTED["dispatch-cancel"].wait, LONG_S)
        running.cancel()
        assert await asyncio.to_thread(STOPPED["dispatch-cancel"].wait, LONG_S)


async def test_closing_is_bounded_although_a_model_hangs(store: ArtifactStore) -> None:
    dispatcher = InProcessDispatcher([spec("m", "Patient", name="dispatch-hang", deaf=True)], store)
    running = asyncio.create_task(dispatcher.run(dispatcher.catalog().models[0], translation()))
    assert await asyncio.to_thread(STARTED["dispatch-hang"].wait, LONG_S)
    await dispatcher.close(timeout_s=0.01)
    with pytest.raises(ModelLost):
        await running
    GATES["dispatch-hang"].set()


async def test_closing_gives_up_the_calls_that_wait_for_a_model_to_load(store: ArtifactStore) -> None:
    dispatcher = InProcessDispatcher([spec("m", "SlowToLoad", name="dispatch-shut")], store)
    waiting = asyncio.create_task(dispatcher.run(dispatcher.catalog().models[0], translation()))
    assert await asyncio.to_thread(STARTED["dispatch-shut"].wait, LONG_S)
    await dispatcher.close()
    with pytest.raises(ModelLost, match="was stopped before it had loaded"):
        await waiting
    GATES["dispatch-shut"].set()
