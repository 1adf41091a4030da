import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_wrappers.contract.errors import (
    InvalidInput,
    InvalidPlan,
)
from router.calls import ModelCall, OnProgress
from router.events import Event, StepEnded, StepProgress, StepStarted
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S, scope
from tests.router.scripted import Scripted, catalog, execute, executing, hang, plan, raising, states, step


async def test_outputs_flow_along_a_chain_whatever_the_order_of_its_steps() -> None:
    chain = plan(step("c", {"from": "b.text"}), step("b", {"from": "a.text"}), step("a", "hello"))
    results = await execute(Scripted(), chain)
    assert [(result.id, result.state, result.outputs["text"]) for result in results] == [
        ("c", "done", "hello"),
        ("b", "done", "hello"),
        ("a", "done", "hello"),
    ]


async def test_independent_steps_run_at_the_same_time() -> None:
    together = asyncio.Barrier(3)

    async def meet(call: ModelCall, on_progress: OnProgress) -> str:
        await together.wait()
        return "met"

    results = await execute(Scripted(m=meet), plan(step("a"), step("b"), step("c")))
    assert set(states(results).values()) == {"done"}


async def test_failed_step_skips_only_its_descendants_and_they_name_it() -> None:
    dispatcher = Scripted(bad=raising(InvalidInput("The text holds no words.", param="text")))
    what = plan(
        step("bad", model="bad"),
        step("child", {"from": "bad.text"}),
        step("grandchild", {"from": "child.text"}),
        step("other"),
        step("others-child", {"from": "other.text"}),
    )
    results = await execute(dispatcher, what, catalog("m", "bad"))
    assert states(results) == {
        "bad": "failed",
        "child": "skipped",
        "grandchild": "skipped",
        "other": "done",
        "others-child": "done",
    }
    assert results[0].error is not None
    assert (results[0].error.type, results[0].error.code) == ("request_error", "invalid_input")
    assert [result.error.message for result in results if result.state == "skipped" and result.error] == [
        "Not run: it needs step 'bad', which failed."
    ] * 2


async def test_deadline_fails_what_runs_skips_what_waits_and_keeps_what_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def outlast(call: ModelCall, on_progress: OnProgress) -> str:
        pass_time(LONG_S, monkeypatch)
        return await hang(call, on_progress)

    what = plan(step("quick"), step("slow", {"from": "quick.text"}, "slow"), step("after", {"from": "slow.text"}))
    results = await execute(Scripted(slow=outlast), what, catalog("m", "slow"))
    assert states(results) == {"quick": "done", "slow": "failed", "after": "skipped"}
    assert results[1].error is not None
    assert results[1].error.code == "deadline_exceeded"


async def test_plan_past_its_deadline_calls_no_model() -> None:
    dispatcher = Scripted()
    (result,) = await execute(dispatcher, plan(step("s")), within=scope(-1.0))
    assert (result.state, dispatcher.calls) == ("failed", [])


async def test_cancelling_a_run_cancels_its_calls_starts_nothing_more_and_ends_every_step() -> None:
    running, stopped = asyncio.Event(), asyncio.Event()

    async def wait(call: ModelCall, on_progress: OnProgress) -> str:
        running.set()
        try:
            return await hang(call, on_progress)
        finally:
            stopped.set()

    dispatcher = Scripted(slow=wait)
    events: list[Event] = []
    what = plan(step("quick"), step("slow", model="slow"), step("after", {"from": "slow.text"}))
    run = asyncio.create_task(execute(dispatcher, what, catalog("m", "slow"), emit=events.append))
    await running.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert stopped.is_set()
    assert dispatcher.called == ["m", "slow"]
    ended = {event.result.id: event.result.state for event in events if isinstance(event, StepEnded)}
    assert ended == {"quick": "done", "slow": "cancelled", "after": "cancelled"}


async def test_run_cancelled_again_while_its_steps_tidy_up_still_waits_for_their_end() -> None:
    running, tidying, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def wait(call: ModelCall, on_progress: OnProgress) -> str:
        running.set()
        try:
            return await hang(call, on_progress)
        finally:
            tidying.set()
            try:
                await hang(call, on_progress)
            finally:
                ended.set()

    async def start_and_go_on_planning() -> None:
        async with executing(Scripted(m=wait), catalog("m")).begin(scope()) as run:
            run.start(plan(step("early")).steps[0])
            await asyncio.Event().wait()

    run = asyncio.create_task(start_and_go_on_planning())
    for event in (running, tidying):
        await event.wait()
        run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert ended.is_set()


