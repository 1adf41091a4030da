from collections import Counter
from typing import Any

import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelFailed, ModelUnavailable
from router.artifacts.store import ArtifactStore
from router.calls import ModelAnswer, ModelCall
from router.events import Event, StepProgress
from router.execution.attempts import MAX_COMPOSITE_DEPTH
from router.in_process import InProcessDispatcher
from router.spec import ModelSpec
from tests.router.dispatching import dispatching, scope
from tests.router.models import BATCHES, SECONDS_PER_CHARACTER, spec
from tests.router.scripted import AT_ONCE, executing

REQUEST = {"text": "buenos dias", "target_language": "es", "speak": True}


COMPOSITE = spec("spoken", "SpokenTranslation")


class Tally:
    """Counts calls by task."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def observed(self, call: ModelCall, outcome: ModelAnswer | AudioGPTError, **measures: float) -> None:
        self.calls[call.task] += 1


async def translate(
    store: ArtifactStore,
    *specs: ModelSpec,
    events: list[Event] | None = None,
    tally: Tally | None = None,
    model: str | None = None,
    request: dict[str, Any] = REQUEST,
) -> Any:
    """Translate with the first of the given models that can, or with `model` and no other."""
    async with dispatching(store, *specs, metrics=tally) as dispatcher:
        executor = executing(dispatcher, Catalog(models=tuple(one.entry() for one in specs)), store, AT_ONCE)
        return await executor.execute_task(
            "speech-translation", request, scope(), model=model, emit=(events if events is not None else []).append
        )


async def test_sub_steps_run_inside_one_visible_step(store: ArtifactStore) -> None:
    events: list[Event] = []
    result = await translate(store, COMPOSITE, spec("echo", "Echo"), spec("sine", "Sine"), events=events)
    assert (result.model, result.outputs["text"]) == ("spoken", "buenos dias")
    sound = Audio.decode(store.read(result.artifacts["audio"]))
    assert sound.duration_s == pytest.approx(len("buenos dias") * SECONDS_PER_CHARACTER)
    assert [event.type for event in events] == ["step_started", "step_progress", "step_progress", "step_ended"]
    assert [event.fraction for event in events if isinstance(event, StepProgress)] == [0.5, 1.0]


async def test_progress_of_sub_steps_is_that_of_their_mean(store: ArtifactStore) -> None:
    events: list[Event] = []
    halfway = spec("recorder", "Recorder", name="composite-progress")  # tells 0.5 before it answers
    await translate(store, COMPOSITE, halfway, spec("sine", "Sine"), events=events)
    assert [event.fraction for event in events if isinstance(event, StepProgress)] == [0.25, 0.5, 1.0]


async def test_composite_is_rebuilt_with_its_own_config(store: ArtifactStore) -> None:
    deep = spec("deep", "SpokenTranslation", voice="v" * 101)
    with pytest.raises(InvalidInput, match=r"sub-step 'speak' is invalid: 'voice'"):
        await translate(store, deep, spec("echo", "Echo"), spec("sine", "Sine"))


async def test_sub_step_falls_back_like_any_step(store: ArtifactStore) -> None:
    faulty = spec("faulty", "Faulty", name="composite-fallback")
    result = await translate(store, COMPOSITE, faulty, spec("echo", "Echo"), spec("sine", "Sine"))
    assert result.outputs["text"] == "buenos dias"
    assert len(BATCHES["composite-fallback"]) == 1


async def test_failing_sub_step_fails_the_composite_and_the_next_model_answers(store: ArtifactStore) -> None:
    result = await translate(store, COMPOSITE, spec("echo", "Echo"))
    assert (result.model, result.attempts) == ("echo", 2)
    assert result.artifacts == {}


async def test_composite_asked_for_by_name_has_its_sub_steps_and_no_fallback(store: ArtifactStore) -> None:
    result = await translate(store, COMPOSITE, spec("echo", "Echo"), spec("sine", "Sine"), model="spoken")
    assert (result.model, result.outputs["text"]) == ("spoken", "buenos dias")
    with pytest.raises(ModelUnavailable, match="text-to-speech"):
        await translate(store, COMPOSITE, spec("echo", "Echo"), model="spoken")


async def test_lost_sub_step_is_retried_within_its_own_bound_only(store: ArtifactStore) -> None:
    lost = spec("lost", "Faulty", name="composite-lost", fault="lost")
    with pytest.raises(AudioGPTError, match="died"):
        await translate(store, COMPOSITE, lost, spec("sine", "Sine"))
    assert len(BATCHES["composite-lost"]) == 3 + 3  # as a sub-step, then as the composite's fallback


async def test_composite_never_calls_itself(store: ArtifactStore) -> None:
    with pytest.raises(ModelUnavailable, match="No model can do speech-translation now: no other model"):
        await translate(store, COMPOSITE, spec("sine", "Sine"))


async def test_composites_nest_only_to_a_bounded_depth(store: ArtifactStore) -> None:
    nested = [spec(f"spoken-{index}", "SpokenTranslation") for index in range(6)]
    tally = Tally()
    result = await translate(store, *nested, spec("echo", "Echo"), spec("sine", "Sine"), tally=tally)
    assert (result.model, result.outputs["text"]) == ("spoken-0", "buenos dias")
    assert tally.calls == {"speech-translation": 1, "text-to-speech": MAX_COMPOSITE_DEPTH}


async def test_model_that_only_calls_itself_composite_fails_with_a_reason(store: ArtifactStore) -> None:
    entry = spec("echo", "Echo").entry()
    pretender = entry.model_copy(update={"card": entry.card.model_copy(update={"method": "composite"})})
    executor = executing(InProcessDispatcher([], store), Catalog(models=(pretender,)), store)
    with pytest.raises(ModelFailed, match="is no CompositeModel"):
        await executor.execute_task("speech-translation", REQUEST, scope())
