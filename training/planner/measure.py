"""What a network gets right of the requests of a writer, by what they ask for."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from evaluation.planner_cases import PlanShape
from evaluation.scoring import edge_f1, is_same, mean, node_f1
from llm_planner.offline.learned.parser import Parser, describe
from llm_planner.offline.learned.wishes import Parse
from training.planner.examples import Example, unmarked


def shape_of(parse: Parse) -> PlanShape:
    """Return the tasks and the data flow of a reading."""
    edges = tuple((wish.parent, place) for place, wish in enumerate(parse.wishes) if wish.parent is not None)
    return PlanShape(tasks=tuple(wish.task for wish in parse.wishes), edges=edges)


def table(network: Path, examples: Iterable[Example]) -> str:
    """Return right readings, tasks and data flow by kind of request, as lines of text."""
    parser = Parser(network)
    rows: dict[str, list[tuple[float, float | None, float | None]]] = defaultdict(list)
    for example in examples:
        parse = parser.parse(unmarked(example.text).text, describe(example.files, example.earlier))
        rows[_kind(example)].append(_score(example, parse))
    lines = [f"{'kind':<14}{'requests':>9}{'right':>8}{'tasks F1':>10}{'edges F1':>10}"]
    for kind, scores in sorted(rows.items()):
        cells = "".join(
            "-".rjust(10) if m is None else f"{m:10.3f}" for m in map(mean, list(zip(*scores, strict=True))[1:])
        )
        lines.append(f"{kind:<14}{len(scores):>9}{mean(s[0] for s in scores) or 0:8.3f}{cells}")
    return "\n".join(lines)


def _kind(example: Example) -> str:
    if example.behaviour != "plan":
        return example.behaviour
    size = len(example.tasks or ())
    return "one step" if size == 1 else "two steps" if size == 2 else "three steps" if size == 3 else "four and more"


def _score(example: Example, parse: Parse) -> tuple[float, float | None, float | None]:
    right = parse.behaviour == example.behaviour
    if example.behaviour != "plan":
        return float(right), None, None
    got, wanted = shape_of(parse), PlanShape(tasks=example.tasks or (), edges=example.edges)
    edges = edge_f1(got, wanted) if wanted.edges else None
    return float(right and is_same(got, wanted)), node_f1(got, wanted), edges
