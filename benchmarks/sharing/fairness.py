"""What one tenant's load costs another: short requests beside 200 long ones, and shares by weight.

What fair shares cost a tenant that is alone, `benchmarks/sharing/fair_order.py` measures.

Usage: python -m benchmarks.sharing.fairness [--kinds speech recognition plans] [--requests 30] [--share-s 40]
           [--json FILE]
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import numpy as np
import soundfile
from rich.console import Console
from rich.table import Table

from benchmarks.local_system import ROOT, local_system
from router.settings import Settings
from router.tenants.store import TenantStore

MODELS = (
    {"id": "hibari", "wrapper": "model_wrappers.embedded.hibari:Hibari", "workers": 2, "max_queue": 256},
    {"id": "whisper-base", "wrapper": "model_wrappers.embedded.whisper:Whisper", "workers": 2, "max_queue": 256},
)
WEIGHTS = {"busy": 1.0, "quiet": 1.0, "double": 2.0}  # the tenants
IN_FLIGHT = 200  # long requests of the busy one
AT_ONCE = 2  # of them served at a time: workers of each model, processes of the planner
EVERY_S = 1.0  # a short one of the quiet one
WARM_UP = 3
SHORT_S, LONG_S = 2.0, 30.0  # of speech to write down
SENTENCE = "The quick brown fox jumps over the lazy dog. "
TIMEOUT_S = 290.0

Ask = Callable[[], Awaitable[None]]


@dataclass
class Found:
    """One kind of work, in seconds.

    The aim is twice the idle p95 and one of the long requests, which takes `long_s` where as many are served at once as
    beside the short ones.
    """

    kind: str
    idle_p95: float
    loaded_p95: float
    long_s: float
    long_done: int

    @property
    def allowed(self) -> float:
        """The most that the loaded p95 may be."""
        return 2 * self.idle_p95 + self.long_s


class Tenant:
    """A tenant's requests."""

    def __init__(self, api_url: str, key: str) -> None:
        """Ask with its key; many may be on their way."""
        limits = httpx.Limits(max_connections=None)
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(base_url=api_url, headers=headers, timeout=TIMEOUT_S, limits=limits)
        self._recordings: dict[float, str] = {}  # ids by seconds

    async def speak(self, sentences: int) -> None:
        """Have a text spoken."""
        await self._post("/v1/tasks/text-to-speech", {"text": SENTENCE * sentences})

    async def transcribe(self, seconds: float) -> None:
        """Have speech written down."""
        if seconds not in self._recordings:
            stored = await self._http.post("/v1/artifacts", files={"file": ("speech.flac", recording(seconds))})
            self._recordings[seconds] = stored.raise_for_status().json()["id"]
        await self._post("/v1/tasks/speech-recognition", {"audio": self._recordings[seconds]})

    async def plan(self, sentences: int) -> None:
        """Have a request planned."""
        await self._post("/v1/plans", {"text": f'Say "{SENTENCE * sentences}" and translate it into Spanish.'})

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _post(self, path: str, body: dict[str, str]) -> None:
        (await self._http.post(path, json=body)).raise_for_status()


def recording(seconds: float) -> bytes:
    """Return the beginning of the example recording, or that again and again, as FLAC."""
    samples, rate = soundfile.read(ROOT / "examples" / "data" / "speech.flac", dtype="float32")
    file = io.BytesIO()
    soundfile.write(file, np.resize(samples, round(seconds * rate)), rate, format="FLAC")
    return file.getvalue()


def make_tenants(keys: dict[str, str]) -> None:
    """Write the tenants with a key each, without which no ingress starts."""
    store = TenantStore.from_settings(Settings.from_environment())
    for tenant, weight in WEIGHTS.items():
        store.create_tenant(tenant, weight=weight)
        keys[tenant] = store.create_key(tenant, ["infer", "artifacts"]).text


async def latencies(ask: Ask, count: int) -> list[float]:
    """Return the seconds that requests took, one begun each second."""
    begun = []
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            begun.append(group.create_task(timed(ask)))
            await asyncio.sleep(EVERY_S)
    return [task.result() for task in begun]


async def timed(ask: Ask) -> float:
    """Return the seconds that a request took."""
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


