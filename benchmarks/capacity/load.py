"""Simulated users against the system on this machine, and against its simulation: `python -m benchmarks.capacity.load`.

Users of several tenants send requests of all kinds, each at times of its own, whether earlier ones are answered or not.
Before, one request of each kind after another measures what it costs alone; that is all the simulation is told.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.capacity.classes import CLASSES, RequestClass
from benchmarks.capacity.simulation import Outcome, simulate
from benchmarks.local_system import local_system
from benchmarks.processor_time import IDLE_S, PLATFORM, cpu_by_deployment, own_cpu_s
from deployments.placement.costs import Costs, KindCost
from llm_planner.planner import OFFLINE_AT_ONCE

MODELS = (
    {"id": "whisper-base", "wrapper": "model_wrappers.embedded.whisper:Whisper", "workers": 2, "max_queue": 512},
    {"id": "hibari", "wrapper": "model_wrappers.embedded.hibari:Hibari", "workers": 2, "max_queue": 512},
)
PLACES = {entry["id"]: entry["workers"] for entry in MODELS} | {
    "ingress": 1,
    "planner": OFFLINE_AT_ONCE,
}  # one event loop
CLIENT = "client"  # this process, which takes processors too
REPEATS = 40  # of each kind alone; fewer where each takes long
ALONE_S = 20.0  # to spend on these
PAUSE_S = 0.2  # before each of these: one right behind another finds everything in the processor's caches
MOST_OPEN = 1_000  # connections at once
PROCESSORS = psutil.cpu_count() or 1
SIMULATED_S = 3_600.0  # long, so that chance is left out of the prediction
DIGITS = 5  # of the costs that are written, in seconds


@dataclass
class Counted:
    """What became of the requests of one kind."""

    latencies_s: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0


async def costs_alone(http: httpx.AsyncClient) -> Costs:
    """Return what one request of each kind costs when nobody else asks."""
    for each in CLASSES:  # loads what is loaded by the first request
        (await each.send(http)).raise_for_status()
    idle = await _idle()
    kinds = {each.name: await _alone(http, each, idle) for each in CLASSES}
    return Costs(places=PLACES, background=idle.total(), kinds=kinds)


async def _idle() -> Counter[str]:
    """Return the CPU seconds a second of each deployment when nobody asks anything."""
    before = cpu_by_deployment()
    await asyncio.sleep(IDLE_S)
    used = cpu_by_deployment()
    return Counter({name: max(0.0, used[name] - before[name]) / IDLE_S for name in used})


async def _alone(http: httpx.AsyncClient, kind: RequestClass, idle: Counter[str]) -> KindCost:
    began, before, before_here = time.perf_counter(), cpu_by_deployment(), own_cpu_s()
    answered_s: list[float] = []
    while len(answered_s) < REPEATS and time.perf_counter() - began < ALONE_S:
        await asyncio.sleep(PAUSE_S)
        sent = time.perf_counter()
        (await kind.send(http)).raise_for_status()
        answered_s.append(time.perf_counter() - sent)
    here, used, passed_s = own_cpu_s() - before_here, cpu_by_deployment(), time.perf_counter() - began
    spent = {name: (used[name] - before[name] - idle[name] * passed_s) / len(answered_s) for name in used}
    worked = {name: cpu_s for name, cpu_s in spent.items() if name in kind.through | {PLATFORM} and cpu_s > 0}
    worked[CLIENT] = here / len(answered_s)  # what others spent meanwhile is background work
    return KindCost(
        share=kind.share, alone_s=statistics.median(answered_s), cpu_s=worked, model=kind.model, task=kind.task,
        audio_s=kind.audio_s,
    )  # fmt: skip


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


def report(found: Mapping[str, Counted], predicted: Mapping[str, Outcome], costs: Costs) -> None:
    """Print what was measured beside what was predicted."""
    table = Table("kind", "alone ms", "CPU ms", "sent", "refused", "failed", "p50 ms", "p95 ms", "p99 ms",
                  "mean ms", "predicted", "off by")  # fmt: skip
    for name, counted in found.items():
        outcome = Outcome(tuple(sorted(counted.latencies_s)))
        sent = len(counted.latencies_s) + counted.refused + counted.failed
        figures = [f"{1e3 * outcome.percentile(share):.0f}" for share in (0.5, 0.95, 0.99)]
        expected = predicted[name].mean_s
        table.add_row(
            name, f"{1e3 * costs.kinds[name].alone_s:.1f}", f"{1e3 * costs.kinds[name].processor_s:.1f}", str(sent),
            str(counted.refused), str(counted.failed), *figures, f"{1e3 * outcome.mean_s:.1f}", f"{1e3 * expected:.1f}",
            f"{expected / outcome.mean_s - 1:+.0%}",
        )  # fmt: skip
    Console(width=140).print(table)


async def measure(api_url: str, users: Sequence[int], pause_s: float, duration_s: float, seed: int) -> Costs:
    """Measure alone and under each load, print the comparisons, and return what each kind costs alone."""
    limits = httpx.Limits(max_connections=MOST_OPEN, max_keepalive_connections=MOST_OPEN)
    async with httpx.AsyncClient(base_url=api_url, timeout=300, limits=limits) as http:
        costs = await costs_alone(http)
        for number in users:
            per_s = number / pause_s
            found = await under_load(http, per_s, duration_s, seed)
            predicted = simulate(costs, PLACES, PROCESSORS, per_s, SIMULATED_S, seed)
            report(found, predicted, costs)
            busy = (costs.background + per_s * sum(k.share * k.processor_s for k in costs.kinds.values())) / PROCESSORS
            print(f"{number} users, a request each {pause_s:g} s: {per_s:.1f} a second, {busy:.0%} of the processors.")
    return costs


def main() -> None:
    """Start the system, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[300, 600], help="one load after another")
    parser.add_argument("--pause-s", type=float, default=120.0, help="mean time between two requests of a user")
    parser.add_argument("--duration-s", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--costs", type=Path, help="file for what each kind costs, for benchmarks.capacity.simulate")
    options = parser.parse_args()
    with local_system(MODELS) as api_url:
        costs = asyncio.run(measure(api_url, options.users, options.pause_s, options.duration_s, options.seed))
    if options.costs:
        options.costs.write_text(json.dumps(_rounded(costs.model_dump(exclude_defaults=True)), indent=1) + "\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return round(value, DIGITS) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
