"""The report as Markdown."""

from collections.abc import Iterator

from evaluation.capability.metrics import METRICS
from evaluation.capability.report import CapabilityReport, GroupReport, Interval, MetricReport, TaskReport

ABOUT = (
    "Every figure is of real answers: a model of the serve config gets each item through the same router that serves "
    "requests, and beside it stands what doing nothing would score on the same items. Brackets hold the 95 % interval "
    "(bootstrap over items, 2,000 resamples, 100 for mAP, AUC and CIDEr-D). A request the model refuses "
    "counts as doing nothing, except where nothing fits and refusing is right. The real-time factor is the seconds of "
    "work for a second of sound; the CPU seconds behind it do not depend on what else the machine was doing. Memory is "
    "what loading and answering adds to a fresh process and the programs it starts. Words of made speech are those "
    "Whisper base hears; a song is heard line by line, cut at the rests of its score."
)


def markdown(report: CapabilityReport) -> str:
    """Return the whole report."""
    lines = [
        "# Capability",
        "",
        f"Made by `audiogpt evaluate capability` (AudioGPT Serve {report.version}, Python {report.python}, "
        f"{report.cores} cores; section 4.3 of the paper).",
        "",
        ABOUT,
        "",
        *summary_table(report),
        "",
    ]
    for row in report.tasks:
        lines += [*_section(row), ""]
    return "\n".join([*lines, *opinion_table(report)])


def opinion_table(report: CapabilityReport) -> list[str]:
    """Return the mean opinion scores, where raters' files were read."""
    if not report.opinions:
        return []
    lines = ["## Opinions of people", "", "| task | model | MOS, 1 to 5 | items | raters |", "|---|---|---|---|---|"]
    rows = [
        f"| {row.task} | {row.model} | {row.mos:.2f} [{row.ci95[0]:.2f}, {row.ci95[1]:.2f}] | {row.items} "
        f"| {row.raters} |"
        for row in report.opinions
    ]
    return [*lines, *rows, ""]


def summary_table(report: CapabilityReport) -> list[str]:
    """Return one row for each task and model."""
    lines = [
        "| task | model | measured | doing nothing | floors | real-time factor | memory |",
        "|---|---|---|---|---|---|---|",
    ]
    return [*lines, *map(_summary_row, report.tasks)]


def _summary_row(row: TaskReport) -> str:
    if row.unavailable and not row.items:
        return f"| {row.task} | {row.model} | not run: {row.unavailable} | | | | |"
    shown = [(METRICS[name], metric) for name, metric in headline(row).items()]
    values = ", ".join(f"{metric.title} {metric.show(found.value)}" for metric, found in shown)
    nothing = ", ".join(metric.show(found.baseline) for metric, found in shown)
    met = f"{sum(floor.met for floor in row.floors)} of {len(row.floors)} met" if row.floors else "–"
    return f"| {row.task} | {row.model} | {values} | {nothing} | {met} | {speed(row)} | {memory(row)} |"


def headline(row: TaskReport) -> dict[str, MetricReport]:
    """Return the two metrics a task is told by: those its floors are about, then the first ones."""
    from evaluation.capability.evaluations import EVALUATIONS

    wanted = [floor.metric for floor in EVALUATIONS[row.task].floors]
    names = [name for name in dict.fromkeys([*wanted, *row.everything.metrics]) if name in row.everything.metrics]
    return {name: row.everything.metrics[name] for name in names[:2]}


def speed(row: TaskReport) -> str:
    """Return the real-time factor, or the seconds an item takes where there is no sound."""
    if row.real_time_factor is not None:
        cpu = "" if row.cpu_factor is None else f" ({row.cpu_factor:.2g} CPU)"
        return f"{row.real_time_factor:.2g}{cpu}"
    return "–" if row.item_s is None else f"{row.item_s:.2g} s an item"


def memory(row: TaskReport) -> str:
    """Return the peak memory."""
    return "–" if row.peak_memory_mib is None else f"{row.peak_memory_mib:,.0f} MiB"


def _section(row: TaskReport) -> Iterator[str]:
    yield from (f"## {row.task}: {row.model or 'no model'}", "")
    if row.unavailable:
        yield from (f"Not run to its end: {row.unavailable}", "")
    unanswered = f", {row.everything.unanswered} refused" if row.everything.unanswered else ""
    model = f"{row.title} ({row.method}; {row.licence}). " if row.title else ""
    yield f"{model}Data: {row.data} ({row.everything.items} items{unanswered}). Doing nothing: {row.doing_nothing}."
    yield from ("", "| metric | items | model | doing nothing |", "|---|---|---|---|")
    for name, group in {"": row.everything, **row.groups}.items():
        yield from _rows(name, group)
    if row.floors:
        yield ""
    for floor in row.floors:
        yield f"- {'Met' if floor.met else '**Not met**'}: {floor.text}; reached {floor.reached}."


def _rows(name: str, group: GroupReport) -> Iterator[str]:
    where = f", {name}" if name else ""
    for metric_id, found in group.metrics.items():
        metric = METRICS[metric_id]
        better = "↑" if metric.higher_is_better else "↓"
        model = f"{metric.show(found.value)}{interval(metric_id, found.ci95)}"
        nothing = f"{metric.show(found.baseline)}{interval(metric_id, found.baseline_ci95)}"
        yield f"| {metric.title} {better}{where} | {found.items} | {model} | {nothing} |"


def interval(metric_id: str, ends: Interval | None) -> str:
    """Return a 95 % interval as it stands behind its figure."""
    if ends is None:
        return ""
    metric = METRICS[metric_id]
    unit = f" {metric.unit}" if metric.unit else ""
    low, high = (metric.show(end).removesuffix(unit) for end in ends)
    return f" [{low}, {high}]"
