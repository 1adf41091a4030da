"""Whether two planners understood a request the same way."""

from collections import Counter
from collections.abc import Iterator

from llm_planner.plans.plan import Outcome, Plan, PlanOutcome


def agree(one: Outcome, other: Outcome) -> bool:
    """Tell whether two outcomes are plans of the same tasks and data flow, or of one kind without a plan."""
    if isinstance(one, PlanOutcome) and isinstance(other, PlanOutcome):
        return Counter(_shape(one.plan)) == Counter(_shape(other.plan))
    return one.kind == other.kind


def _shape(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Yield every step's task, and every pair of tasks joined by data flow."""
    yield from ((step.task,) for step in plan.steps)
    yield from ((plan.step(source).task, plan.step(target).task) for source, target in set(plan.edges))
