"""What models cost that are not loaded: a chain over three of them, and one that a loaded model could stand in for.

Usage: python -m benchmarks.latency.cold_chain
"""

import tempfile
import time
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.local_system import local_system

LOAD_S, TOO_LONG_S = 8.0, 60.0
TIMEOUT_S = 20.0
WRAPPER = "tests.integration.counted:Repeater"
COLD = ("first", "second", "third")


def main() -> None:
    """Start the system with its models at zero, ask, and print how long the answers took."""
    with tempfile.TemporaryDirectory() as folder:
        models = [_model(name, folder, LOAD_S, replicas=0) for name in COLD]
        models += [_model("slow", folder, TOO_LONG_S, replicas=0), _model("fallback", folder, 0.0, replicas=1)]
        with local_system(models) as api_url:
            texts: list[Any] = ["x", {"from": "s1.text"}, {"from": "s2.text"}]
            chain = [_step(n, text, model) for n, (text, model) in enumerate(zip(texts, COLD, strict=True), 1)]
            rows = [  # the chain comes last: it leaves its models loaded
                (
                    f"a preferred model that loads in {TOO_LONG_S:.0f} s, one loaded, {TIMEOUT_S:.0f} s to answer",
                    *_ask(api_url, [_step(1, "y", "slow")], timeout_s=TIMEOUT_S),
                ),
                (
                    f"three models that load in {LOAD_S:.0f} s each, one after the other in a plan",
                    *_ask(api_url, chain),
                ),
            ]
    table = Table("asked of", "answered by", "s")
    for what, models_used, took_s in rows:
        table.add_row(what, models_used, f"{took_s:.1f}")
    Console(width=140).print(table)


def _ask(api_url: str, steps: list[dict[str, Any]], **fields: Any) -> tuple[str, float]:
    began = time.perf_counter()
    answer = httpx.post(f"{api_url}/v1/chat", json={"plan": {"steps": steps}, **fields}, timeout=120).raise_for_status()
    took_s = time.perf_counter() - began
    results = answer.json()["results"]
    assert all(result["state"] == "done" for result in results), results
    return ", ".join(result["model"] for result in results), took_s


def _model(name: str, folder: str, load_s: float, *, replicas: int) -> dict[str, Any]:
    args = {"folder": folder, "load_s": load_s, "work_s": 0.0}
    return {"id": name, "wrapper": WRAPPER, "min_replicas": replicas, "args": args}


def _step(number: int, text: Any, model: str) -> dict[str, Any]:
    arguments = {"text": text, "target_language": "es"}
    return {"id": f"s{number}", "task": "speech-translation", "arguments": arguments, "model": model}


if __name__ == "__main__":
    main()
