"""What fair shares cost a tenant that is alone: requests a second in fair order, and as they come, in turns.

Usage: python -m benchmarks.sharing.fair_order [--rounds 10] [--round-s 6] [--in-flight 200]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from rich.console import Console

from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from router.fairness.order import Turn
from router.fairness.waiting_room import WaitingRoom
from router.principal import Principal
from router.replica.batching import MicroBatcher
from router.scope import Flow, Scope
from router.spec import ModelSpec

HIBARI = ModelSpec(id="hibari", wrapper="model_wrappers.embedded.hibari:Hibari")
TEXT = "Good morning."  # the shorter the work, the more its order weighs
WORKERS = 2
TIMEOUT_S = 600.0
AIM = 0.02  # of the throughput


class FirstCome(WaitingRoom):
    """A room that serves in the order of arrival and knows neither costs nor shares."""

    def __init__(self) -> None:
        """Start empty."""
        self._turns: dict[Turn, None] = {}

    def ordered(self) -> Iterator[Turn]:
        """Yield what waits."""
        return iter(self._turns)

    @contextmanager
    def place(self, flow: Flow, deadline: float, kind: str, size: float) -> Iterator[Turn]:
        """Hold a place."""
        turn = Turn(flow, kind, size, 0, 0.0, lambda: None)
        self._turns[turn] = None
        try:
            yield turn
        finally:
            self._turns.pop(turn, None)

    def begin(self, together: Sequence[Turn]) -> None:
        """Serve turns."""
        for turn in together:
            del self._turns[turn]

    def ran(self, together: Sequence[Turn], run_s: float) -> None:
        """Learn nothing."""


async def throughput(batcher: MicroBatcher, round_s: float, in_flight: int) -> float:
    """Return the requests a second that one tenant gets done."""
    done, scope = 0, Scope.lasting(TIMEOUT_S, Principal("alone"), "")
    request = TextToSpeechRequest(text=TEXT)
    until = time.monotonic() + round_s

    async def client() -> None:
        nonlocal done
        while time.monotonic() < until:
            with batcher.place("text-to-speech", request, scope) as turn:
                await batcher.submit(request, scope, turn, group=None)
            done += time.monotonic() < until

    await asyncio.gather(*(client() for _ in range(in_flight)))
    return done / round_s


async def measure(rounds: int, round_s: float, in_flight: int) -> list[tuple[float, float]]:
    """Return the requests a second of each round, in fair order and as they come; who is first changes."""
    model = HIBARI.build()
    with ThreadPoolExecutor(WORKERS) as threads:
        await asyncio.get_running_loop().run_in_executor(threads, model.load, "cpu")

        def batcher(room: WaitingRoom | None) -> MicroBatcher:
            return MicroBatcher(
                model.run_batch, threads, name="hibari", workers=WORKERS, max_queue=2 * in_flight, room=room
            )

        ways: list[Callable[[], MicroBatcher]] = [lambda: batcher(None), lambda: batcher(FirstCome())]
        await throughput(ways[0](), round_s, in_flight)
        found = []
        for number in range(rounds):
            pair = [0.0, 0.0]
            for way in (0, 1) if number % 2 else (1, 0):
                pair[way] = await throughput(ways[way](), round_s, in_flight)
            found.append((pair[0], pair[1]))
        return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--round-s", type=float, default=6.0)
    parser.add_argument("--in-flight", type=int, default=200)
    arguments = parser.parse_args()
    found = asyncio.run(measure(arguments.rounds, arguments.round_s, arguments.in_flight))
    fair, plain = (statistics.median(way) for way in zip(*found, strict=True))
    lost = [1 - one / other for one, other in found]
    spread = statistics.stdev(lost) / len(lost) ** 0.5 if len(lost) > 1 else 0.0
    Console().print(
        f"One tenant with {arguments.in_flight} short sentences waiting gets {fair:.1f} a second done in fair order, "
        f"{plain:.1f} as they come: it loses {100 * statistics.mean(lost):.1f} % (± {100 * spread:.1f} standard error "
        f"over {len(lost)} rounds of {arguments.round_s:g} s each way; aim: at most {100 * AIM:g} %)."
    )


if __name__ == "__main__":
    main()
