"""Results of a run over cases: shares with confidence intervals, latency, and a page of the failures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.planner_cases import Case
from evaluation.scoring import TurnScore, mean
from evaluation.simulation import Played

MEASURES = ("exact", "node_f1", "edge_f1", "arguments", "behaviour", "rating")
RESAMPLES = 2_000
SEED = 0


@dataclass(frozen=True)
class CaseResult:
    """A case with its turns as played and scored."""

    case: Case
    played: tuple[Played, ...]
    scores: tuple[TurnScore, ...]

    @property
    def exact(self) -> float:
        """1 if every turn is exact."""
        return float(all(score.exact for score in self.scores))


def summarize(results: Sequence[CaseResult]) -> dict[str, Any]:
    """Return the result file's content."""
    categories = sorted({result.case.category for result in results})
    groups: dict[str, list[CaseResult]] = {
        category: [r for r in results if r.case.category == category] for category in categories
    }
    groups["all"] = list(results)
    latencies = [played.latency_ms for result in results for played in result.played]
    return {
        "summary": {name: _measures(group) for name, group in groups.items()},
        "latency_ms": {"p50": _percentile(latencies, 50), "p95": _percentile(latencies, 95)},
        "cases": [_row(result) for result in results],
    }


def _measures(results: Sequence[CaseResult]) -> dict[str, Any]:
    """Return the means over all turns, with intervals by resampling whole cases."""
    values = {name: [[getattr(score, name) for score in r.scores] for r in results] for name in MEASURES}
    found: dict[str, Any] = {"cases": len(results), "turns": sum(len(result.scores) for result in results)}
    intervals = {}
    for name, by_case in values.items():
        share = mean(value for turns in by_case for value in turns)
        if share is not None:
            found[name] = round(share, 4)
            intervals[name] = bootstrap(by_case)
    return found | {"ci95": intervals}


def bootstrap(by_case: Sequence[Sequence[float | None]]) -> list[float]:
    """Return the 95 % interval of the mean over turns, resampling cases with replacement."""
    sums = np.array([sum(v for v in turns if v is not None) for turns in by_case], dtype=float)
    counts = np.array([sum(v is not None for v in turns) for turns in by_case], dtype=float)
    rows = np.random.default_rng(SEED).integers(0, len(sums), size=(RESAMPLES, len(sums)))
    totals = counts[rows].sum(axis=1)
    means = sums[rows].sum(axis=1)[totals > 0] / totals[totals > 0]
    low, high = np.percentile(means, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def _percentile(values: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 2) if values else 0.0


def _row(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "category": result.case.category,
        "exact": result.exact,
        "rating": mean(score.rating for score in result.scores),
        "got": {str(k): p.outcome.model_dump(mode="json", by_alias=True) for k, p in enumerate(result.played)},
        "why": "; ".join(f"turn {k}: {score.why}" for k, score in enumerate(result.scores) if score.why),
    }


def write(report: Mapping[str, Any], results: Sequence[CaseResult], out: Path) -> Path:
    """Write the result file, and beside it a page of the failures; return the page's path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = out.with_suffix(".failures.md")
    page.write_text(failures_page(results), encoding="utf-8")
    return page


def failures_page(results: Sequence[CaseResult]) -> str:
    """Return every turn that is not right, as Markdown."""
    lines = ["# What the planner got wrong", ""]
    for result in results:
        for played, scored in zip(result.played, result.scores, strict=True):
            if scored.why:
                files = ", ".join(a.name for a in played.turn.attachments) or "no file"
                lines += [f"- **{result.case.id}** {played.turn.text!r} ({files}): {scored.why}"]
    return "\n".join([*lines, "" if len(lines) > 2 else "Nothing."])


def table(report: Mapping[str, Any]) -> str:
    """Return the summary as lines for a terminal."""
    head = f"{'category':<14}{'cases':>6}{'turns':>6}" + "".join(f"{name:>11}" for name in MEASURES)
    lines = [head]
    for name, measures in report["summary"].items():
        cells = "".join(f"{measures[m]:>11.3f}" if m in measures else f"{'-':>11}" for m in MEASURES)
        lines.append(f"{name:<14}{measures['cases']:>6}{measures['turns']:>6}{cells}")
    latency = report["latency_ms"]
    return "\n".join([*lines, f"latency p50 {latency['p50']} ms, p95 {latency['p95']} ms"])
