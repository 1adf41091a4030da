"""Requests at three times what a model can do: how many of those it takes meet their deadline, how soon it says no.

The capacity is measured first; then requests come at set times, whatever became of those before.

Usage: python -m benchmarks.sharing.deadlines [--seconds 60] [--deadline-s 3] [--times 3]
"""

import argparse
import asyncio
import math
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console

from model_wrappers.contract.errors import AudioGPTError, DeadlineExceeded, WouldMissDeadline
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from router.artifacts.store import ArtifactStore
from router.calls import ModelCall
from router.in_process import InProcessDispatcher
from router.principal import Principal
from router.scope import Scope
from router.spec import ModelSpec

HIBARI = ModelSpec(id="hibari", wrapper="model_wrappers.embedded.hibari:Hibari", workers=2, max_queue=256)
SENTENCE = "The quick brown fox jumps over the lazy dog. "
TENANTS = ("ann", "bob", "carl")
CLIENTS = 8  # at capacity: all workers are busy, and the next request always waits
CAPACITY_S = 10.0
AIM_MET, AIM_REFUSAL_S = 0.95, 0.05


@dataclass
class Outcomes:
    """What became of requests: seconds until each ended."""

    met: list[float] = field(default_factory=list)
    missed: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    offered_s: float = 0.0  # from the first to the last that was sent

    @property
    def admitted(self) -> int:
        """How many were not refused."""
        return len(self.met) + len(self.missed)

    @property
    def offered(self) -> int:
        """How many were sent."""
        return self.admitted + len(self.refused)

    def told(self, capacity_per_s: float, deadline_s: float) -> str:
        """Return the claim in figures: what was offered, of how many that were let in, and how soon no was said."""
        offered_per_s = self.offered / self.offered_s
        met, soon = len(self.met) / max(1, self.admitted), [percentile(self.refused, p) for p in (50, 95, 99, 100)]
        verdict = met >= AIM_MET and soon[2] <= AIM_REFUSAL_S
        return (
            f"Capacity: {capacity_per_s:.1f} requests a second.\n"
            f"Offered: {self.offered:,} in {self.offered_s:.1f} s, {offered_per_s:.1f} a second: "
            f"{offered_per_s / capacity_per_s:.2f} times capacity, each to be answered in {deadline_s:g} s.\n"
            f"Admitted: {self.admitted:,}, {self.admitted / self.offered_s:.1f} a second; {len(self.met):,} met their "
            f"deadline: {100 * met:.1f} % (aim: at least {100 * AIM_MET:g} %).\n"
            f"Refused: {len(self.refused):,}; half of them in {1e3 * soon[0]:.1f} ms, 95 % in {1e3 * soon[1]:.1f} ms, "
            f"99 % in {1e3 * soon[2]:.1f} ms, the last in {1e3 * soon[3]:.1f} ms (aim: 99 % in "
            f"{1e3 * AIM_REFUSAL_S:g} ms).\n"
            f"Both aims are {'met' if verdict else 'not met'}."
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent do not exceed; 0 of none."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)] if values else 0.0


def arrivals(per_s: float, seconds: float, seed: int = 1) -> list[float]:
    """Return when requests come, in seconds: at random as people do, and no fewer than that a second."""
    times = random.Random(seed)
    return sorted(times.uniform(0.0, seconds) for _ in range(math.ceil(per_s * seconds)))


class Model:
    """A real model in this process."""

    def __init__(self, folder: str) -> None:
        """Keep artifacts in a folder."""
        self._dispatcher = InProcessDispatcher([HIBARI], ArtifactStore(folder, 3_600.0))
        (self._entry,) = self._dispatcher.catalog().models
        self._random = random.Random(0)

    async def speak(self, deadline_s: float) -> None:
        """Have one to six sentences spoken for one of the tenants."""
        scope = Scope.lasting(deadline_s, Principal(self._random.choice(TENANTS)), "")
        request = TextToSpeechRequest(text=SENTENCE * self._random.randint(1, 6))
        await self._dispatcher.run(self._entry, ModelCall("text-to-speech", request, scope))

    async def close(self) -> None:
        """Unload."""
        await self._dispatcher.close()


async def capacity(model: Model) -> float:
    """Return the requests a second that are answered when all workers are busy."""
    done, until = 0, time.monotonic() + CAPACITY_S

    async def client() -> None:
        nonlocal done
        while time.monotonic() < until:
            await model.speak(60.0)
            done += 1

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return done / CAPACITY_S


async def overload(model: Model, times_s: Sequence[float], deadline_s: float) -> Outcomes:
    """Send requests at their times, whether or not earlier ones are answered; one that is late is sent at once."""
    found = Outcomes()

    async def ask() -> None:
        began = time.perf_counter()
        into = found.met
        try:
            await model.speak(deadline_s)
        except WouldMissDeadline:
            into = found.refused
        except DeadlineExceeded:
            into = found.missed
        into.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        began = time.monotonic()
        for at_s in times_s:
            await asyncio.sleep(began + at_s - time.monotonic())
            group.create_task(ask())
        found.offered_s = time.monotonic() - began
    return found


async def measure(seconds: float, deadline_s: float, times: float) -> str:
    """Measure the capacity, then offer so many times as much for a while, and return what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        model = Model(folder)
        try:
            per_s = await capacity(model)
            found = await overload(model, arrivals(times * per_s, seconds), deadline_s)
        finally:
            await model.close()
    return found.told(per_s, deadline_s)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--deadline-s", type=float, default=3.0)
    parser.add_argument("--times", type=float, default=3.0)
    arguments = parser.parse_args()
    try:
        Console().print(
            asyncio.run(measure(arguments.seconds, arguments.deadline_s, arguments.times)),
            highlight=False,
            soft_wrap=True,
        )
    except AudioGPTError as exc:
        Console().print(exc.message)


if __name__ == "__main__":
    main()
