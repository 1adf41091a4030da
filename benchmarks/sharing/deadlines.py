"""Requests at three times what a model can do: how many of those it takes meet their deadline, how soon it says no.

Usage: python -m benchmarks.sharing.deadlines [--seconds 60] [--deadline-s 3] [--times 3]
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
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
CLIENTS = 4  # at capacity
CAPACITY_S = 10.0


@dataclass
class Outcomes:
    """What became of requests: seconds until each ended."""

    met: list[float] = field(default_factory=list)
    missed: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)


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


async def overload(model: Model, per_s: float, seconds: float, deadline_s: float) -> Outcomes:
    """Send requests at random times, whether or not earlier ones are answered."""
    found, times = Outcomes(), random.Random(1)

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
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            group.create_task(ask())
            await asyncio.sleep(times.expovariate(per_s))
    return found


async def measure(seconds: float, deadline_s: float, times: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        model = Model(folder)
        try:
            per_s = await capacity(model)
            found = await overload(model, times * per_s, seconds, deadline_s)
        finally:
            await model.close()
    admitted = len(found.met) + len(found.missed)
    refusals = sorted(found.refused)
    Console().print(
        f"The model answers {per_s:.1f} requests a second and was sent {times * per_s:.1f}, to be answered in "
        f"{deadline_s:g} s.\nOf {admitted} it took {len(found.met)} met their deadline "
        f"({100 * len(found.met) / max(1, admitted):.1f} %; aim: 95 %); it refused {len(refusals)}, half of them in "
        f"{1e3 * statistics.median(refusals or [0.0]):.1f} ms, 99 % in "
        f"{1e3 * (refusals or [0.0])[int(0.99 * max(0, len(refusals) - 1))]:.1f} ms (aim: 50 ms)."
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--deadline-s", type=float, default=3.0)
    parser.add_argument("--times", type=float, default=3.0)
    arguments = parser.parse_args()
    try:
        asyncio.run(measure(arguments.seconds, arguments.deadline_s, arguments.times))
    except AudioGPTError as exc:
        Console().print(exc.message)


if __name__ == "__main__":
    main()
