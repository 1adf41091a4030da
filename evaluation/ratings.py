"""Sheets for human raters (paper 4.2, Table 2), and what they say when they come back."""

import csv
from collections.abc import Sequence
from pathlib import Path

from evaluation.summary import CaseResult, bootstrap
from llm_planner.plans.plan import Chat, Clarify, PlanOutcome, Unsupported
from model_wrappers.contract.errors import InvalidInput, NotFound

SCALE = {
    20: "Completely inconsistent",
    40: "Mostly inconsistent",
    60: "Somewhat consistent",
    80: "Mostly consistent",
    100: "Completely consistent",
}
COLUMNS = ("id", "turn", "request", "files", "answer", "rating")


def export_sheets(results: Sequence[CaseResult], path: Path) -> None:
    """Write one row a turn, with the scale's definitions above and the rating left to fill in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["# How consistent is the answer with the request?"])
        writer.writerows([f"# {grade}: {meaning}"] for grade, meaning in SCALE.items())
        writer.writerow(COLUMNS)
        for result in results:
            for place, played in enumerate(result.played):
                files = " ".join(attachment.name for attachment in played.turn.attachments)
                writer.writerow([result.case.id, place, played.turn.text, files, _answer(played.outcome), ""])


def _answer(outcome: PlanOutcome | Clarify | Unsupported | Chat) -> str:
    if isinstance(outcome, PlanOutcome):
        return " ".join(
            f"{s.id}={s.task}({_arguments(s.model_dump(mode='json', by_alias=True))})" for s in outcome.plan.steps
        )
    if isinstance(outcome, Clarify):
        return f"asks: {outcome.question}"
    return f"refuses: {outcome.reason}" if isinstance(outcome, Unsupported) else f"answers: {outcome.reply}"


def _arguments(step: dict[str, object]) -> str:
    arguments = step["arguments"]
    return ", ".join(f"{name}={value}" for name, value in arguments.items()) if isinstance(arguments, dict) else ""


def read_sheets(paths: Sequence[Path]) -> str:
    """Return mean and 95 % interval of filled sheets, as a line for a terminal.

    Raises:
        NotFound: If a sheet does not exist.
        InvalidInput: If a rating is not on the scale, or nothing is rated.
    """
    ratings = [rating for path in paths for rating in _ratings(path)]
    if not ratings:
        raise InvalidInput("No row of the sheets has a rating; fill in the last column.", param="ratings")
    low, high = bootstrap([[rating] for rating in ratings])
    return f"{len(ratings)} ratings, mean {sum(ratings) / len(ratings):.1f} (95 % interval {low:.1f} to {high:.1f})"


def _ratings(path: Path) -> list[float]:
    if not path.is_file():
        raise NotFound(f"There is no sheet '{path}'; write one with --export-ratings.", param="ratings")
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip('"').startswith("#")]
    found = []
    for row in csv.DictReader(lines):
        text = (row.get("rating") or "").strip()
        if not text:
            continue
        if text not in {str(grade) for grade in SCALE}:
            grades = ", ".join(map(str, SCALE))
            raise InvalidInput(
                f"{path.name}: rating '{text}' of case {row.get('id')}; write one of: {grades}.", param="ratings"
            )
        found.append(float(text))
    return found
