"""What a cluster would do, from what one request costs: `python -m benchmarks.capacity.simulate`.

`benchmarks.capacity.load --costs` measures the costs, and tells how far such a prediction is off.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.capacity.simulation import simulate
from deployments.placement.costs import MEASURED, Costs
from deployments.placement.queueing import places_for
from deployments.placement.sizing import BUSY, WAIT_SHARE


def replicas_for(costs: Costs, per_s: float) -> dict[str, int]:
    """Return how many replicas each deployment needs."""
    found = {}
    for name, each in costs.places.items():
        held_s = costs.held_s(name) / max(costs.share(name), 1e-9)
        found[name] = -(-places_for(per_s * costs.held_s(name), held_s, WAIT_SHARE * held_s, BUSY) // each)
    return found


def scaled(replicas: Mapping[str, int], total: int) -> dict[str, int]:
    """Return as many replicas in all, divided as before, at least one of each."""
    before = sum(replicas.values())
    return {name: max(1, round(number * total / before)) for name, number in replicas.items()}


def main() -> None:
    """Print replicas and latencies for a number of users."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("costs", type=Path, nargs="?", default=MEASURED)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--pause-s", type=float, default=120.0, help="mean time between two requests of a user")
    parser.add_argument("--duration-s", type=float, default=60.0)
    parser.add_argument("--replicas", type=int, help="of all deployments together; as many as are needed unless given")
    parser.add_argument("--processors-each", type=int, default=2, help="processors a replica has")
    options = parser.parse_args()
    costs = Costs.read(options.costs)
    per_s = options.users / options.pause_s
    replicas = replicas_for(costs, per_s)
    if options.replicas:
        replicas = scaled(replicas, options.replicas)
    places = {name: number * costs.places[name] for name, number in replicas.items()}
    processors = sum(replicas.values()) * options.processors_each
    found = simulate(costs, places, processors, per_s, options.duration_s)
    table = Table("kind", "alone ms", "p50 ms", "p95 ms", "p99 ms")
    for name, outcome in found.items():
        figures = [f"{1e3 * outcome.percentile(share):.0f}" for share in (0.5, 0.95, 0.99)]
        table.add_row(name, f"{1e3 * costs.kinds[name].alone_s:.0f}", *figures)
    Console(width=100).print(table)
    told = ", ".join(f"{number} of {name}" for name, number in replicas.items())
    print(f"{options.users} users, {per_s:.1f} requests a second; replicas: {told}; {processors} processors.")


if __name__ == "__main__":
    main()
