"""Models are loaded while the steps before theirs run, and a cold model leaves time for a loaded one."""

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest

from model_wrappers.contract.catalog import Catalog, Limits, ModelEntry
from router.calls import ModelCall, OnProgress
from router.execution.warming import needed_models
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S, scope
from tests.router.models import card
from tests.router.scripted import Scripted, catalog, execute, executing, hang, plan, states, step


def cold(*models: str, **fields: Any) -> Catalog:
    """Return a catalog of models that are not loaded."""
    return with_loaded(catalog(*models, **fields), False)


def with_loaded(models: Catalog, loaded: bool) -> Catalog:
    return Catalog(models=tuple(entry.model_copy(update={"loaded": loaded}) for entry in models.models))


async def test_every_cold_model_of_a_chain_is_loaded_from_its_start() -> None:
    dispatcher = Scripted()
    dispatcher.loading.clear()

    async def first(call: ModelCall, on_progress: OnProgress) -> str:
        await asyncio.sleep(0)
        assert dispatcher.warmed == ["a", "b", "c"]
        dispatcher.loading.set()
        return "first"

    dispatcher.behaviours["a"] = first
    chain = plan(step("s1", model="a"), step("s2", {"from": "s1.text"}, "b"), step("s3", {"from": "s2.text"}, "c"))
    results = await execute(dispatcher, chain, cold("a", "b", "c"))
    assert set(states(results).values()) == {"done"}
    assert dispatcher.warmed == ["a", "b", "c"]


def test_a_model_that_takes_no_text_is_not_loaded_for_one_that_is_still_to_be_written() -> None:
    deaf = cold("deaf", limits=Limits(unsupported=("text",))).models
    models = Catalog(models=(*deaf, *cold("reader").models))
    for text in ("word", {"from": "s1.text"}):
        (_, second) = plan(step("s1"), step("s2", text)).steps
        assert [entry.id for entry in needed_models(models, second)] == ["reader"]


async def test_loaded_models_are_left_alone() -> None:
    dispatcher = Scripted()
    await execute(dispatcher, plan(step("s1", model="a")), with_loaded(catalog("a"), True))
    assert dispatcher.warmed == []


async def test_a_cancelled_run_leaves_no_call_for_a_model_behind() -> None:
    dispatcher = Scripted(a=hang)
    dispatcher.loading.clear()
    what = plan(step("s1", model="a"), step("s2", {"from": "s1.text"}, "b"))
    run = asyncio.create_task(executing(dispatcher, cold("a", "b")).execute(what, scope()))
    async with asyncio.timeout(LONG_S):
        while dispatcher.warming != {"a", "b"}:  # noqa: ASYNC110
            await asyncio.sleep(0)
    run.cancel()
    await asyncio.wait({run})
    assert dispatcher.warming == set()


async def test_a_cold_model_leaves_time_for_one_that_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def load_for_long(call: ModelCall, on_progress: OnProgress) -> str:
        left_s = call.scope.remaining_s()
        assert left_s == pytest.approx(LONG_S / 2, rel=0.1)
        pass_time(left_s, monkeypatch)
        call.scope.remaining_s()  # what a dispatcher does once it is over
        raise AssertionError

    models = Catalog(models=(*cold("preferred").models, *with_loaded(catalog("fallback"), True).models))
    results = await execute(Scripted(preferred=load_for_long), plan(step("s1")), models)
    assert (results[0].state, results[0].model) == ("done", "fallback")


async def test_a_cold_model_has_all_the_time_where_no_other_is_loaded() -> None:
    async def told(call: ModelCall, on_progress: OnProgress) -> str:
        return "all" if call.scope.remaining_s() > 0.9 * LONG_S else "part"

    results = await execute(Scripted(a=told), plan(step("s1")), cold("a", "b"))
    assert results[0].outputs["text"] == "all"


def test_a_model_that_refuses_what_is_known_is_not_the_one_that_is_needed() -> None:
    models = Catalog(
        models=(
            *cold("texts-only", limits=Limits(unsupported=("audio",))).models,
            *cold("takes-audio").models,
        )
    )
    (heard,) = plan({"id": "s1", "task": "speech-translation", "arguments": {"audio": {"artifact": "audio-1"}}}).steps
    assert [entry.id for entry in needed_models(models, heard)] == ["takes-audio"]
    (typed,) = plan(step("s1")).steps
    assert [entry.id for entry in needed_models(models, typed)] == ["texts-only"]


def test_of_a_composite_its_parts_are_needed() -> None:
    composite = card("speech-translation", method="composite")
    wrapper = "model_wrappers.embedded.cascaded_translation:CascadedTranslation"
    parts = (("hears", "speech-recognition"), ("translates", "speech-translation"), ("speaks", "text-to-speech"))
    models = Catalog(
        models=(
            ModelEntry(id="cascade", wrapper=wrapper, card=composite),
            *(ModelEntry(id=name, wrapper="tests:X", card=card(task), loaded=False) for name, task in parts),
        )
    )
    (only,) = plan(step("s1")).steps
    assert [entry.id for entry in needed_models(models, only)] == ["hears", "translates", "speaks"]


async def test_a_model_known_to_answer_too_late_comes_after_those_that_may_be_in_time() -> None:
    models = Catalog(models=(*cold("preferred").models, *with_loaded(catalog("fallback"), True).models))
    executor = executing(dispatcher := Scripted(), models)
    dispatcher.loading.clear()
    await executor.execute(plan(step("s1")), scope())
    assert dispatcher.called == ["preferred"]  # nothing is known of it yet
    executor.lines.loaded(models.get("preferred"), 2 * LONG_S)
    await executor.execute(plan(step("s1")), scope())
    assert dispatcher.called[1:] == ["fallback"]
    await executor.execute(plan(step("s1")), scope(4 * LONG_S))
    assert dispatcher.called[2:] == ["preferred"]


async def test_a_line_too_long_for_the_deadline_sends_a_request_elsewhere() -> None:
    models = with_loaded(catalog("preferred", "fallback"), True)
    executor = executing(dispatcher := Scripted(), models)
    executor.lines.ran(models.get("preferred"), LONG_S / 2)
    with ExitStack() as line:
        for _ in range(2):
            line.enter_context(executor.lines.place(models.get("preferred"), scope().flow, lambda place, wait_s: None))
        await executor.execute(plan(step("s1")), scope())
    await executor.execute(plan(step("s1")), scope())
    assert dispatcher.called == ["fallback", "preferred"]
