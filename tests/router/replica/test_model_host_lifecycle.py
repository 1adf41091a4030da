import asyncio
import threading
from typing import Any

import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import AudioGPTError, DeadlineExceeded, ModelFailed, ModelLost, ModelUnavailable
from router.artifacts.store import ArtifactStore
from router.replica.batching import STUCK_GRACE_S
from router.replica.model_host import ModelHost
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S
from tests.router.models import GATES, STARTED, UNLOADED
from tests.router.running import call, spec, started, tone, translation


@pytest.mark.parametrize(
    ("wrapper", "fields", "message"),
    [
        ("Refusing", {}, "The weights are not allowed on this machine."),
        ("Demanding", {}, "Model 'm' is off: executable 'no-such-program' is missing; run: apt-get install"),
        ("NonCommercial", {}, "Model 'm' is off: its licence (CC-BY-NC-4.0) grants no commercial use"),
    ],
)
async def test_model_that_refuses_to_load_answers_every_call_with_its_reason(
    store: ArtifactStore, wrapper: str, fields: dict[str, Any], message: str
) -> None:
    host = await started(spec(wrapper, **fields), store)
    errors = await asyncio.gather(*(host.run(translation()) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in errors] == [ModelUnavailable] * 3
    assert all(error.message.startswith(message) for error in errors if isinstance(error, AudioGPTError))
    assert host.entry().state == "off"
    host.check_health()
    await host.stop()


async def test_other_errors_of_loading_are_raised_so_that_loading_is_tried_again(store: ArtifactStore) -> None:
    host = ModelHost(spec("Refusing", args={"broken": True}), store)
    with pytest.raises(OSError, match="weights truncated"):
        await host.start()
    with pytest.raises(ModelUnavailable, match="still loading"):
        await host.run(translation())
    await host.stop()


async def test_host_is_unhealthy_once_a_batch_hangs(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    host = await started(spec("Patient", args={"name": "host-hang", "deaf": True}), store)
    running = asyncio.create_task(host.run(translation()))
    assert await asyncio.to_thread(STARTED["host-hang"].wait, LONG_S)
    host.check_health()
    pass_time(LONG_S + STUCK_GRACE_S, monkeypatch)
    with pytest.raises(ModelFailed, match="hangs"):
        host.check_health()
    GATES["host-hang"].set()
    with pytest.raises(DeadlineExceeded):
        await running
    await host.stop()
    host.check_health()


async def test_stopping_unloads_the_model_and_refuses_further_calls(store: ArtifactStore) -> None:
    host = await started(spec("Recorder", args={"name": "host-stop"}), store)
    await host.stop()
    assert UNLOADED["host-stop"].is_set()
    with pytest.raises(ModelUnavailable, match="was stopped"):
        await host.run(translation())


async def test_call_whose_media_are_being_read_when_the_model_stops_is_lost_and_may_be_tried_elsewhere(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio, reading, go_on, read = tone(store), threading.Event(), threading.Event(), store.read

    def held(ref: ArtifactRef) -> bytes:
        reading.set()
        assert go_on.wait(LONG_S)
        return read(ref)

    monkeypatch.setattr(store, "read", held)
    host = await started(spec("Halver"), store)
    running = asyncio.create_task(host.run(call("speech-enhancement", audio=audio)))
    assert await asyncio.to_thread(reading.wait, LONG_S)
    await host.stop()
    go_on.set()
    with pytest.raises(ModelLost):
        await running


async def test_model_that_fails_to_unload_is_stopped_all_the_same(
    store: ArtifactStore, caplog: pytest.LogCaptureFixture
) -> None:
    host = await started(spec("Clinging"), store)
    await host.stop()
    assert "Model 'm' failed to unload" in caplog.text
    with pytest.raises(ModelUnavailable):
        await host.run(translation())
