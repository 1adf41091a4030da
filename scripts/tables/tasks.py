"""The README's table of tasks, from the capability report."""

from evaluation.capability.markdown import headline, interval, speed
from evaluation.capability.metrics import METRICS
from evaluation.capability.report import CapabilityReport, TaskReport


def tasks_table(report: CapabilityReport) -> str:
    """Return a Markdown table, one row for each task and model measured."""
    lines = [
        "| task | model | measured [95 % interval] | doing nothing | floors | real-time factor |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_row, report.tasks)])


def _row(row: TaskReport) -> str:
    shown = [(name, METRICS[name], found) for name, found in headline(row).items()]
    values = ", ".join(
        f"{metric.title} {metric.show(found.value)}{interval(n, found.ci95)}" for n, metric, found in shown
    )
    nothing = ", ".join(metric.show(found.baseline) for _, metric, found in shown)
    met = f"{sum(floor.met for floor in row.floors)} of {len(row.floors)} met"
    return f"| {row.task} | `{row.model}` | {values} | {nothing} | {met} | {speed(row)} |"