async def test_progress_is_told_in_order_and_never_goes_back() -> None:
    async def work(call: ModelCall, on_progress: OnProgress) -> str:
        for fraction in (0.2, 0.1, 0.2001, 0.6, 1.0):
            on_progress(fraction)
        return "done"

    events: list[Event] = []
    await execute(Scripted(m=work), plan(step("s")), emit=events.append)
    assert [event.fraction for event in events if isinstance(event, StepProgress)] == [0.2, 0.6, 1.0]
    assert isinstance(events[0], StepStarted)
    assert (events[0].step, events[0].task, events[0].model) == ("s", "speech-translation", "m")
    assert isinstance(events[-1], StepEnded)


async def test_listener_that_raises_does_not_break_the_run(caplog: pytest.LogCaptureFixture) -> None:
    def listen(event: Event) -> None:
        raise BrokenPipeError("the browser is gone")

    (result,) = await execute(Scripted(), plan(step("s")), emit=listen)
    assert result.state == "done"
    assert "A listener failed on a 'step_ended' event" in caplog.text


@pytest.mark.parametrize(
    ("steps", "part"),
    [
        ([step("a"), step("a")], "'a' is used more than once"),
        ([step("a", {"from": "x.text"})], "refers to step 'x', which does not exist; steps are: a"),
        ([step("a", {"from": "b.text"}), step("b", {"from": "a.text"})], "wait for each other"),
        ([step("a", {"from": "a.text"})], "wait for each other"),
    ],
)
async def test_plan_that_cannot_end_is_rejected_before_anything_runs(steps: list[dict[str, Any]], part: str) -> None:
    dispatcher = Scripted()
    with pytest.raises(InvalidPlan, match=part):
        await execute(dispatcher, plan(*steps))
    assert dispatcher.calls == []


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, list[str]], set[str]]:
    """Draw steps with up to three sources each among the earlier ones, and which of them fail."""
    count = draw(st.integers(1, 9))
    names = [f"s{index}" for index in range(count)]
    sources = {
        name: draw(st.lists(st.sampled_from(names[:index]), max_size=3, unique=True)) if index else []
        for index, name in enumerate(names)
    }
    return sources, draw(st.sets(st.sampled_from(names), max_size=3))


def drawn_step(name: str, sources: list[str]) -> dict[str, Any]:
    outputs = {"text": "text", "source_language": "language", "target_language": "language"}
    slots = zip(outputs.items(), sources, strict=False)
    references = {argument: {"from": f"{source}.{output}"} for (argument, output), source in slots}
    literals = {"text": "hi", "target_language": "en"}
    return {"id": name, "task": "speech-translation", "model": name, "arguments": literals | references}


@given(graph=graphs(), order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_every_step_of_any_graph_ends_once_after_its_sources_and_fails_only_its_descendants(
    graph: tuple[dict[str, list[str]], set[str]], order: Any
) -> None:
    sources, failing = graph
    steps = [drawn_step(name, found) for name, found in sources.items()]
    order.shuffle(steps)
    dispatcher = Scripted(**{name: raising(InvalidInput("No.")) for name in failing})
    events: list[Event] = []
    results = asyncio.run(execute(dispatcher, plan(*steps), catalog(*sources), emit=events.append))

    expected: dict[str, str] = {}
    for name, found in sources.items():
        lost = any(expected[source] != "done" for source in found)
        expected[name] = "skipped" if lost else "failed" if name in failing else "done"
    assert states(results) == expected
    assert [result.id for result in results] == [drawn["id"] for drawn in steps]
    ended = [event.result.id for event in events if isinstance(event, StepEnded)]
    assert sorted(ended) == sorted(sources)
    assert sorted(dispatcher.called) == sorted(name for name, state in expected.items() if state != "skipped")
    seen: set[str] = set()
    for event in events:
        if isinstance(event, StepStarted):
            assert set(sources[event.step]) <= seen
        elif isinstance(event, StepEnded):
            seen.add(event.result.id)
