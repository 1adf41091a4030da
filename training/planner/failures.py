"""In what way the offline planner gets requests of writers wrong: a table of kinds, without the requests.

Usage: python -m training.planner.failures training/planner/writers/bike-courier.txt
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from evaluation.consistency import evaluate, planner_named
from evaluation.planner_cases import Expectation
from evaluation.scoring import is_same, node_f1, shape_of
from evaluation.summary import CaseResult
from llm_planner.plans.plan import Outcome, PlanOutcome
from training.planner.whole import as_cases

RIGHT = "right"
SIZES = ("one step", "two", "three", "four and more")


def kind_of(expected: Expectation, outcome: Outcome) -> str:
    """Return in what way an outcome is wrong, or `right`."""
    if outcome.kind != expected.behaviour:
        return f"{expected.behaviour} taken for {outcome.kind}"
    if not isinstance(outcome, PlanOutcome):
        return RIGHT
    got = shape_of(outcome.plan)
    wanted = max(expected.plans, key=lambda plan: (is_same(got, plan), node_f1(got, plan)))
    if is_same(got, wanted):
        return RIGHT
    more, less = Counter(got.tasks) - Counter(wanted.tasks), Counter(wanted.tasks) - Counter(got.tasks)
    if more and less:
        return "another task"
    return "a step too many" if more else "a step missing" if less else "wired otherwise"


def size_of(expected: Expectation) -> str:
    """Return how many steps a request asks for, in words; nothing for one that asks for none."""
    steps = min((len(plan.tasks) for plan in expected.plans), default=0)
    return SIZES[min(steps, len(SIZES)) - 1] if steps else expected.behaviour


def table(results: Iterable[CaseResult]) -> str:
    """Return how often each kind of failure comes with each size of request, as a table in Markdown."""
    counts: Counter[tuple[str, str]] = Counter()
    for result in results:
        for played in result.played:
            counts[kind_of(played.turn.expect, played.outcome), size_of(played.turn.expect)] += 1
    sizes = [size for size in (*SIZES, "clarify", "unsupported", "chat") if any(size == s for _, s in counts)]
    kinds = sorted({kind for kind, _ in counts}, key=lambda kind: (kind != RIGHT, kind))
    rows = [f"| {kind} | " + " | ".join(str(counts[kind, size] or "") for size in sizes) + " |" for kind in kinds]
    return "\n".join(["| | " + " | ".join(sizes) + " |", "|---" * (len(sizes) + 1) + "|", *rows])


def main() -> None:
    """Print the table of some writers together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("writers", nargs="+", type=Path)
    cases = [case for path in parser.parse_args().writers for case in as_cases(path)]
    print(table(evaluate(cases, planner_named("offline"))))  # noqa: T201


if __name__ == "__main__":
    main()
