"""The table of what one replica carries, from the measured costs."""

from collections.abc import Iterator

from deployments.placement.costs import Costs
from deployments.placement.sizing import BUSY

PAUSE_S = 120.0  # between two requests of a user


def capacity_table() -> str:
    """Return a Markdown table: what a replica of each deployment carries, of its own and of the whole mix."""
    costs = Costs.read()
    lines = [
        "| a replica of | works on at once | holds a request for | requests a second | sound an hour | users |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *_rows(costs)])


def kinds_table() -> str:
    """Return a Markdown table: what a request of each kind costs."""
    costs = Costs.read()
    lines = ["| kind | share | alone | CPU, by deployment |", "|---|---|---|---|"]
    for name, kind in costs.kinds.items():
        spent = ", ".join(f"{deployment} {1e3 * cpu_s:,.1f}" for deployment, cpu_s in kind.cpu_s.items())
        lines.append(f"| {name} | {100 * kind.share:.0f} % | {1e3 * kind.alone_s:,.1f} ms | {spent} ms |")
    return "\n".join(lines)


def _rows(costs: Costs) -> Iterator[str]:
    for deployment, places in costs.places.items():
        held_s = costs.held_s(deployment) / max(costs.share(deployment), 1e-9)
        per_s = BUSY * places / held_s
        audio = [kind for kind in costs.kinds.values() if kind.model == deployment]
        sound_s = sum(k.share * k.audio_s for k in audio) / max(sum(k.share for k in audio), 1e-9)
        users = BUSY * places / costs.held_s(deployment) * PAUSE_S
        hours = f"{per_s * sound_s:.1f} h" if audio else ""
        yield f"| `{deployment}` | {places} | {1e3 * held_s:,.1f} ms | {per_s:.1f} | {hours} | {users:,.0f} |"
