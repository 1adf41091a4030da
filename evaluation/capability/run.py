"""Asking a model every item of a task, and adding up what is measured."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.capability.evaluations import Evaluation, Floor
from evaluation.capability.items import Answer, Item, sound_s
from evaluation.capability.local_models import Models
from evaluation.capability.metrics import METRICS, Observation, confidence_interval
from evaluation.capability.report import (
    FloorReport,
    GroupReport,
    Interval,
    ItemReport,
    MetricReport,
    TaskReport,
    rounded,
)
from model_wrappers.contract.errors import AudioGPTError, ModelLost, ModelUnavailable, RequestError

Judge = Callable[[Item, Answer], Mapping[str, Observation]]
Tell = Callable[[str], None]


@dataclass
class _Measured:
    """One item with what was measured of the model and of doing nothing."""

    item: Item
    answer: Answer | None
    error: str | None
    figures: Mapping[str, Observation]
    baseline: Mapping[str, Observation]
    sound_s: float | None = None


@dataclass
class _Asked:
    """All items of a task so far."""

    rows: list[_Measured] = field(default_factory=list)
    models: dict[str, None] = field(default_factory=dict)
    unavailable: str | None = None


def run(
    evaluation: Evaluation,
    models: Models,
    items: Iterable[Item],
    *,
    data: str,
    model: str | None = None,
    judges: Sequence[Judge] = (),
    tell: Tell = lambda _: None,
) -> TaskReport:
    """Measure one model on one task.

    An item the model refuses counts as doing nothing; where nothing fits, refusing is right.

    Args:
        evaluation: The task.
        models: Who answers.
        items: What is asked.
        data: Where the items come from, in words.
        model: The model to ask; the one the router prefers if None.
        judges: Further measures, such as those that need a model of their own.
        tell: Told of every item.
    """
    asked = _Asked()
    for item in items:
        if not asked.rows:  # the first answer of a process takes longer
            first = _ask(evaluation, models, item, model)
            if isinstance(first, ModelLost):
                asked.unavailable = first.message
                break
        try:
            row = _measure(evaluation, models, item, model, judges)
        except ModelUnavailable as exc:
            asked.unavailable = exc.message
            break
        asked.rows.append(row)
        if row.answer is not None:
            asked.models[row.answer.model] = None
        tell(f"{evaluation.task} {item.id}: {row.error or 'answered'}")
    return _report(evaluation, models, asked, data, model)


def _ask(evaluation: Evaluation, models: Models, item: Item, model: str | None) -> Answer | AudioGPTError:
    try:
        return models.answer(evaluation.task, item.request, model)
    except AudioGPTError as exc:
        return exc


def _measure(
    evaluation: Evaluation, models: Models, item: Item, model: str | None, judges: Sequence[Judge]
) -> _Measured:
    nothing = Answer(evaluation.baseline(item), model="")
    measures = (evaluation.measure, *judges)
    baseline = {name: value for measure in measures for name, value in measure(item, nothing).items()}
    answer = _ask(evaluation, models, item, model)
    if isinstance(answer, ModelUnavailable):
        raise answer
    if isinstance(answer, AudioGPTError):
        refused_rightly = item.truth.refuse and isinstance(answer, RequestError)
        figures = {"refused": (1.0, 1.0)} if refused_rightly else baseline
        return _Measured(item, None, answer.message, figures, baseline)
    figures = {name: value for measure in measures for name, value in measure(item, answer).items()}
    return _Measured(item, answer, None, figures, baseline, sound_s(item, answer.response))


def _report(evaluation: Evaluation, models: Models, asked: _Asked, data: str, model: str | None) -> TaskReport:
    groups: dict[str, list[_Measured]] = defaultdict(list)
    for row in asked.rows:
        groups[row.item.group].append(row)
        if row.item.split:
            groups[row.item.split].append(row)
    entries = [models.describe(name) for name in asked.models]
    everything = _group(asked.rows)
    apart = {name: _group(rows) for name, rows in groups.items() if name}
    answered = [row for row in asked.rows if row.answer is not None]
    peaks = [row.answer.peak_memory_mib for row in answered if row.answer and row.answer.peak_memory_mib is not None]
    return TaskReport(
        task=evaluation.task,
        model=", ".join(asked.models) or model or "",
        title=", ".join(entry.card.title for entry in entries),
        method=", ".join(dict.fromkeys(entry.card.method for entry in entries)),
        licence="; ".join(dict.fromkeys(entry.card.licence for entry in entries)),
        data=data,
        doing_nothing=evaluation.doing_nothing,
        everything=everything,
        groups=apart,
        floors=tuple(_floor(floor, apart.get(floor.group, everything)) for floor in _applicable(evaluation, apart)),
        real_time_factor=_per_second_of_sound(answered, lambda answer: answer.run_s),
        cpu_factor=_per_second_of_sound(answered, lambda answer: answer.cpu_s),
        item_s=rounded(float(np.mean([row.answer.run_s for row in answered if row.answer]))) if answered else None,
        peak_memory_mib=round(max(peaks), 1) if peaks else None,
        items=tuple(_item(row) for row in asked.rows),
        unavailable=asked.unavailable,
    )


def _applicable(evaluation: Evaluation, groups: Mapping[str, GroupReport]) -> list[Floor]:
    """Return the floors whose items were asked; those of other data have none."""
    return [floor for floor in evaluation.floors if not floor.group or floor.group in groups]


def _group(rows: Sequence[_Measured]) -> GroupReport:
    names = dict.fromkeys(name for row in rows for name in (*row.figures, *row.baseline))
    metrics = {name: _metric(name, rows) for name in METRICS if name in names}
    return GroupReport(items=len(rows), unanswered=sum(row.answer is None for row in rows), metrics=metrics)


def _metric(name: str, rows: Sequence[_Measured]) -> MetricReport:
    metric = METRICS[name]
    sides = []
    for observations in (
        [row.figures[name] for row in rows if name in row.figures],
        [row.baseline[name] for row in rows if name in row.baseline],
    ):
        value = metric.aggregate(observations) if observations else float("nan")
        sides.append((rounded(value), _interval(confidence_interval(metric, observations)), len(observations)))
    (value, interval, count), (baseline, baseline_interval, _) = sides
    return MetricReport(value=value, ci95=interval, baseline=baseline, baseline_ci95=baseline_interval, items=count)


def _interval(interval: tuple[float, float] | None) -> Interval | None:
    return None if interval is None else (round(interval[0], 4), round(interval[1], 4))


def _floor(floor: Floor, group: GroupReport) -> FloorReport:
    found = group.metrics.get(floor.metric)
    reached = float("nan") if found is None else found.value - (found.baseline if floor.over_baseline else 0.0)
    shown = METRICS[floor.metric].show(reached, signed=floor.over_baseline)
    return FloorReport(text=floor.text, reached=shown, met=floor.met(reached))


def _per_second_of_sound(answered: Sequence[_Measured], cost: Callable[[Answer], float | None]) -> float | None:
    pairs = [(cost(row.answer), row.sound_s) for row in answered if row.answer and row.sound_s]
    timed = [(seconds, heard_s) for seconds, heard_s in pairs if seconds is not None]
    return rounded(sum(seconds for seconds, _ in timed) / sum(heard_s for _, heard_s in timed)) if timed else None


def _item(row: _Measured) -> ItemReport:
    figures = {
        name: round(value[0] / value[1], 4)
        for name, value in row.figures.items()
        if isinstance(value[0], float) and isinstance(value[1], float) and value[1]
    }
    run_s = rounded(row.answer.run_s) if row.answer else None
    return ItemReport(id=row.item.id, group=row.item.group, run_s=run_s, error=row.error, figures=figures)
