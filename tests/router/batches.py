"""A micro-batcher over a `run_batch` that a test holds and watches."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from model_wrappers.contract.base import RunContext
from router.replica.batching import Batched, MicroBatcher
from tests.router.dispatching import LONG_S, TENANT, scope
from tests.router.models import echo_request, translated


class Model:
    """A `run_batch` that holds every batch until it is let go, and keeps what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.started = threading.Semaphore(0)
        self.free = threading.Event()
        self.contexts: list[RunContext] = []

    def __call__(self, requests: Sequence[Any], context: RunContext) -> list[Any]:
        self.batches.append([request.text for request in requests])
        self.contexts.append(context)
        self.started.release()
        assert self.free.wait(LONG_S)
        return [translated(request, request.text) for request in requests]

    async def has_started(self) -> None:
        assert await asyncio.to_thread(self.started.acquire, timeout=LONG_S)


@asynccontextmanager
async def batching(run_batch: Callable[..., Any], **options: Any) -> AsyncIterator[MicroBatcher]:
    """Give a batcher with threads of its own, and close it."""
    threads = ThreadPoolExecutor(options.get("workers", 1))
    batcher = MicroBatcher(run_batch, threads, name="m", **options)
    try:
        yield batcher
    finally:
        if isinstance(run_batch, Model):
            run_batch.free.set()
        await batcher.close(LONG_S)
        threads.shutdown()


def submit(batcher: MicroBatcher, text: str, *, group: object = None, **options: Any) -> asyncio.Task[Batched]:
    """Send a request without waiting for its answer."""
    within = scope(options.pop("timeout_s", LONG_S), options.pop("tenant", TENANT), request_id=f"id-{text}")
    request = echo_request(text)

    async def ask() -> Batched:
        with batcher.place("speech-translation", request, within) as turn:
            return await batcher.submit(request, within, turn, group=group, **options)

    return asyncio.create_task(ask())


def texts(answers: Sequence[Batched]) -> list[str]:
    return [answer.response.text for answer in answers]  # type: ignore[attr-defined]