async def keep_asking(ask: Ask, done: list[float]) -> None:
    """Ask again and again, and note when each was answered; what finds no place is asked for again when it says."""
    while True:
        try:
            await ask()
            done.append(time.perf_counter())
        except httpx.HTTPStatusError as exc:
            if exc.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                raise
            await asyncio.sleep(float(exc.response.headers.get("retry-after", EVERY_S)))


async def beside(kind: str, short: Ask, long: Ask, requests: int) -> Found:
    """Measure short requests alone, and beside those of the busy tenant."""
    for ask in (short, long) * WARM_UP:
        await ask()
    idle = await latencies(short, requests)
    together = [taken for _ in range(WARM_UP) for taken in await asyncio.gather(*(timed(long) for _ in range(AT_ONCE)))]
    done: list[float] = []
    crowd = [asyncio.create_task(keep_asking(long, done)) for _ in range(IN_FLIGHT)]
    await asyncio.sleep(3 * EVERY_S)
    loaded = await latencies(short, requests)
    await hang_up(crowd)
    return Found(kind, p95(idle), p95(loaded), statistics.median(together), len(done))


async def shares(first: Ask, second: Ask, share_s: float) -> tuple[int, int]:
    """Return how many equal requests two tenants got done side by side, once both had a line of them."""
    done: tuple[list[float], list[float]] = ([], [])
    crowd = [
        asyncio.create_task(keep_asking(ask, its))
        for ask, its in zip((first, second), done, strict=True)
        for _ in range(IN_FLIGHT // 4)
    ]
    await asyncio.sleep(share_s / 4)
    began = time.perf_counter()
    await asyncio.sleep(share_s)
    one, two = (sum(at >= began for at in its) for its in done)
    await hang_up(crowd)
    return one, two


async def hang_up(crowd: list[asyncio.Task[None]]) -> None:
    """End a crowd of requests, and raise what one of them failed with."""
    for task in crowd:
        task.cancel()
    for outcome in await asyncio.gather(*crowd, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    await asyncio.sleep(5 * EVERY_S)  # until the system has noticed


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


async def measure(
    api_url: str, keys: dict[str, str], kinds: list[str], requests: int, share_s: float
) -> tuple[list[Found], tuple[int, int]]:
    """Measure all kinds, and the shares of speech by weight."""
    busy, quiet, double = (Tenant(api_url, keys[name]) for name in ("busy", "quiet", "double"))
    pairs: dict[str, tuple[Ask, Ask]] = {
        "speech": (lambda: quiet.speak(1), lambda: busy.speak(30)),
        "recognition": (lambda: quiet.transcribe(SHORT_S), lambda: busy.transcribe(LONG_S)),
        "plans": (lambda: quiet.plan(1), lambda: busy.plan(20)),
    }
    found = [await beside(kind, *pairs[kind], requests) for kind in kinds]
    parts = await shares(lambda: double.speak(10), lambda: busy.speak(10), share_s)
    for tenant in (busy, quiet, double):
        await tenant.close()
    return found, parts


def main() -> None:
    """Start the system, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=["speech", "recognition", "plans"])
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--share-s", type=float, default=40.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ["AUDIOGPT_AUTH"] = "on"
    keys: dict[str, str] = {}
    with local_system(MODELS, prepare=lambda: make_tenants(keys)) as api_url:
        work = measure(api_url, keys, arguments.kinds, arguments.requests, arguments.share_s)
        found, parts = asyncio.run(work)
    report(found, parts, arguments.json)


def report(found: list[Found], parts: tuple[int, int], path: Path | None) -> None:
    """Print the seconds, what they may be, and the shares."""
    table = Table("short requests", "p95 alone s", f"p95 beside {IN_FLIGHT} long ones s", "allowed s", "long ones done")
    for row in found:
        values = (row.idle_p95, row.loaded_p95, row.allowed)
        table.add_row(row.kind, *(f"{value:.3f}" for value in values), str(row.long_done))
    console = Console()
    console.print(table)
    console.print(f"Weights 2:1 got {parts[0]} and {parts[1]} requests done: {parts[0] / max(1, parts[1]):.2f}:1.")
    if path is not None:
        summary = {"found": [asdict(row) for row in found], "shares": parts, "load": os.getloadavg()}
        path.write_text(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
