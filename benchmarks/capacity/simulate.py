"""What a cluster would do, from what one request costs: `python -m benchmarks.capacity.simulate costs.json`.

The costs are what `benchmarks.capacity.load --costs` measured; it also tells how far such a prediction is off.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.capacity.load import PLACES
from benchmarks.capacity.simulation import Demand, replicas_for, simulate


def main() -> None:
    """Print replicas and latencies for a number of users."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("costs", type=Path)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--pause-s", type=float, default=120.0, help="mean time between two requests of a user")
    parser.add_argument("--duration-s", type=float, default=60.0)
    parser.add_argument("--replicas", type=int, help="of all stations together; as many as are needed unless given")
    parser.add_argument("--processors-each", type=int, default=2, help="processors a replica has")
    options = parser.parse_args()
    costs = {name: Demand(**fields) for name, fields in json.loads(options.costs.read_text()).items()}
    per_s = options.users / options.pause_s
    replicas = replicas_for(costs, per_s, PLACES)
    if options.replicas:
        total = sum(replicas.values())
        replicas = {name: max(1, round(number * options.replicas / total)) for name, number in replicas.items()}
    places = {name: number * PLACES[name] for name, number in replicas.items()}
    processors = sum(replicas.values()) * options.processors_each
    found = simulate(costs, places, processors, per_s, options.duration_s)
    table = Table("kind", "alone ms", "p50 ms", "p95 ms", "p99 ms")
    for name, outcome in found.items():
        figures = [f"{1e3 * outcome.percentile(share):.0f}" for share in (0.5, 0.95, 0.99)]
        table.add_row(name, f"{1e3 * costs[name].alone_s:.0f}", *figures)
    Console(width=100).print(table)
    told = ", ".join(f"{number} of {name}" for name, number in replicas.items())
    print(f"{options.users} users, {per_s:.1f} requests a second; replicas: {told}; {processors} processors.")


if __name__ == "__main__":
    main()
