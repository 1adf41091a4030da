"""Answers that are sent while they are made, in OpenAI's form of server-sent events or as bytes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pydantic import BaseModel

DONE = "data: [DONE]\n\n"


async def begun(parts: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """Await the first part, so that an error before it still has a status of its own, and return all of them."""
    first = await anext(parts, None)

    async def all_parts() -> AsyncGenerator[Any, None]:
        async with aclosing(parts):
            if first is not None:
                yield first
            async for part in parts:
                yield part

    return all_parts()


def data_line(event: BaseModel) -> str:
    """Return an event without a name, as OpenAI sends them; fields that are None are left out."""
    return f"data: {event.model_dump_json(exclude_none=True)}\n\n"


async def data_lines(events: AsyncGenerator[Any, None]) -> AsyncGenerator[str | bytes, None]:
    """Yield events as lines; closing the iterator closes theirs."""
    async with aclosing(events):
        async for event in events:
            yield data_line(event)
