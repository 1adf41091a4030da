"""Which of two readings of a request stands: the parser's or that of the rules."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from llm_planner.plans.plan import Outcome, Plan, PlanOutcome, Unsupported

PARSER_SHARE = 0.55  # of the rules' confidence that suffices the parser; from `training/planner/kept/librarian.txt`


@dataclass(frozen=True)
class Reading:
    """What a request comes to, and how sure its reader is, between 0 and 1."""

    outcome: Outcome
    confidence: float


def choose(learned: Reading, ruled: Reading) -> Outcome:
    """Return the outcome that stands; where both plan the same steps, the rules' arguments.

    A refusal gives way only to a reading that is as sure.
    """
    share = 1.0 if isinstance(ruled.outcome, Unsupported) else PARSER_SHARE
    if _agree(learned.outcome, ruled.outcome) or learned.confidence < share * ruled.confidence:
        return ruled.outcome
    return learned.outcome


def _agree(one: Outcome, other: Outcome) -> bool:
    if isinstance(one, PlanOutcome) and isinstance(other, PlanOutcome):
        return Counter(_shape(one.plan)) == Counter(_shape(other.plan))
    return False


def _shape(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Yield every step's task, and every pair of tasks joined by data flow."""
    yield from ((step.task,) for step in plan.steps)
    yield from ((plan.step(source).task, plan.step(target).task) for source, target in set(plan.edges))
