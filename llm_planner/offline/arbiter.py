"""Which of two readings of a request stands: the parser's or that of the rules."""

from dataclasses import dataclass

from llm_planner.plans.agreement import agree
from llm_planner.plans.plan import Outcome, Unsupported

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
    if agree(learned.outcome, ruled.outcome) or learned.confidence < share * ruled.confidence:
        return ruled.outcome
    return learned.outcome
