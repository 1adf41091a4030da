"""Numbers beyond what a task takes, told in plain words with an offer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from annotated_types import Ge, Le

from llm_planner.plans.plan import Plan
from model_wrappers.contract.tasks import TASKS

IN_SECONDS = frozenset({"duration"})


@dataclass(frozen=True)
class Offer:
    """An argument beyond its limit, and the nearest value that can be had."""

    task: str
    argument: str
    value: float
    question: str


def offers(plan: Plan) -> Iterator[Offer]:
    """Yield what a plan asks too much of."""
    for step in plan.steps:
        fields = TASKS[step.task].request.model_fields
        for name, value in step.arguments.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                for bound in fields[name].metadata:
                    if isinstance(bound, Le) and value > (most := cast(float, bound.le)):
                        yield _offer(step.task, name, float(most), "at most")
                    if isinstance(bound, Ge) and value < (least := cast(float, bound.ge)):
                        yield _offer(step.task, name, float(least), "at least")


def _offer(task: str, name: str, limit: float, word: str) -> Offer:
    shown = _shown(name, limit)
    if name in IN_SECONDS:
        question = f"I can make up to {shown}; shall I make {shown}?"
    else:
        question = f"The {name} of {task} can be {word} {shown}; shall I take {shown}?"
    return Offer(task, name, limit, question)


def _shown(name: str, value: float) -> str:
    if name not in IN_SECONDS:
        return f"{value:g}"
    minutes = value / 60
    return f"{minutes:g} minutes" if minutes > 1 else f"{value:g} seconds"
