"""The metrics of the system, for docs/operating.md."""

from router.telemetry.metrics import ALL
from scripts.monitoring.promql import name_of


def metrics_table() -> str:
    """Return a row a metric, in the order in which they are declared."""
    rows = [f"| `{name_of(each)}` | {each.kind} | {', '.join(each.labels)} | {each.what} |" for each in ALL]
    return "\n".join(["| metric | kind | labels | what it is |", "|---|---|---|---|", *rows])
