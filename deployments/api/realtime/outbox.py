"""Events on their way to a client, in order, without letting a slow one fill the memory."""

import asyncio
import json
import uuid
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

SEND_TIMEOUT_S = 20.0


class Outbox:
    """Sends events one at a time."""

    def __init__(self, websocket: WebSocket) -> None:
        """Write to an accepted connection."""
        self._websocket = websocket
        self._turn = asyncio.Lock()

    async def send(self, kind: str, **fields: Any) -> None:
        """Send an event, waiting for a client that reads slowly, for at most `SEND_TIMEOUT_S` seconds.

        Raises:
            TimeoutError: If it does not read.
            WebSocketDisconnect: If it is gone.
        """
        event = {"type": kind, "event_id": new_id("event"), **fields}
        text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        async with asyncio.timeout(SEND_TIMEOUT_S), self._turn:
            if self._websocket.application_state is not WebSocketState.CONNECTED:
                raise WebSocketDisconnect
            await self._websocket.send_text(text)

    async def close(self, code: int, reason: str | None = None) -> None:
        """Close the connection; raises what `send` raises."""
        async with asyncio.timeout(SEND_TIMEOUT_S), self._turn:
            if self._websocket.application_state is not WebSocketState.CONNECTED:
                raise WebSocketDisconnect
            await self._websocket.close(code, reason)


def new_id(kind: str) -> str:
    """Return an id of OpenAI's form, e.g. `item_3f...`."""
    return f"{kind}_{uuid.uuid4().hex[:24]}"
