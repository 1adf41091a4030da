"""The report as one HTML page that needs nothing else."""

from collections.abc import Iterator
from html import escape

from evaluation.capability.markdown import ABOUT, headline, interval, memory, speed
from evaluation.capability.metrics import METRICS
from evaluation.capability.plots import cost_figure, task_figure
from evaluation.capability.report import CapabilityReport, GroupReport, TaskReport

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; color: #1b2a30; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: 14px; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d5dfe2; vertical-align: top; }
svg { max-width: 100%; height: auto; }
.met { color: #1c7340; } .missed { color: #a83232; font-weight: 600; }
td.number { white-space: nowrap; }
"""


def page(report: CapabilityReport) -> str:
    """Return the page."""
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Capability</title><style>{STYLE}</style>",
        "<meta name='viewport' content='width=device-width'></head><body><h1>Capability</h1>",
        f"<p>Made by <code>audiogpt evaluate capability</code> (AudioGPT Serve {escape(report.version)}, ",
        f"Python {escape(report.python)}, {report.cores} cores; section 4.3 of the paper).</p><p>{escape(ABOUT)}</p>",
        *_summary(report),
        "<h2>Speed and memory</h2>",
        cost_figure(report),
    ]
    for row in report.tasks:
        parts += _section(row)
    parts += _opinions(report)
    return "\n".join([*parts, "</body></html>\n"])


def _summary(report: CapabilityReport) -> Iterator[str]:
    yield "<table><tr><th>task</th><th>model</th><th>measured</th><th>doing nothing</th><th>floors</th>"
    yield "<th>real-time factor</th><th>memory</th></tr>"
    for row in report.tasks:
        shown = [(METRICS[name], metric) for name, metric in headline(row).items()]
        values = "<br>".join(escape(f"{metric.title} {metric.show(found.value)}") for metric, found in shown)
        nothing = "<br>".join(escape(metric.show(found.baseline)) for metric, found in shown)
        floors = "<br>".join(_floor_word(floor.met) for floor in row.floors) or "–"
        yield f"<tr><td><a href='#{_anchor(row)}'>{escape(row.task)}</a></td><td>{escape(row.model)}</td>"
        yield f"<td>{values or escape(row.unavailable or '')}</td><td class='number'>{nothing}</td><td>{floors}</td>"
        yield f"<td class='number'>{speed(row)}</td><td class='number'>{memory(row)}</td></tr>"
    yield "</table>"


def _section(row: TaskReport) -> Iterator[str]:
    yield f"<h2 id='{_anchor(row)}'>{escape(row.task)}: {escape(row.model or 'no model')}</h2>"
    if row.unavailable:
        yield f"<p class='missed'>Not run to its end: {escape(row.unavailable)}</p>"
    unanswered = f", {row.everything.unanswered} refused" if row.everything.unanswered else ""
    model = f"{row.title} ({row.method}; {row.licence}). " if row.title else ""
    about = f"{model}Data: {row.data} ({row.everything.items} items{unanswered}). Doing nothing: {row.doing_nothing}."
    yield f"<p>{escape(about)}</p>"
    if row.everything.metrics:
        yield task_figure(row)
    yield "<table><tr><th>metric</th><th>items</th><th>model</th><th>doing nothing</th></tr>"
    for name, group in {"": row.everything, **row.groups}.items():
        yield from _rows(name, group)
    yield "</table><ul>"
    for floor in row.floors:
        yield f"<li>{_floor_word(floor.met)}: {escape(floor.text)}; reached {escape(floor.reached)}</li>"
    yield "</ul>"


def _opinions(report: CapabilityReport) -> Iterator[str]:
    if report.opinions:
        yield "<h2>Opinions of people</h2><table><tr><th>task</th><th>model</th><th>MOS, 1 to 5</th></tr>"
        for row in report.opinions:
            mos = f"{row.mos:.2f} [{row.ci95[0]:.2f}, {row.ci95[1]:.2f}], {row.items} items, {row.raters} raters"
            yield f"<tr><td>{escape(row.task)}</td><td>{escape(row.model)}</td><td>{mos}</td></tr>"
        yield "</table>"


def _rows(name: str, group: GroupReport) -> Iterator[str]:
    for metric_id, found in group.metrics.items():
        metric = METRICS[metric_id]
        title = f"{metric.title} {'↑' if metric.higher_is_better else '↓'}{f', {name}' if name else ''}"
        model = metric.show(found.value) + interval(metric_id, found.ci95)
        nothing = metric.show(found.baseline) + interval(metric_id, found.baseline_ci95)
        cells = (title, str(found.items), model, nothing)
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _floor_word(met: bool) -> str:
    return "<span class='met'>met</span>" if met else "<span class='missed'>not met</span>"


def _anchor(row: TaskReport) -> str:
    return escape("-".join([row.task, *row.model.replace(",", " ").split()]))


if __name__ == "__main__":
    import sys
    from pathlib import Path

    source, target = map(Path, sys.argv[1:])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(CapabilityReport.read(source)), encoding="utf-8")
