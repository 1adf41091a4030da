import asyncio
from pathlib import Path
from typing import Any

import pytest

from llm_planner.plans.plan import Chat, PlanOutcome, Unsupported
from router.events import Event, Planned, StepEnded, StepStarted
from tests.llm_planner.llm_server import DROP, Streamed, error, plan, says, serving
from tests.router.conversing import Talk, cut_after, speak, talking, translate, written
from tests.router.dispatching import LONG_S
from tests.router.models import BATCHES, GATES, STARTED, STOPPED, spec

UNKNOWN = {"id": "s2", "task": "juggling", "arguments": {}}


def when(kind: type[Event], gate: asyncio.Event, talk: Talk) -> None:
    """Open a gate of the LLM's server at the first event of a kind."""
    talk.on_event = lambda event: gate.set() if isinstance(event, kind) else None


async def test_step_starts_and_ends_while_the_llm_still_writes_the_next(tmp_path: Path, name: str) -> None:
    first, second = translate("s1", "early"), speak("s2", {"from": "s1.text"})
    rest = asyncio.Event()
    stream = Streamed(cut_after(written(first, second), first), gates={1: rest})
    models = [spec("echo", "Recorder", name=name), spec("sine", "Sine")]
    async with serving(stream, says("Done.")) as server, talking(tmp_path, models, server) as talk:
        when(StepEnded, rest, talk)
        reply = await talk.say()
    assert talk.told[:2] == ["step_started s1", "step_ended s1"]
    assert sorted(talk.told[2:]) == ["planned", "step_ended s2", "step_started s2"]
    assert [result.state for result in reply.results] == ["done", "done"]
    assert reply.results[1].artifacts["audio"].duration_s == pytest.approx(0.05)
    assert BATCHES[name] == [["early"]]


async def test_early_step_that_a_repair_keeps_runs_once(tmp_path: Path, name: str) -> None:
    first = translate("s1", "kept")
    stream = Streamed([written(first, UNKNOWN)])
    models = [spec("echo", "Recorder", name=name)]
    repair = plan(first, translate("s2", {"from": "s1.text"}))
    async with serving(stream, repair, says("Done.")) as server, talking(tmp_path, models, server) as talk:
        reply = await talk.say()
    assert BATCHES[name] == [["kept"], ["kept"]]
    assert (talk.states("s1"), talk.states("s2")) == (["done"], ["done"])
    assert [result.outputs["text"] for result in reply.results] == ["kept", "kept"]


async def test_early_step_that_a_repair_lacks_is_cancelled_at_its_model(tmp_path: Path, name: str) -> None:
    wrong, right = translate("s1", "wrong", "patient"), translate("s3", "right", "echo")
    rest = asyncio.Event()
    stream = Streamed(cut_after(written(wrong, UNKNOWN), wrong), gates={1: rest})
    models = [spec("echo", "Recorder", name=name), spec("patient", "Patient", name=name)]
    async with serving(stream, plan(right), says("Done.")) as server, talking(tmp_path, models, server) as talk:
        answer = asyncio.create_task(talk.say())
        assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
        rest.set()
        reply = await answer
    assert await asyncio.to_thread(STOPPED[name].wait, 60)
    assert not GATES[name].is_set()
    assert talk.states("s1") == ["cancelled"]
    assert [(result.id, result.state, result.outputs["text"]) for result in reply.results] == [("s3", "done", "right")]
    assert "s1" not in str(reply.outcome)


async def test_step_whose_source_changed_in_the_repair_runs_again(tmp_path: Path, name: str) -> None:
    child = translate("s2", {"from": "s1.text"})
    bad = {**UNKNOWN, "id": "s3"}
    stream = Streamed([written(translate("s1", "old"), child, bad)])
    models = [spec("echo", "Recorder", name=name)]
    repair = plan(translate("s1", "new"), child)
    async with serving(stream, repair, says("Done.")) as server, talking(tmp_path, models, server) as talk:
        reply = await talk.say()
    assert [result.outputs["text"] for result in reply.results] == ["new", "new"]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([says('{"kind": "unsupported", "reason": "Nobody can juggle.", "alternatives": []}')], Unsupported),
        ([says("no"), says("no")], Chat),
        ([error(401)], Chat),
        ([DROP], Chat),
    ],
    ids=["refusal", "no repair", "no key", "gone"],
)
async def test_early_step_of_a_plan_that_never_comes_is_cancelled(
    tmp_path: Path, name: str, answers: list[Any], outcome: type
) -> None:
    wrong = translate("s1", "wrong", "patient")
    rest = asyncio.Event()
    stream = Streamed(cut_after(written(wrong, UNKNOWN), wrong), gates={1: rest})
    models = [spec("echo", "Echo"), spec("patient", "Patient", name=name)]
    async with serving(stream, *answers) as server, talking(tmp_path, models, server) as talk:
        answer = asyncio.create_task(talk.say())
        assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
        rest.set()
        reply = await answer
    assert isinstance(reply.outcome, outcome)
    assert (talk.states("s1"), reply.results, reply.artifacts) == (["cancelled"], (), ())
    assert await asyncio.to_thread(STOPPED[name].wait, 60)


async def test_caller_who_leaves_while_the_plan_is_written_stops_its_early_step(tmp_path: Path, name: str) -> None:
    first = translate("s1", "early", "patient")
    stream = Streamed(cut_after(written(first, translate("s2")), first), gates={1: asyncio.Event()})
    models = [spec("echo", "Echo"), spec("patient", "Patient", name=name)]
    async with serving(stream) as server, talking(tmp_path, models, server) as talk:
        answer = asyncio.create_task(talk.say())
        assert await asyncio.to_thread(STARTED[name].wait, LONG_S)
        answer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answer
        assert await asyncio.to_thread(STOPPED[name].wait, LONG_S)
    assert talk.told == ["step_started s1", "step_ended s1"]
    assert talk.states("s1") == ["cancelled"]


async def test_times_of_early_steps_count_from_the_first_one(tmp_path: Path) -> None:
    first, second = translate("s1"), translate("s2")
    rest = asyncio.Event()
    stream = Streamed(cut_after(written(first, second), first), gates={1: rest})
    async with serving(stream, says("Done.")) as server, talking(tmp_path, [spec("echo", "Echo")], server) as talk:
        when(StepEnded, rest, talk)
        reply = await talk.say()
    begun = [result.started_s for result in reply.results]
    assert begun[0] is not None
    assert begun[1] is not None
    assert 0 <= begun[0] <= begun[1]
    (planned,) = [event for event in talk.events if isinstance(event, Planned)]
    assert isinstance(planned.outcome, PlanOutcome)
    assert (planned.planner, planned.reason) == ("llm", None)
    assert [event.step for event in talk.events if isinstance(event, StepStarted)] == ["s1", "s2"]
