"""Scores of one planned turn: plan graph, argument values, behaviour, and the paper's rating derived from them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.planner_cases import Expectation, PlanShape
from evaluation.simulation import Played, inputs_of
from llm_planner.plans.plan import Clarify, FromArtifact, FromStep, Plan, PlanOutcome

NUMBER_TOLERANCE = 0.01
MOSTLY = 0.5  # node F1 from which a wrong plan still counts as somewhat consistent


@dataclass(frozen=True)
class TurnScore:
    """What one turn is worth, shares between 0 and 1; None where the turn does not ask for it.

    `exact` is the whole turn: behaviour, plan graph, input used, and argument asked for. Argument values are counted
    on their own.
    """

    behaviour: float
    exact: float
    node_f1: float | None
    edge_f1: float | None
    arguments: float | None
    rating: int
    why: str


def score(played: Played) -> TurnScore:
    """Score a planned turn against what was expected of it."""
    expected, outcome = played.turn.expect, played.outcome
    behaves = outcome.kind == expected.behaviour
    if expected.behaviour != "plan":
        asks = _asks_for(expected, played)
        right = behaves and asks
        why = (
            ""
            if right
            else _why_behaviour(played)
            if not behaves
            else f"asks for {_missing(played)}, not {expected.missing}"
        )
        return TurnScore(float(behaves), float(right), None, None, None, 100 if right else 60 if behaves else 20, why)
    if not isinstance(outcome, PlanOutcome):
        has_edges = any(plan.edges for plan in expected.plans)
        share = 0.0 if expected.args else None
        return TurnScore(0.0, 0.0, 0.0, 0.0 if has_edges else None, share, 20, _why_behaviour(played))
    return _score_plan(expected, outcome.plan, played)


def _score_plan(expected: Expectation, plan: Plan, played: Played) -> TurnScore:
    got = shape_of(plan)
    best = max(expected.plans, key=lambda wanted: (is_same(got, wanted), node_f1(got, wanted), edge_f1(got, wanted)))
    nodes, edges = node_f1(got, best), edge_f1(got, best)
    share, wrong = argument_share(expected.args, plan)
    graph = is_same(got, best)
    used = uses_expected(expected, played)
    exact = graph and used
    reasons = [] if graph else [f"plan {describe(got)} instead of {describe(best)}"]
    reasons += [] if used else [f"uses {sorted(inputs_of(played)) or 'nothing'} instead of {expected.uses}"]
    reasons += [f"{name}: wanted {expected.args[name]!r}" for name in wrong]
    rating = _rating(exact, share, nodes)
    return TurnScore(1.0, float(exact), nodes, edges if best.edges else None, share, rating, "; ".join(reasons))


def _rating(exact: bool, share: float | None, nodes: float) -> int:
    """Map scores to the paper's scale: 100 completely, 80 mostly, 60 somewhat, 40 mostly not, 20 not consistent."""
    if exact:
        return 100 if share in (None, 1.0) else 80
    return 60 if nodes >= MOSTLY else 40 if nodes > 0 else 20


def shape_of(plan: Plan) -> PlanShape:
    """Return a plan's tasks and data flow."""
    order = {step.id: place for place, step in enumerate(plan.steps)}
    edges = tuple((order[source], order[target]) for source, target in plan.edges)
    return PlanShape(tasks=tuple(step.task for step in plan.steps), edges=edges)


def is_same(got: PlanShape, wanted: PlanShape) -> bool:
    """Tell whether two plans are the same graph up to renaming of equal tasks."""
    if Counter(got.tasks) != Counter(wanted.tasks) or len(set(got.edges)) != len(set(wanted.edges)):
        return False
    return any(_maps(mapping, got, wanted) for mapping in _renamings(got.tasks, wanted.tasks))


def _maps(mapping: Mapping[int, int], got: PlanShape, wanted: PlanShape) -> bool:
    return {(mapping[a], mapping[b]) for a, b in got.edges} == set(wanted.edges)


def _renamings(got: Sequence[str], wanted: Sequence[str]) -> Iterator[dict[int, int]]:
    """Yield every way to match equal tasks, one position at a time."""

    def extend(place: int, taken: dict[int, int]) -> Iterator[dict[int, int]]:
        if place == len(got):
            yield dict(taken)
            return
        for other, task in enumerate(wanted):
            if task == got[place] and other not in taken.values():
                yield from extend(place + 1, {**taken, place: other})

    yield from extend(0, {})


def node_f1(got: PlanShape, wanted: PlanShape) -> float:
    """Return the F1 of the tasks as multisets."""
    return _f1(Counter(got.tasks), Counter(wanted.tasks))


def edge_f1(got: PlanShape, wanted: PlanShape) -> float:
    """Return the F1 of the task pairs joined by data flow, as multisets."""
    return _f1(Counter(_pairs(got)), Counter(_pairs(wanted)))


def _pairs(shape: PlanShape) -> Iterator[tuple[str, str]]:
    return ((shape.tasks[a], shape.tasks[b]) for a, b in set(shape.edges))


def _f1(got: Counter[Any], wanted: Counter[Any]) -> float:
    if not got and not wanted:
        return 1.0
    common = (got & wanted).total()
    return 2 * common / (got.total() + wanted.total())


def argument_share(wanted: Mapping[str, Any], plan: Plan) -> tuple[float | None, list[str]]:
    """Return the share of expected argument values that some step carries, and the names of the others."""
    if not wanted:
        return None, []
    wrong = [
        name
        for name, value in wanted.items()
        if not any(same_value(step.arguments.get(name), value) for step in plan.steps)
    ]
    return 1 - len(wrong) / len(wanted), wrong


def same_value(got: Any, wanted: Any) -> bool:
    """Compare values: texts without case, punctuation and outer quotes, numbers to 0.01, lists item by item."""
    if got is None or isinstance(got, FromStep | FromArtifact):
        return False
    if isinstance(wanted, list | tuple):
        return isinstance(got, list | tuple) and len(got) == len(wanted) and all(map(same_value, got, wanted))
    if isinstance(wanted, int | float):
        return isinstance(got, int | float) and abs(got - wanted) <= NUMBER_TOLERANCE
    return isinstance(got, str) and _plain(got) == _plain(str(wanted))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s#]", " ", text.lower()).split())


def uses_expected(expected: Expectation, played: Played) -> bool:
    """Tell whether a step takes one of the accepted inputs."""
    if not expected.uses:
        return True
    used = inputs_of(played)
    return any(accepted.strip() in used for accepted in expected.uses.split("|"))


def _asks_for(expected: Expectation, played: Played) -> bool:
    return expected.missing is None or expected.missing in _missing(played)


def _missing(played: Played) -> tuple[str, ...]:
    return played.outcome.missing if isinstance(played.outcome, Clarify) else ()


def _why_behaviour(played: Played) -> str:
    detail = (
        describe(shape_of(played.outcome.plan))
        if isinstance(played.outcome, PlanOutcome)
        else ", ".join(_missing(played))
    )
    return f"{played.outcome.kind} ({detail})" + f" instead of {played.turn.expect.behaviour}"


def describe(shape: PlanShape) -> str:
    """Write a plan on one line."""
    flow = ", ".join(f"{a}>{b}" for a, b in sorted(set(shape.edges)))
    return f"[{' '.join(shape.tasks)}]" + (f" ({flow})" if flow else "")


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of what is not None."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
