"""How long texts made to stall a planner take to be answered, and another user's request meanwhile.

Usage: python -m benchmarks.sharing.attacks http://127.0.0.1:8000 [--clients 1] [--plans 200]
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence

import httpx
from rich.console import Console
from rich.table import Table

ATTACKS = (
    "a " * 22,
    "a " * 30,
    "a " * 4_000,
    "say: a" + "\u00a0" * 400 + "b\nx",
    "say: " * 320 + "!" * 1_600 + "\nx",
    "one two " * 1_000,
    "at 1:00 " * 1_000 + "x",
    "from 1 to " * 800,
    '"' * 4_000,
    "translate to " * 1_500,
    "QUOTE0 " * 500,
    "( " * 4_000,
    "and then " * 2_000,
)
INNOCENT = "Write down what is said in this recording"
TIMEOUT_S = 60.0


def main() -> None:
    """Measure a running server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--plans", type=int, default=200, help="plans asked for by 1 and by 16 clients; 0 for none")
    options = parser.parse_args()
    asyncio.run(_measure(options.url, options.plans))


async def _measure(url: str, plans: int) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S) as client:
        table = Table("attack", "characters", "status", "answered, s", "others' slowest, s", "their median, s")
        for text in ATTACKS:
            status, took_s, others = await _under_attack(client, text)
            row = (repr(text[:24]), str(len(text)), str(status), f"{took_s:.2f}")
            table.add_row(*row, f"{max(others):.2f}", f"{statistics.median(others):.2f}")
        Console().print(table)
        for clients in (1, 16) if plans else ():
            print(f"{await _rate(client, clients, plans):.0f} plans/s with {clients} client(s)")


async def _under_attack(client: httpx.AsyncClient, text: str) -> tuple[int, float, Sequence[float]]:
    """Return status and seconds of an attack, and the seconds of plans asked for meanwhile, at least one."""
    others: list[float] = []
    attack = asyncio.create_task(_plan(client, text))
    while True:
        others.append((await _plan(client, INNOCENT))[1])
        if attack.done():
            return *await attack, others
        await asyncio.sleep(0.02)


async def _rate(client: httpx.AsyncClient, clients: int, plans: int) -> float:
    """Return plans a second that so many clients get."""
    begun = time.perf_counter()

    async def one() -> None:
        for _ in range(plans // clients):
            await _plan(client, INNOCENT)

    await asyncio.gather(*[one() for _ in range(clients)])
    return plans // clients * clients / (time.perf_counter() - begun)


async def _plan(client: httpx.AsyncClient, text: str) -> tuple[int, float]:
    begun = time.perf_counter()
    answer = await client.post("/v1/plans", json={"text": text})
    return answer.status_code, time.perf_counter() - begun


if __name__ == "__main__":
    main()
