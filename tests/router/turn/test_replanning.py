import json
from pathlib import Path
from typing import Any

import pytest

from llm_planner.plans.plan import Plan, PlanOutcome
from llm_planner.plans.request import PlanRequest
from router.events import Planned
from tests.llm_planner.llm_server import DROP, Streamed, error, plan, says, serving
from tests.router.conversing import Talk, speak, talking, translate, written
from tests.router.models import BATCHES, spec

DONE = says("Done.")


def models(name: str, fault: str = "invalid") -> list[Any]:
    return [spec("echo", "Recorder", name=name), spec("faulty", "Faulty", name=f"{name} faulty", fault=fault)]


def failing_plan() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a step that works and one after it that its model rejects."""
    return translate("s1", "found", "echo"), translate("s2", {"from": "s1.text"}, "faulty")


def plans(talk: Talk) -> list[Planned]:
    return [event for event in talk.events if isinstance(event, Planned)]


async def test_step_that_failed_is_planned_around_and_what_is_done_is_kept(tmp_path: Path, name: str) -> None:
    first, second = failing_plan()
    other = translate("s3", {"from": "s1.text"}, "echo")
    answers = (Streamed([written(first, second)]), plan(first, other), DONE)
    async with serving(*answers) as server, talking(tmp_path, models(name), server) as talk:
        reply = await talk.say()
        told = server.requests[1]["messages"][-1]["content"]
    assert BATCHES[name] == [["found"], ["found"]]  # s1 and s3, each once
    assert [(result.id, result.state) for result in reply.results] == [("s1", "done"), ("s3", "done")]
    assert talk.told.count("step_started s1") == 1
    assert talk.told[-3:] == ["planned", "step_started s3", "step_ended s3"]
    rows = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert rows[0]["state"] == "done"
    assert rows[0]["gave"]["text"] == "found"
    assert (rows[1]["state"], rows[1]["error"]) == ("failed", "The text holds no words.")
    assert "Step 's2' (speech-translation) failed: The text holds no words." in told
    first_plan, second_plan = plans(talk)
    assert first_plan.reason is None
    assert second_plan.reason == "Step 's2' (speech-translation) failed: The text holds no words."
    assert reply.outcome == second_plan.outcome
    assert reply.text == (
        "Done.\nThis is another way than planned at first: speech-translation failed: The text holds no words."
    )


async def test_task_whose_model_is_off_is_planned_around(tmp_path: Path) -> None:
    first = translate("s1", "found")
    answers = (Streamed([written(first)]), plan(speak("s2", "found")), DONE)
    async with (
        serving(*answers) as server,
        talking(tmp_path, [spec("refusing", "Refusing"), spec("sine", "Sine")], server) as talk,
    ):
        reply = await talk.say()
        told = server.requests[1]["messages"]
    assert [(result.task, result.state) for result in reply.results] == [("text-to-speech", "done")]
    assert "The weights are not allowed on this machine. Choose another model." in told[-1]["content"]
    off = told[0]["content"].split("## Off at the moment\n")[1]
    assert off.startswith("- speech-translation: refusing: The weights are not allowed")


async def test_another_plan_is_asked_for_at_most_once(tmp_path: Path, name: str) -> None:
    first, second = failing_plan()
    answers = (Streamed([written(first, second)]), plan(first, {**second, "id": "s3"}), DONE)
    async with serving(*answers) as server, talking(tmp_path, models(name), server) as talk:
        reply = await talk.say()
        asked = [request for request in server.requests if "response_format" in request]
    assert len(asked) == len(plans(talk)) == 2
    assert [(result.id, result.state) for result in reply.results] == [("s1", "done"), ("s3", "failed")]
    assert "I could not do speech-translation: The text holds no words." in reply.text


async def test_step_repeated_unchanged_is_not_tried_again(tmp_path: Path, name: str) -> None:
    first, second = failing_plan()
    answers = (Streamed([written(first, second)]), plan(first, second, translate("s3", "more", "echo")), DONE)
    async with serving(*answers) as server, talking(tmp_path, models(name), server) as talk:
        reply = await talk.say()
    assert [(result.id, result.state) for result in reply.results] == [("s1", "done"), ("s2", "failed"), ("s3", "done")]
    assert BATCHES[f"{name} faulty"] == [["found"]]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"kind": "unsupported", "reason": "No voice can say that.", "alternatives": []}', "No voice can say that."),
        ('{"kind": "clarify", "question": "Which words?", "missing": ["text"]}', "Which words?"),
    ],
)
async def test_planner_that_sees_no_other_way_says_so_and_what_is_done_stays(
    tmp_path: Path, name: str, answer: str, said: str
) -> None:
    answers = (Streamed([written(*failing_plan())]), says(answer), DONE)
    async with serving(*answers) as server, talking(tmp_path, models(name), server) as talk:
        reply = await talk.say()
    assert [(result.id, result.state) for result in reply.results] == [("s1", "done"), ("s2", "failed")]
    assert reply.text == f"Done.\nI could not do speech-translation: The text holds no words.\n{said}"
    assert [row.ref.kind for row in reply.artifacts] == ["text"]


@pytest.mark.parametrize("answer", [DROP, error(500, retry_after="0"), says("no")], ids=["gone", "broken", "prose"])
async def test_llm_that_finds_no_other_plan_costs_nothing_that_is_done(tmp_path: Path, name: str, answer: Any) -> None:
    async with (
        serving(Streamed([written(*failing_plan())]), answer) as server,
        talking(tmp_path, models(name), server) as talk,
    ):
        reply = await talk.say()
    assert [(result.id, result.state) for result in reply.results] == [("s1", "done"), ("s2", "failed")]
    assert len(plans(talk)) == 1
    assert "I could not do speech-translation: The text holds no words." in reply.text


@pytest.mark.parametrize("fault", ["exception", "lost", "overloaded"])
async def test_failure_that_no_plan_can_avoid_is_not_planned_around(tmp_path: Path, name: str, fault: str) -> None:
    only = [models(name, fault)[1]]
    async with serving(Streamed([written(translate("s1"))]), DONE) as server, talking(tmp_path, only, server) as talk:
        reply = await talk.say()
        asked = [request for request in server.requests if "response_format" in request]
    assert [result.state for result in reply.results] == ["failed"]
    assert len(asked) == 1


class FailingPlanner:
    """A local planner whose plan fails."""

    def plan(self, request: PlanRequest) -> PlanOutcome:
        return PlanOutcome(plan=Plan.model_validate({"steps": failing_plan()}))


async def test_plan_of_the_caller_or_of_the_offline_planner_is_never_replaced(tmp_path: Path, name: str) -> None:
    async with (
        serving(error(401)) as server,
        talking(tmp_path, models(name), server, local=FailingPlanner()) as talk,
    ):
        offline = await talk.say()
        asked = len(server.probes) + len(server.requests)
        own = await talk.say(None, plan=Plan.model_validate({"steps": failing_plan()}))
        assert len(server.probes) + len(server.requests) == asked
    assert [event.planner for event in plans(talk)] == ["offline", "caller"]
    assert [result.state for result in (*offline.results, *own.results)] == ["done", "failed"] * 2
