"""The table of what `benchmarks/gpu/models.py` measures."""

from benchmarks.gpu.cases import SOUND_S
from tests.published.cases import BENCHMARKS, CASES


def benchmarks_table() -> str:
    """Return a Markdown table, one row for each model with a benchmark."""
    lines = ["| model | task | sound in a request | bare library |", "|---|---|---|---|"]
    for name, benchmark in BENCHMARKS.items():
        task = CASES[name].task
        lines.append(f"| `{name}` | {task} | {SOUND_S[task]:g} s | {benchmark.library} |")
    return "\n".join(lines)
