"""Work whose events are sent while it goes on, and work that stops when its caller leaves."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from llm_planner.plans.results import ErrorInfo
from model_wrappers.contract.errors import AudioGPTError, Cancelled
from router.events import Event, Failed
from router.following import follow

ResultT = TypeVar("ResultT")

NO_STORE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
KEEP_ALIVE_S = 15.0
KEEP_ALIVE = ": keep-alive\n\n"
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, or its events as they happen", "content": {"text/event-stream": {}}}
}
MAX_WAITING_EVENTS = 10_000  # more than two plans of 32 steps tell, each by the hundredth


async def until_disconnected(request: Request, work: Awaitable[ResultT]) -> ResultT:
    """Await work, and cancel it as soon as the caller has gone.

    Raises:
        Cancelled: If the caller went away; nobody reads the answer then.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Cancelled("The caller closed the connection.")
        return task.result()
    finally:
        watch.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class GeneratedResponse(StreamingResponse):
    """Sends what a generator yields, and closes it as soon as the caller is gone."""

    def __init__(
        self, content: AsyncGenerator[str | bytes, None], media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Take the generator; its work ends with this answer."""
        super().__init__(content, media_type=media_type, headers={**NO_STORE, **(headers or {})})
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        async with aclosing(self._content):
            await super().__call__(scope, receive, send)


def event_stream(work: Callable[[Callable[[Event], None]], Coroutine[Any, Any, Event]]) -> GeneratedResponse:
    """Answer with server-sent events: what `work` emits, then what it returns or why it failed.

    Args:
        work: Called with the function to emit events with; cancelled when the caller leaves.
    """
    return GeneratedResponse(_lines(work), "text/event-stream")


async def _lines(
    work: Callable[[Callable[[Event], None]], Coroutine[Any, Any, Event]],
) -> AsyncGenerator[str | bytes, None]:
    try:
        async with aclosing(follow(work, max_waiting=MAX_WAITING_EVENTS, quiet_s=KEEP_ALIVE_S)) as events:
            async for event in events:
                yield KEEP_ALIVE if event is None else format_event(event)
    except AudioGPTError as exc:
        yield format_event(Failed(error=ErrorInfo.of(exc)))


def format_event(event: Event, number: int | None = None) -> str:
    """Return an event in the server-sent events format.

    Args:
        event: The event; its `type` becomes the event's name.
        number: Position in a stored run, sent as the event's id.
    """
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {event.type}\ndata: {event.model_dump_json(by_alias=True)}\n\n"
