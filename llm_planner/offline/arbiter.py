"""Which of two readings of a request stands: the parser's or that of the rules."""

from dataclasses import dataclass

from llm_planner.plans.agreement import agree
from llm_planner.plans.plan import Outcome, PlanOutcome, Unsupported

SURE_OF_A_PART = 0.8  # of the rules, that a part is possible of what the parser refuses
PARSER_SHARE = 0.55  # of the rules' confidence that suffices the parser; from `training/planner/kept/librarian.txt`


@dataclass(frozen=True)
class Reading:
    """What a request comes to, and how sure its reader is, between 0 and 1."""

    outcome: Outcome
    confidence: float


def choose(learned: Reading, ruled: Reading) -> Outcome:
    """Return the outcome that stands; where both plan the same steps, the one that knows more arguments.

    A refusal gives way only to a reading that is as sure.
    """
    share = 1.0 if isinstance(ruled.outcome, Unsupported) else PARSER_SHARE
    if agree(learned.outcome, ruled.outcome):
        return max(learned.outcome, ruled.outcome, key=_arguments)
    if isinstance(learned.outcome, Unsupported) and _does_a_part(ruled):
        return ruled.outcome
    return learned.outcome if learned.confidence >= share * ruled.confidence else ruled.outcome


def _does_a_part(reading: Reading) -> bool:
    """Tell whether a plan is surely that of a part of the request, the rest of which is impossible."""
    outcome = reading.outcome
    return isinstance(outcome, PlanOutcome) and bool(outcome.notes) and reading.confidence >= SURE_OF_A_PART


def _arguments(outcome: Outcome) -> int:
    return sum(len(step.arguments) for step in outcome.plan.steps) if isinstance(outcome, PlanOutcome) else 0
