"""Mean opinion scores (MOS) from raters' files."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.capability.report import OpinionReport
from evaluation.summary import bootstrap
from model_wrappers.contract.errors import InvalidInput, NotFound

COLUMNS = ("task", "model", "item", "rater", "score")


class Opinion(BaseModel):
    """One row of a raters' file: what one person thinks of one sound, 1 (bad) to 5 (excellent)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str = Field(min_length=1)
    model: str = Field(min_length=1)
    item: str = Field(min_length=1)
    rater: str = Field(min_length=1)
    score: float = Field(ge=1, le=5)


def read_opinions(paths: Sequence[Path]) -> tuple[OpinionReport, ...]:
    """Return the mean opinion of every model and task, with its interval by resampling items.

    Raises:
        NotFound: If a file does not exist.
        InvalidInput: If a column is missing or a score is not 1 to 5.
    """
    by_model: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    raters: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in paths:
        for opinion in _rows(path):
            by_model[opinion.task, opinion.model][opinion.item].append(opinion.score)
            raters[opinion.task, opinion.model].add(opinion.rater)
    return tuple(_mean(*key, items, len(raters[key])) for key, items in by_model.items())


def _mean(task: str, model: str, items: dict[str, list[float]], raters: int) -> OpinionReport:
    scores = [score for of_item in items.values() for score in of_item]
    low, high = bootstrap(list(items.values()))
    mos = round(sum(scores) / len(scores), 4)
    return OpinionReport(task=task, model=model, mos=mos, ci95=(low, high), items=len(items), raters=raters)


def _rows(path: Path) -> list[Opinion]:
    if not path.is_file():
        raise NotFound(f"There is no file '{path}'.", param="opinions")
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [Opinion.model_validate(row) for row in csv.DictReader(file)]
        except ValidationError as exc:
            first = exc.errors()[0]
            raise InvalidInput(
                f"{path.name}: column '{first['loc'][0]}': {first['msg']}; columns are {', '.join(COLUMNS)}, "
                "scores 1 to 5.",
                param="opinions",
            ) from exc
