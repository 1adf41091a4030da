"""Steps count as planned on the models they need from their plan to their end, however that comes."""

import asyncio

from model_wrappers.contract.catalog import Catalog, ModelEntry
from router.calls import ModelCall, OnProgress
from tests.router.dispatching import LONG_S, scope
from tests.router.models import card
from tests.router.scripted import Scripted, catalog, executing, hang, plan, step

CHAIN = plan(step("s1", model="a"), step("s2", {"from": "s1.text"}, "b"), step("s3", {"from": "s2.text"}, "b"))


async def test_a_step_is_planned_until_it_has_ended() -> None:
    models = catalog("a", "b")
    seen: list[dict[str, int]] = []

    async def look(call: ModelCall, on_progress: OnProgress) -> str:
        seen.append(executor.planned.by_model(models))
        return "looked"

    executor = executing(Scripted(a=look, b=look), models)
    await asyncio.gather(executor.execute(CHAIN, scope()))
    assert seen == [{"a": 1, "b": 2}, {"b": 2}, {"b": 1}]
    assert executor.planned.by_model(models) == {}


async def test_plans_of_a_process_add_up_and_a_cancelled_one_leaves_nothing() -> None:
    models = catalog("a", "b")
    executor = executing(dispatcher := Scripted(a=hang), models)
    runs = [asyncio.create_task(executor.execute(CHAIN, scope())) for _ in range(2)]
    async with asyncio.timeout(LONG_S):
        while len(dispatcher.called) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert executor.planned.by_model(models) == {"a": 2, "b": 4}
    runs[0].cancel()
    await asyncio.wait({runs[0]})
    assert executor.planned.by_model(models) == {"a": 1, "b": 2}
    runs[1].cancel()
    await asyncio.wait({runs[1]})
    assert executor.planned.by_model(models) == {}


async def test_a_step_that_was_done_before_is_not_planned() -> None:
    executor = executing(Scripted(), models := catalog("a", "b"))
    done = {result.id: result for result in await executor.execute(plan(step("s1", model="a")), scope())}
    async with executor.begin(scope(), done=done) as run:
        for each in CHAIN.steps:
            run.start(each)
        assert executor.planned.by_model(models) == {"b": 2}


async def test_of_a_composite_its_parts_are_planned_once_a_step() -> None:
    wrapper = "model_wrappers.embedded.cascaded_translation:CascadedTranslation"
    parts = (("hears", "speech-recognition"), ("translates", "speech-translation"), ("speaks", "text-to-speech"))
    models = Catalog(
        models=(
            ModelEntry(id="cascade", wrapper=wrapper, card=card("speech-translation", method="composite")),
            *(ModelEntry(id=name, wrapper="tests:X", card=card(task)) for name, task in parts),
        )
    )
    executor = executing(Scripted(), models)
    async with executor.begin(scope()) as run:
        run.start(plan(step("s1")).steps[0])
        assert executor.planned.by_model(models) == {"hears": 1, "translates": 1, "speaks": 1}


async def test_what_no_model_can_do_is_planned_on_none() -> None:
    executor = executing(Scripted(), models := Catalog())
    async with executor.begin(scope()) as run:
        run.start(plan(step("s1")).steps[0])
        assert executor.planned.by_model(models) == {}
