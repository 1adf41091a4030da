"""What a request pays for the check of its key and its limits, beside the same request without.

Usage: python -m benchmarks.costs.edge [--rounds 5000] [--redis redis://127.0.0.1:6379/0]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from rich.console import Console
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.api.edge.authentication import Authentication
from deployments.api.edge.limiting import Limiting
from router.limits.counters import MEMORY
from router.limits.limiter import Limiter
from router.principal import TenantLimits
from router.settings import Settings
from router.tenants.door import Door
from router.tenants.store import TenantStore

PLACES = 512
LIMITS = TenantLimits(requests_per_min=10_000_000, concurrent_calls=100)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Client:
    """Sends one request after another to an application, with a key."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        """Ask an application with a key."""
        self._app = app
        self._headers = [(b"authorization", f"Bearer {key}".encode())]

    async def ask(self) -> float:
        """Return the seconds that a request took."""
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/v1/tasks/text-to-speech",
            "headers": self._headers,
            "state": {"request_id": "r"},
        }
        began = time.perf_counter()
        await self._app(scope, _nothing, _away)
        return time.perf_counter() - began


async def _nothing() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b""}


async def _away(message: MutableMapping[str, Any]) -> None:
    pass


async def measure(rounds: int, redis: str | None) -> None:
    """Measure all in turn and print the medians."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        store = TenantStore.from_settings(settings)
        store.create_tenant("free")
        store.create_tenant("limited", limits=LIMITS)
        free, limited = (store.create_key(tenant, ["infer"]).text for tenant in ("free", "limited"))
        door = Door(store)

        def guarded(url: str) -> ASGIApp:
            shared = Settings(home=Path(folder), limits_url=url)
            return Authentication(Limiting(answer, Limiter.from_settings(shared), PLACES), door)

        clients = {
            "without": Client(answer, free),
            "key": Client(guarded(MEMORY), free),
            "key and limits": Client(guarded(MEMORY), limited),
        }
        if redis:
            clients["key and limits in Redis"] = Client(guarded(redis), limited)
        found: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(rounds):
            for name, client in clients.items():
                found[name].append(await client.ask())
    console, least = Console(), statistics.median(found["without"])
    for name, values in found.items():
        console.print(f"{name}: {1e3 * (statistics.median(values) - least):.3f} ms more (aim: 0.2 ms)")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5_000)
    parser.add_argument("--redis")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.rounds, arguments.redis))


if __name__ == "__main__":
    main()
