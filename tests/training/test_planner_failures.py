"""In what way a plan is wrong."""

import pytest

from evaluation.planner_cases import Expectation, PlanShape
from evaluation.scoring import shape_of
from llm_planner.plans.plan import Chat, Clarify, FromStep, Outcome, Plan, PlanOutcome, Step
from training.planner.failures import RIGHT, kind_of, size_of

CLEAN, WRITE = "speech-enhancement", "speech-recognition"


def planned(*steps: tuple[str, str | None]) -> PlanOutcome:
    """Return a plan of tasks, each with the step it works on."""
    made = [
        Step(
            id=f"s{number}",
            task=task,
            arguments={"audio": FromStep.model_validate({"from": f"{parent}.audio"})} if parent else {},
        )
        for number, (task, parent) in enumerate(steps, start=1)
    ]
    return PlanOutcome(plan=Plan(steps=tuple(made)))


WANTED = Expectation(behaviour="plan", plans=(PlanShape(tasks=(CLEAN, WRITE), edges=((0, 1),)),))


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (planned((CLEAN, None), (WRITE, "s1")), RIGHT),
        (planned((CLEAN, None), (WRITE, None)), "wired otherwise"),
        (planned((WRITE, None)), "a step missing"),
        (planned((CLEAN, None), (WRITE, "s1"), ("audio-captioning", "s1")), "a step too many"),
        (planned((CLEAN, None), ("audio-captioning", "s1")), "another task"),
        (Clarify(question="Which?", missing=("audio",)), "plan taken for clarify"),
        (Chat(reply="Hello"), "plan taken for chat"),
    ],
)
def test_every_way_to_be_wrong_has_its_name(outcome: Outcome, kind: str) -> None:
    assert kind_of(WANTED, outcome) == kind


def test_a_request_is_as_large_as_its_smallest_accepted_plan() -> None:
    assert size_of(WANTED) == "two"
    assert size_of(Expectation(behaviour="chat")) == "chat"
    assert shape_of(planned((CLEAN, None), (WRITE, "s1")).plan) == WANTED.plans[0]
