"""Requests a second over OpenAI's API, against calling faster-whisper and Hibari directly, in turn in one run.

Usage: python -m benchmarks.throughput.openai_load [--transcriptions 8] [--speeches 60] [--clients 1 4 16] [--json FILE]
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.local_system import ROOT, local_system, single_replicas
from benchmarks.processor_time import idle_cpu_share, own_cpu_s, tree_cpu_s
from benchmarks.throughput.direct_calls import WORKERS, Call, direct_calls

RECORDING = (ROOT / "examples" / "data" / "speech.flac").read_bytes()  # 10.1 s
SENTENCE = "The quick brown fox jumps over the lazy dog."
MODELS = (
    {"id": "whisper-base", "wrapper": "model_wrappers.embedded.whisper:Whisper", "workers": WORKERS, "max_queue": 64},
    {"id": "hibari", "wrapper": "model_wrappers.embedded.hibari:Hibari", "workers": WORKERS, "max_queue": 64},
)
BARE = {
    "name": "bare",
    "route_prefix": "/bare",
    "import_path": "benchmarks.throughput.bare_serve:application",
    "deployments": single_replicas("BareIngress", "BareModel"),
}


@dataclass
class Measured:
    """One workload under one number of clients."""

    what: str
    clients: int
    requests: int
    wall_s: float
    cpu_s: float
    latencies_s: list[float]

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return self.requests / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU a request."""
        return 1e3 * self.cpu_s / self.requests


async def load(what: str, call: Call, clients: int, requests: int, cpu_s: Callable[[], float]) -> Measured:
    """Run requests from so many clients at once, each sending its next as soon as it has its answer."""
    latencies: list[float] = []
    left = iter(range(requests))

    async def client() -> None:
        for _ in left:
            began = time.perf_counter()
            await call()
            latencies.append(time.perf_counter() - began)

    began, cpu_before = time.perf_counter(), cpu_s()
    await asyncio.gather(*(client() for _ in range(clients)))
    wall_s = time.perf_counter() - began
    return Measured(what, clients, requests, wall_s, cpu_s() - cpu_before, latencies)


def server_calls(http: httpx.AsyncClient) -> dict[str, Call]:
    """Return the requests to the server."""

    async def transcribe() -> None:
        files = {"file": ("speech.flac", RECORDING)}
        answer = await http.post("/v1/audio/transcriptions", data={"model": "whisper-1"}, files=files)
        assert len(answer.raise_for_status().json()["text"]) > 100

    async def speak(response_format: str) -> None:
        body = {"model": "tts-1", "voice": "alloy", "input": SENTENCE, "response_format": response_format}
        answer = await http.post("/v1/audio/speech", json=body)
        assert len(answer.raise_for_status().content) > 10_000

    async def speak_nothing() -> None:
        answer = await http.post("/bare/speech", json={"text": SENTENCE})
        assert len(answer.raise_for_status().content) > 10_000

    return {
        "transcription": transcribe,
        "speech": lambda: speak("wav"),
        "speech, mp3": lambda: speak("mp3"),
        "bare Serve, speech": speak_nothing,
    }


async def measure(api_url: str, clients: list[int], requests: dict[str, int]) -> tuple[list[Measured], float]:
    """Measure server and libraries in turn under every number of clients."""
    rows: list[Measured] = []
    async with httpx.AsyncClient(base_url=api_url, timeout=300, limits=httpx.Limits(max_connections=64)) as http:
        with direct_calls(RECORDING, SENTENCE) as direct:
            calls = [(name, call, tree_cpu_s) for name, call in server_calls(http).items()]
            calls += [(f"direct {name}", call, own_cpu_s) for name, call in direct.items()]
            calls = [named for named in calls if _number(named[0], requests)]
            calls.sort(key=lambda named: "speech" in named[0])  # the ones compared one after the other
            for _, call, cpu_s in calls:
                await load("warm-up", call, 2, 4, cpu_s)
            idle = await idle_cpu_share()
            for count in clients:
                for name, call, cpu_s in calls:
                    rows.append(await load(name, call, count, max(count, _number(name, requests)), cpu_s))
    for row in rows:
        if not row.what.startswith("direct"):
            row.cpu_s = max(0.0, row.cpu_s - idle * row.wall_s)
    return rows, idle


def _number(what: str, requests: dict[str, int]) -> int:
    return next(number for kind, number in requests.items() if kind in what)


def summary(rows: list[Measured], clients: int) -> str:
    """Compare the server with the best direct setting and with a bare Serve application."""
    found = {row.what: row for row in rows if row.clients == clients}
    parts = []
    if ours := found.get("transcription"):
        best = max((row for row in found.values() if "direct transcription" in row.what), key=lambda row: row.per_s)
        share = f"{ours.per_s / best.per_s:.0%}"
        parts.append(f"transcription at {share} of the best direct one ({best.what.partition(', ')[2]})")
    if speech := found.get("speech"):
        direct, bare = found["direct speech"], found["bare Serve, speech"]
        parts.append(
            f"speech at {speech.per_s / direct.per_s:.0%} with {speech.cpu_ms - direct.cpu_ms:.1f} ms of CPU outside "
            f"the model, of which a bare Serve application without a model takes {bare.cpu_ms:.1f}"
        )
    return f"{clients} clients: {'; '.join(parts)}."


def report(rows: list[Measured], idle: float, path: Path | None) -> None:
    """Print the table and the comparisons."""
    table = Table("what", "clients", "requests/s", "p50 ms", "p95 ms", "CPU ms a request")
    for row in rows:
        ordered = sorted(row.latencies_s)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        figures = (f"{row.per_s:.2f}", f"{1e3 * statistics.median(ordered):.0f}", f"{1e3 * p95:.0f}")
        table.add_row(row.what, str(row.clients), *figures, f"{row.cpu_ms:.1f}")
    console = Console(width=120)
    console.print(table)
    for clients in sorted({row.clients for row in rows}):
        console.print(summary(rows, clients), highlight=False)
    load_1_min = os.getloadavg()[0]
    console.print(f"Load average {load_1_min:.1f} at the end; the idle system took {idle:.3f} s of CPU a second.")
    if path is not None:
        path.write_text(json.dumps({"rows": [asdict(row) for row in rows], "idle": idle, "load": load_1_min}, indent=1))


def main() -> None:
    """Start the system, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--transcriptions", type=int, default=8, help="at least, under each number of clients; 0 for none"
    )
    parser.add_argument("--speeches", type=int, default=60, help="at least, under each number of clients; 0 for none")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    requests = {"transcription": arguments.transcriptions, "speech": arguments.speeches}
    with local_system(MODELS, BARE) as api_url:
        rows, idle = asyncio.run(measure(api_url, arguments.clients, requests))
    report(rows, idle, arguments.json)


if __name__ == "__main__":
    main()
