"""Simulated users against the system on this machine, and against its simulation: `python -m benchmarks.capacity.load`.

Users of several tenants send requests of all kinds, each at times of its own, whether earlier ones are answered or not.
Before, one request of each kind after another measures what it costs alone; that is all the simulation is told.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.capacity.classes import CLASSES, RequestClass
from benchmarks.capacity.simulation import Demand, Outcome, simulate
from benchmarks.local_system import local_system
from benchmarks.processor_time import idle_cpu_share, tree_cpu_s

MODELS = (
    {"id": "whisper-base", "wrapper": "model_wrappers.embedded.whisper:Whisper", "workers": 2, "max_queue": 512},
    {"id": "hibari", "wrapper": "model_wrappers.embedded.hibari:Hibari", "workers": 2, "max_queue": 512},
)
PLACES = {"whisper-base": 2, "hibari": 2, "planner": 4}
REPEATS = 12  # of each kind alone
PAUSE_S = 0.3  # before each of these: one right behind another finds everything in the processor's caches
MOST_OPEN = 1_000  # connections at once


@dataclass
class Counted:
    """What became of the requests of one kind."""

    latencies_s: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0


async def costs_alone(http: httpx.AsyncClient) -> dict[str, Demand]:
    """Return what one request of each kind costs when nobody else asks."""
    for each in CLASSES:  # loads what is loaded by the first request
        (await each.send(http)).raise_for_status()
    idle = await idle_cpu_share()
    found = {}
    for each in CLASSES:
        began, before, answered_s = time.perf_counter(), tree_cpu_s(), 0.0
        for _ in range(REPEATS):
            await asyncio.sleep(PAUSE_S)
            sent = time.perf_counter()
            (await each.send(http)).raise_for_status()
            answered_s += time.perf_counter() - sent
        cpu_s = max(0.0, tree_cpu_s() - before - idle * (time.perf_counter() - began))
        found[each.name] = Demand(each.share, cpu_s / REPEATS, answered_s / REPEATS, each.station)
    return found


async def under_load(http: httpx.AsyncClient, per_s: float, duration_s: float, seed: int) -> dict[str, Counted]:
    """Send requests at random times, as many users with their own pauses do together."""
    chance = random.Random(seed)
    counted = {each.name: Counted() for each in CLASSES}
    end, sent = time.perf_counter() + duration_s, []
    while time.perf_counter() < end:
        await asyncio.sleep(chance.expovariate(per_s))
        (kind,) = chance.choices(CLASSES, [each.share for each in CLASSES])
        sent.append(asyncio.create_task(_one(http, kind, counted[kind.name])))
    await asyncio.gather(*sent)
    return counted


async def _one(http: httpx.AsyncClient, kind: RequestClass, counted: Counted) -> None:
    began = time.perf_counter()
    try:
        answer = await kind.send(http)
    except httpx.HTTPError:
        counted.failed += 1
        return
    if answer.status_code in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        counted.refused += 1
    elif answer.is_success:
        counted.latencies_s.append(time.perf_counter() - began)
    else:
        counted.failed += 1


def report(found: Mapping[str, Counted], predicted: Mapping[str, Outcome], costs: Mapping[str, Demand]) -> None:
    """Print what was measured beside what was predicted."""
    table = Table("kind", "alone ms", "CPU ms", "sent", "refused", "failed", "p50 ms", "p95 ms", "p99 ms",
                  "mean ms", "predicted", "off by")  # fmt: skip
    for name, counted in found.items():
        outcome = Outcome(tuple(sorted(counted.latencies_s)))
        sent = len(counted.latencies_s) + counted.refused + counted.failed
        figures = [f"{1e3 * outcome.percentile(share):.0f}" for share in (0.5, 0.95, 0.99)]
        expected = predicted[name].mean_s
        table.add_row(
            name, f"{1e3 * costs[name].alone_s:.1f}", f"{1e3 * costs[name].cpu_s:.1f}", str(sent),
            str(counted.refused), str(counted.failed), *figures, f"{1e3 * outcome.mean_s:.1f}", f"{1e3 * expected:.1f}",
            f"{expected / outcome.mean_s - 1:+.0%}",
        )  # fmt: skip
    Console(width=140).print(table)


async def measure(api_url: str, users: int, pause_s: float, duration_s: float, seed: int) -> Mapping[str, Demand]:
    """Measure alone and under load, print the comparison, and return what each kind costs alone."""
    limits = httpx.Limits(max_connections=MOST_OPEN, max_keepalive_connections=MOST_OPEN)
    async with httpx.AsyncClient(base_url=api_url, timeout=300, limits=limits) as http:
        costs = await costs_alone(http)
        per_s = users / pause_s
        found = await under_load(http, per_s, duration_s, seed)
    predicted = simulate(costs, PLACES, psutil.cpu_count() or 1, per_s, duration_s, seed)
    busy = per_s * sum(demand.share * demand.cpu_s for demand in costs.values()) / (psutil.cpu_count() or 1)
    report(found, predicted, costs)
    print(f"{users} users with a request every {pause_s:g} s: {per_s:.1f} a second, {busy:.0%} of the processors.")
    return costs


def main() -> None:
    """Start the system, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--pause-s", type=float, default=120.0, help="mean time between two requests of a user")
    parser.add_argument("--duration-s", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--costs", type=Path, help="file for what each kind costs, for benchmarks.capacity.simulate")
    options = parser.parse_args()
    with local_system(MODELS) as api_url:
        costs = asyncio.run(measure(api_url, options.users, options.pause_s, options.duration_s, options.seed))
    if options.costs:
        options.costs.write_text(json.dumps({name: asdict(demand) for name, demand in costs.items()}, indent=1))


if __name__ == "__main__":
    main()
