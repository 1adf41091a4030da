"""What the whole offline planner, parser and arguments, gets right of a writer's requests; failures are not shown.

Usage: python -m training.planner.whole training/planner/kept/radio_hour.txt
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from evaluation.consistency import evaluate, planner_named
from evaluation.planner_cases import Attachment, Case, CaseTurn, Expectation, PlanShape
from evaluation.summary import summarize
from evaluation.summary import table as as_table
from training.planner.examples import Example, read_writer, unmarked


def as_cases(path: Path) -> Iterator[Case]:
    """Return a writer's requests as cases for the evaluation, without those that follow something earlier."""
    for number, example in enumerate(read_writer(path)):
        if not example.earlier:
            case = {"id": f"{path.stem}-{number:03}", "category": _category(example), "turns": (_turn(example),)}
            yield Case.model_validate(case)


def _category(example: Example) -> str:
    if example.behaviour != "plan":
        return example.behaviour
    return "single" if len(example.tasks or ()) == 1 else "chain"


def _turn(example: Example) -> CaseTurn:
    plans = (PlanShape(tasks=example.tasks or (), edges=example.edges),) if example.behaviour == "plan" else ()
    expected = Expectation.model_validate({"behaviour": example.behaviour, "plans": plans, "missing": example.lack})
    files = tuple(Attachment.model_validate({"kind": kind, "name": name}) for kind, name in example.files)
    return CaseTurn(text=unmarked(example.text).text, attachments=files, expect=expected)


def main() -> None:
    """Print a table for each writer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("writers", nargs="+", type=Path)
    plan = planner_named("offline")
    for path in parser.parse_args().writers:
        print(f"{path.stem}\n{as_table(summarize(evaluate(as_cases(path), plan)))}")  # noqa: T201


if __name__ == "__main__":
    main()
