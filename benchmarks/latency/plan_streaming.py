"""Time to the first running step against time to the whole plan, with an LLM that writes 40 tokens a second.

The LLM is a server of this script that streams a plan of eight steps at that pace; everything else is the real system:
HTTP API, planner, executor and a model's replica. Both times come from the same requests.

Usage: python -m benchmarks.latency.plan_streaming [--rounds 10] [--json FILE]
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from rich.console import Console
from rich.table import Table

from audiogpt_client import AudioGPT
from benchmarks.local_system import local_system
from router.events import Event

LLM_PORT = 18_442
MODELS = ({"id": "noop", "wrapper": "tests.router.models:Echo"},)
TOKENS_PER_S = 40.0
STEPS = 8
TOKEN = re.compile(r"\w{1,8}|\W{1,4}")  # about as many pieces as a byte-pair tokenizer makes of JSON


def plan_text() -> str:
    """Return a chain of no-op steps as an LLM writes it."""
    steps = []
    for i in range(STEPS):
        text: Any = {"from": f"s{i - 1}.text"} if i else "Good morning, everybody."
        arguments = {"text": text, "target_language": "es"}
        steps.append({"id": f"s{i}", "task": "speech-translation", "arguments": arguments})
    return json.dumps({"outcome": {"kind": "plan", "plan": {"steps": steps}}})


def llm() -> FastAPI:
    """Build an OpenAI-compatible server: probes and replies at once, plans token by token."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Any:
        body = await request.json()
        if body.get("stream"):
            return StreamingResponse(_tokens(plan_text()), media_type="text/event-stream")
        content = '{"probe": "ready"}' if "response_format" in body else "Done."
        return JSONResponse(_completion("message", {"role": "assistant", "content": content}, "stop"))

    return app


async def _tokens(text: str) -> Any:
    begun = time.monotonic()
    for number, token in enumerate(TOKEN.findall(text), 1):
        await asyncio.sleep(max(0.0, begun + number / TOKENS_PER_S - time.monotonic()))
        yield f"data: {json.dumps(_completion('delta', {'content': token}, None))}\n\n"
    yield f"data: {json.dumps(_completion('delta', {}, 'stop'))}\n\ndata: [DONE]\n\n"


def _completion(key: str, content: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, key: content, "finish_reason": finish_reason}
    kind = "chat.completion" if key == "message" else "chat.completion.chunk"
    return {"id": "c", "object": kind, "created": 1, "model": "paced", "choices": [choice]}


@contextmanager
def serving_llm() -> Iterator[str]:
    """Serve the LLM in a thread and return its base URL."""
    server = uvicorn.Server(uvicorn.Config(llm(), host="127.0.0.1", port=LLM_PORT, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{LLM_PORT}/v1"
    finally:
        server.should_exit = True
        thread.join()


def measure(client: AudioGPT) -> dict[str, float]:
    """Send one request and return the seconds until its first events and its reply."""
    begun = time.perf_counter()
    at: dict[str, float] = {}

    def note(event: Event) -> None:
        at.setdefault(event.type, time.perf_counter() - begun)

    reply = client.chat("Translate it again and again", on_event=note)
    assert [result.state for result in reply.results] == ["done"] * STEPS, reply
    return {
        "first step running": at["step_started"],
        "first step done": at["step_ended"],
        "whole plan": at["planned"],
        "reply": time.perf_counter() - begun,
    }


def main() -> None:
    """Start the system, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with serving_llm() as base_url:
        os.environ |= {"AUDIOGPT_LLM_BASE_URL": base_url, "AUDIOGPT_LLM_MODEL": "paced"}
        with local_system(MODELS) as api_url, AudioGPT(api_url) as client:
            measure(client)  # the first request also asks how the LLM is to be asked
            rounds = [measure(client) for _ in range(arguments.rounds)]
    report(rounds, arguments.json)


def report(rounds: list[dict[str, float]], path: Path | None) -> None:
    """Print medians and extremes in seconds."""
    tokens = len(TOKEN.findall(plan_text()))
    table = Table("after the request", "median s", "least s", "most s")
    for name in rounds[0]:
        values = [times[name] for times in rounds]
        table.add_row(name, *(f"{value:.2f}" for value in (statistics.median(values), min(values), max(values))))
    console = Console()
    console.print(f"A plan of {STEPS} steps in {tokens} tokens at {TOKENS_PER_S:g} tokens/s, {len(rounds)} requests.")
    console.print(table)
    if path is not None:
        path.write_text(json.dumps({"tokens": tokens, "seconds": rounds, "load": os.getloadavg()}, indent=1))


if __name__ == "__main__":
    main()
