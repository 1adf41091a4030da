"""A queueing network as discrete events: requests that need a model's place and share the processors."""

import math
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import simpy

QUANTUM_S = 0.005  # of a processor, before the next in line has it

Events = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Demand:
    """What one request of a class costs.

    Args:
        share: Of all requests.
        cpu_s: Of a processor, in all.
        alone_s: From request to answer when nobody else asks; less than `cpu_s` where it runs on several processors.
        station: Where it needs one of a limited number of places, None for nowhere.
    """

    share: float
    cpu_s: float
    alone_s: float
    station: str | None = None

    @property
    def threads(self) -> int:
        """Processors it runs on at once."""
        return max(1, round(self.cpu_s / self.alone_s))

    @property
    def elsewhere_s(self) -> float:
        """Waits that no other request makes longer."""
        return max(0.0, self.alone_s - self.cpu_s / self.threads)


@dataclass(frozen=True)
class Outcome:
    """Seconds from request to answer of one class, sorted."""

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
    demands: Mapping[str, Demand],
    places: Mapping[str, int],
    processors: int,
    per_s: float,
    duration_s: float,
    seed: int = 0,
) -> dict[str, Outcome]:
    """Return what becomes of requests that arrive at random times, whoever waits.

    Args:
        demands: By class; their shares add up to 1.
        places: Requests each station runs at once, on all its replicas.
        processors: Of all machines together.
        per_s: Requests a second, of all classes.
        duration_s: How long they arrive; all of them are answered.
        seed: Of the arrivals.
    """
    clock = simpy.Environment()
    system = _System(clock, demands, places, processors)
    clock.process(system.arrivals(per_s, duration_s, random.Random(seed)))
    clock.run()
    return {name: Outcome(tuple(sorted(found))) for name, found in system.latencies_s.items()}


class _System:
    def __init__(
        self, clock: simpy.Environment, demands: Mapping[str, Demand], places: Mapping[str, int], processors: int
    ) -> None:
        self._clock = clock
        self._demands = demands
        self._processors = simpy.Resource(clock, processors)
        self._stations = {name: simpy.Resource(clock, number) for name, number in places.items()}
        self.latencies_s: dict[str, list[float]] = {name: [] for name in demands}

    def arrivals(self, per_s: float, duration_s: float, chance: random.Random) -> Events:
        names, shares = list(self._demands), [demand.share for demand in self._demands.values()]
        while True:
            yield self._clock.timeout(chance.expovariate(per_s))
            if self._clock.now >= duration_s:
                return
            self._clock.process(self._request(*chance.choices(names, shares)))

    def _request(self, name: str) -> Events:
        demand, began = self._demands[name], self._clock.now
        if demand.station is None:
            yield from self._served(demand)
        else:
            with self._stations[demand.station].request() as place:
                yield place
                yield from self._served(demand)
        self.latencies_s[name].append(self._clock.now - began)

    def _served(self, demand: Demand) -> Events:
        yield self._clock.timeout(demand.elsewhere_s)
        part_s = demand.cpu_s / demand.threads
        yield self._clock.all_of([self._clock.process(self._work(part_s)) for _ in range(demand.threads)])

    def _work(self, left_s: float) -> Events:
        while left_s > 0:
            with self._processors.request() as processor:
                yield processor
                yield self._clock.timeout(min(left_s, QUANTUM_S))
            left_s -= QUANTUM_S


def replicas_for(
    demands: Mapping[str, Demand], per_s: float, places_each: Mapping[str, int], busy: float = 0.6
) -> dict[str, int]:
    """Return how many replicas each station needs so that no more than a share of its places is busy.

    Args:
        demands: By class.
        per_s: Requests a second, of all classes.
        places_each: Requests one replica of each station runs at once.
        busy: The share.
    """
    held = dict.fromkeys(places_each, 0.0)
    for demand in demands.values():
        if demand.station in held:
            held[demand.station] += per_s * demand.share * max(demand.alone_s, demand.cpu_s)
    return {name: max(1, math.ceil(held[name] / (busy * each))) for name, each in places_each.items()}
