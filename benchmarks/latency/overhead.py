"""What the system costs on top of the models: HTTP, one task, and a chain of no-op models, side by side in one run.

Usage: python -m benchmarks.latency.overhead [--rounds 200] [--json FILE]
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from starlette.requests import Request

from benchmarks.local_system import local_system

MODELS = (
    {"id": "noop", "wrapper": "tests.router.models:Echo", "max_queue": 64},
    {"id": "hibari", "wrapper": "model_wrappers.embedded.hibari:Hibari"},
)
STEPS = 8
SENTENCE = "The quick brown fox jumps over the lazy dog."
WARM_UP = 20


class Chains:
    """Runs the same no-op calls bare and as a plan, inside one replica."""

    async def __init__(self) -> None:  # type: ignore[misc]  # Serve awaits constructors
        """Prepare the handles and the executor as the ingress does."""
        from deployments.serve.discovery import fetch_details, read_catalog
        from deployments.serve.handles import RayDispatcher
        from router.artifacts.store import ArtifactStore
        from router.execution.executor import Executor
        from router.settings import Settings

        self._catalog = read_catalog(await fetch_details())
        self._dispatcher = RayDispatcher()
        artifacts = ArtifactStore.from_settings(Settings.from_environment())
        self._executor = Executor(self._dispatcher, artifacts, lambda: self._catalog)

    async def __call__(self, request: Request) -> dict[str, list[float]]:
        """Measure as many rounds as the query asks for."""
        return await self.measure(int(request.query_params["rounds"]))

    async def measure(self, rounds: int) -> dict[str, list[float]]:
        """Return seconds per chain, bare and planned, measured in turn."""
        found: dict[str, list[float]] = {"handles": [], "plan": []}
        for kind, run in (("handles", self._handles), ("plan", self._plan)) * (WARM_UP + rounds):
            found[kind].append(await _timed(run))
        return {kind: values[WARM_UP:] for kind, values in found.items()}

    async def _handles(self) -> None:
        from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
        from router.calls import ModelCall

        entry = self._catalog.get("noop")
        text = "x"
        for _ in range(STEPS):
            request = SpeechTranslationRequest(text=text, target_language="es")
            handle = self._dispatcher._handle(entry)
            answer: Any = await handle.run.remote(ModelCall("speech-translation", request, _scope()))
            text = answer.response.text

    async def _plan(self) -> None:
        from llm_planner.plans.plan import Plan, Step

        steps = []
        for i in range(STEPS):
            text: Any = {"from": f"s{i - 1}.text"} if i else "x"
            steps.append(Step(id=f"s{i}", task="speech-translation", arguments={"text": text, "target_language": "es"}))
        results = await self._executor.execute(Plan(steps=tuple(steps)), _scope())
        assert all(result.state == "done" for result in results), results


def _scope() -> Any:
    from router.principal import Principal
    from router.scope import Scope

    return Scope.lasting(60.0, Principal("default"), "")


async def _timed(run: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await run()
    return time.perf_counter() - began


def measure_chains(api_url: str, rounds: int) -> dict[str, list[float]]:
    """Measure the chains in a replica of their own."""
    from ray import serve

    deployment = serve.deployment(name="chains")(Chains).options(ray_actor_options={"num_cpus": 0})
    serve.run(deployment.bind(), name="chains", route_prefix="/chains")
    time.sleep(2)  # until the proxy knows the route
    answer = httpx.get(f"{api_url}/chains", params={"rounds": rounds}, timeout=600)
    found: dict[str, list[float]] = answer.raise_for_status().json()
    return found


def measure_http(api_url: str, rounds: int) -> dict[str, list[float]]:
    """Measure the HTTP no-op, one no-op task, speech over HTTP and speech by the bare library, in turn."""
    from hibari import Hibari

    library = Hibari()
    with httpx.Client(base_url=api_url, timeout=60) as http:
        noop = {"text": "x", "target_language": "es"}
        calls: dict[str, Callable[[], Any]] = {
            "GET /healthz": lambda: http.get("/healthz").raise_for_status(),
            "POST /v1/tasks, no-op": lambda: http.post("/v1/tasks/speech-translation", json=noop).raise_for_status(),
            "POST /v1/tasks, speech": lambda: http.post(
                "/v1/tasks/text-to-speech", json={"text": SENTENCE}
            ).raise_for_status(),
            "Hibari, bare": lambda: library(SENTENCE, seed=0),
        }
        found: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(WARM_UP + rounds):
            for name, call in calls.items():
                began = time.perf_counter()
                call()
                found[name].append(time.perf_counter() - began)
    return {name: values[WARM_UP:] for name, values in found.items()}


def main() -> None:
    """Start the system, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with local_system(MODELS) as api_url:
        http = measure_http(api_url, arguments.rounds)
        chains = measure_chains(api_url, arguments.rounds)
    report(http, chains, arguments.json)


def report(http: dict[str, list[float]], chains: dict[str, list[float]], path: Path | None) -> None:
    """Print medians and 95th percentiles in milliseconds, and the two differences that matter."""
    rows = {**http, f"{STEPS} handle calls": chains["handles"], f"{STEPS}-step plan": chains["plan"]}
    table = Table("what", "p50 ms", "p95 ms")
    for name, values in rows.items():
        table.add_row(name, f"{1e3 * statistics.median(values):.2f}", f"{1e3 * _percentile(values, 0.95):.2f}")
    console = Console()
    console.print(table)
    per_step = statistics.median(p - h for p, h in zip(chains["plan"], chains["handles"], strict=True)) / STEPS
    over = statistics.median(a - b for a, b in zip(http["POST /v1/tasks, speech"], http["Hibari, bare"], strict=True))
    console.print(f"A step of the plan costs {1e3 * per_step:.2f} ms above its handle call (aim: 1 ms).")
    console.print(f"Speech over HTTP takes {1e3 * over:.1f} ms more than the bare library (aim: 15 ms).")
    if path is not None:
        summary = {"step_over_handle_ms": 1e3 * per_step, "speech_over_library_ms": 1e3 * over, "load": os.getloadavg()}
        path.write_text(json.dumps({"seconds": rows, **summary}, indent=1))


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    main()
