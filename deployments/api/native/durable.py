"""Runs as their callers see them: followed event by event, or waited for."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi.responses import JSONResponse, Response

from deployments.api.services import Services
from deployments.api.streaming import KEEP_ALIVE, GeneratedResponse, format_event
from model_wrappers.contract.errors import ModelLost
from router.events import Failed, Replied, RunInfo
from router.turn.background import queue_run
from router.turn.conversation import Message

QUIET_S = 15.0  # before a comment keeps the connection alive
RUN_ID = "X-Run-Id"  # header that names the run behind a chat


async def follow_run(run_id: str, tenant: str, after: int, services: Services) -> AsyncGenerator[str | bytes, None]:
    """Yield the events of a run after a number as server-sent events, until it ends."""
    async with aclosing(services.feed.follow(run_id, tenant, after=after, quiet_s=QUIET_S)) as news:
        async for item in news:
            yield KEEP_ALIVE if item is None else format_event(item.event, item.sequence)


async def chat_durably(message: Message, services: Services, *, stream: bool) -> Response:
    """Answer a message by a run, which goes on if its caller leaves or this process ends."""
    run = await queue_run(message, services.runs, services.sessions)
    tenant, headers = message.scope.tenant, {RUN_ID: run.id}
    if stream:
        return GeneratedResponse(follow_run(run.id, tenant, 0, services), "text/event-stream", headers)
    replied = await _end(run, tenant, services)
    return JSONResponse(replied.model_dump(mode="json", by_alias=True), headers=headers)


async def _end(run: RunInfo, tenant: str, services: Services) -> Replied:
    """Return how a run ended.

    Raises:
        AudioGPTError: As which it failed.
    """
    async with aclosing(services.feed.follow(run.id, tenant, quiet_s=QUIET_S)) as news:
        async for item in news:
            if item is not None and isinstance(item.event, Replied):
                return item.event
            if item is not None and isinstance(item.event, Failed):
                raise item.event.error.error()
    raise ModelLost(f"Run '{run.id}' ended without an answer.")
