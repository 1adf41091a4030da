"""A WebSocket client for an application in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

PATIENCE_S = 60.0  # more than any of these tests takes


class Connection:
    """Speaks the ASGI protocol of one connection."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.listening = asyncio.Event()  # while it is not set, whoever sends has to wait
        self.listening.set()
        self.kept_waiting = asyncio.Semaphore(0)  # released whenever somebody has to

    async def take(self, message: dict[str, Any]) -> None:
        """Take what the application sends."""
        if not self.listening.is_set():
            self.kept_waiting.release()
        await self.listening.wait()
        await self.from_app.put(message)

    async def send(self, **event: Any) -> None:
        await self.to_app.put({"type": "websocket.receive", "text": json.dumps(event)})

    async def receive(self) -> dict[str, Any]:
        """Return the next event, or the closing of the connection."""
        message = await asyncio.wait_for(self.from_app.get(), PATIENCE_S)
        return json.loads(message["text"]) if "text" in message else message

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """Return the events up to the first of a type."""
        events = [await self.receive()]
        while events[-1]["type"] != kind:
            assert events[-1]["type"] != "websocket.close", f"closed before '{kind}'"
            events.append(await self.receive())
        return events


@asynccontextmanager
async def connected(
    app: FastAPI, url: str, *subprotocols: str, headers: Sequence[tuple[bytes, bytes]] = ()
) -> AsyncIterator[Connection]:
    """Connect to a path; the application must accept."""
    scope = websocket_scope(url, subprotocols, headers)
    connection = Connection()
    await connection.to_app.put({"type": "websocket.connect"})
    running = asyncio.create_task(app(scope, connection.to_app.get, connection.take))  # type: ignore[arg-type]
    accepted = await connection.receive()
    assert accepted["type"] == "websocket.accept"
    assert accepted.get("subprotocol") == (subprotocols[0] if subprotocols else None)
    try:
        yield connection
    finally:
        await connection.to_app.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(running, PATIENCE_S)


def websocket_scope(
    url: str, subprotocols: Sequence[str] = (), headers: Sequence[tuple[bytes, bytes]] = ()
) -> dict[str, Any]:
    """Return what a server tells an application of a connection."""
    parts = urlsplit(url)
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "scheme": "ws",
        "server": ("test", 80),
        "client": ("test", 1),
        "headers": [(b"host", b"localhost"), *headers],
        "subprotocols": list(subprotocols),
        "state": {},
    }
