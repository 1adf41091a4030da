"""A queueing network as discrete events: requests that need places of deployments in turn, and share processors."""

import math
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import simpy

from deployments.placement.costs import Costs, KindCost

QUANTUM_S = 0.003  # of a processor, before the next in line has it; of the order of Linux's slice
WOKEN, WORKING = 0, 1  # who has just got work to do goes ahead of those in the midst of theirs, as Linux lets them
BURST_S = 0.02  # of the system's background work at a time

Events = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Outcome:
    """Seconds from request to answer of one kind, sorted."""

    latencies_s: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Return the latency that this share of the answers did not exceed."""
        if not self.latencies_s:
            return math.nan
        return self.latencies_s[min(len(self.latencies_s) - 1, int(share * len(self.latencies_s)))]

    @property
    def mean_s(self) -> float:
        """The mean latency."""
        return math.fsum(self.latencies_s) / len(self.latencies_s) if self.latencies_s else math.nan


def simulate(
    costs: Costs, places: Mapping[str, int], processors: int, per_s: float, duration_s: float, seed: int = 0
) -> dict[str, Outcome]:
    """Return what becomes of requests that arrive at random times, whoever waits.

    Args:
        costs: What one of each kind costs; their shares add up to 1.
        places: Requests each deployment works on at once, on all its replicas; one that is missing has room for all.
        processors: Of all machines together.
        per_s: Requests a second, of all kinds.
        duration_s: How long they arrive; all of them are answered.
        seed: Of the arrivals.
    """
    clock = simpy.Environment()
    system = _System(clock, costs, places, processors)
    clock.process(system.arrivals(per_s, duration_s, random.Random(seed)))
    clock.process(system.background(costs.background, duration_s, random.Random(seed + 1)))
    clock.run()
    return {name: Outcome(tuple(sorted(found))) for name, found in system.latencies_s.items()}


class _System:
    def __init__(self, clock: simpy.Environment, costs: Costs, places: Mapping[str, int], processors: int) -> None:
        self._clock = clock
        self._kinds = costs.kinds
        self._processors = simpy.PriorityResource(clock, processors)
        self._places = {name: simpy.Resource(clock, number) for name, number in places.items()}
        self.latencies_s: dict[str, list[float]] = {name: [] for name in costs.kinds}

    def arrivals(self, per_s: float, duration_s: float, chance: random.Random) -> Events:
        names, shares = list(self._kinds), [kind.share for kind in self._kinds.values()]
        while True:
            yield self._clock.timeout(chance.expovariate(per_s))
            if self._clock.now >= duration_s:
                return
            self._clock.process(self._request(*chance.choices(names, shares)))

    def background(self, share: float, duration_s: float, chance: random.Random) -> Events:
        while share and self._clock.now < duration_s:
            yield self._clock.timeout(chance.expovariate(share / BURST_S))
            self._clock.process(self._work(BURST_S))

    def _request(self, name: str) -> Events:
        kind, began = self._kinds[name], self._clock.now
        for deployment in dict.fromkeys([*kind.cpu_s, kind.model]):
            if deployment is None:
                yield self._clock.timeout(kind.elsewhere_s)
            elif deployment in self._places:
                with self._places[deployment].request() as place:
                    yield place
                    yield from self._served(kind, deployment)
            else:
                yield from self._served(kind, deployment)
        self.latencies_s[name].append(self._clock.now - began)
        yield from self._work((1 - kind.before_answer) * kind.processor_s)

    def _served(self, kind: KindCost, deployment: str) -> Events:
        if deployment == kind.model:
            yield self._clock.timeout(kind.elsewhere_s)
        threads = kind.threads(deployment)
        part_s = kind.before_answer * kind.cpu_s.get(deployment, 0.0) / threads
        yield self._clock.all_of([self._clock.process(self._work(part_s)) for _ in range(threads)])

    def _work(self, left_s: float) -> Events:
        urgency = WOKEN
        while left_s > 0:
            with self._processors.request(urgency) as processor:
                yield processor
                yield self._clock.timeout(min(left_s, QUANTUM_S))
            left_s, urgency = left_s - QUANTUM_S, WORKING
