"""What was measured, as values that are written as JSON and read back."""

import math
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from model_wrappers.contract.errors import InvalidInput

Figure = Annotated[float, BeforeValidator(lambda value: float("nan") if value is None else value)]
Interval = tuple[float, float]


AT_MOST = ", at most "  # stands before the number of items where not all were asked


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class MetricReport(_Value):
    """One metric of one group of items, beside doing nothing on the same items."""

    value: Figure
    ci95: Interval | None
    baseline: Figure
    baseline_ci95: Interval | None
    items: int


class GroupReport(_Value):
    """All items, or those of one group."""

    items: int
    unanswered: int
    metrics: dict[str, MetricReport]


class FloorReport(_Value):
    """A floor and what was reached."""

    text: str
    reached: str
    met: bool


class ItemReport(_Value):
    """One item: its figures, or why there was no answer."""

    id: str
    group: str
    run_s: float | None
    error: str | None
    figures: dict[str, float]


class TaskReport(_Value):
    """One model on one task."""

    task: str
    model: str
    title: str
    method: str
    licence: str
    data: str
    doing_nothing: str
    everything: GroupReport
    groups: dict[str, GroupReport]
    floors: tuple[FloorReport, ...]
    real_time_factor: float | None
    """Seconds of work for a second of sound."""
    cpu_factor: float | None
    """CPU seconds for a second of sound."""
    item_s: float | None
    """Seconds of work for an item."""
    peak_memory_mib: float | None
    items: tuple[ItemReport, ...]
    unavailable: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What a later row has to share to take this one's place: fewer items of the same data are the same data."""
        return self.task, self.model, self.data.partition(AT_MOST)[0]


class OpinionReport(_Value):
    """What people think of one model on one task, 1 to 5."""

    task: str
    model: str
    mos: float
    ci95: Interval
    items: int
    raters: int


class CapabilityReport(_Value):
    """Every task and model measured, and on what."""

    version: str
    python: str
    cores: int
    tasks: tuple[TaskReport, ...]
    opinions: tuple[OpinionReport, ...] = ()

    def merged(self, earlier: "CapabilityReport") -> "CapabilityReport":
        """Return this report with the rows of an earlier one that were not measured again."""
        measured = {row.key for row in self.tasks}
        kept = tuple(row for row in earlier.tasks if row.key not in measured)
        tasks = tuple(sorted((*kept, *self.tasks), key=_order))
        return self.model_copy(update={"tasks": tasks, "opinions": self.opinions or earlier.opinions})

    @classmethod
    def read(cls, path: Path) -> "CapabilityReport":
        """Read a written report.

        Raises:
            InvalidInput: If the file is none.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as exc:
            raise InvalidInput(f"'{path}' is no capability report: {exc}", param="out") from exc


def _order(row: TaskReport) -> int:
    from evaluation.capability.evaluations import EVALUATIONS

    return list(EVALUATIONS).index(row.task)


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Return a figure as it is written."""
    return None if value is None or not math.isfinite(value) else round(value, digits)
