"""What a key opened ends with it, whichever kind of connection it is."""

import asyncio
import json
from typing import Any

import pytest

from deployments.api.edge import authentication
from deployments.api.services import Services
from router.tenants.door import FRESH_S
from router.tenants.keys import Key
from tests.deployments.api.test_authentication import Guarded, clock, guarded
from tests.deployments.websockets import connected
from tests.router.dispatching import LONG_S
from tests.router.models import STARTED

__all__ = ["clock", "guarded"]

WAIT = {"text": "wait", "stream": True}
MESSAGES = {"model": "audiogpt", "messages": [{"role": "user", "content": "wait"}], "stream": True}
TOOL = {"name": "speech-translation", "arguments": {"text": "x", "target_language": "es"}}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": TOOL}


class Opened:
    """One request whose answer goes on until somebody ends it."""

    def __init__(self, guarded: Guarded, key: Key, method: str, path: str, body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self._incoming = [{"type": "http.request", "body": content, "more_body": False}]
        self.began = asyncio.Event()
        self.status = 0
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path.partition("?")[0],
            "raw_path": path.partition("?")[0].encode(),
            "query_string": path.partition("?")[2].encode(),
            "root_path": "",
            "server": ("test", 80),
            "client": ("test", 1),
            "headers": [
                (b"host", b"localhost"),
                (b"content-type", b"application/json"),
                (b"accept", b"application/json, text/event-stream"),
                (b"authorization", f"Bearer {key.text}".encode()),
            ],
            "state": {},
        }
        self.task = asyncio.create_task(guarded.app(scope, self._receive, self._send))  # type: ignore[arg-type]

    async def _receive(self) -> dict[str, Any]:
        if self._incoming:
            return self._incoming.pop(0)
        await asyncio.Event().wait()  # the caller stays
        raise AssertionError

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.began.set()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "LOOK_AGAIN_S", 0.01)
    STARTED["api"].clear()


def test_the_bounds_are_those_that_are_promised() -> None:
    assert FRESH_S <= 10.0
    assert authentication.LOOK_AGAIN_S <= 15.0


@pytest.mark.parametrize("how", ["revoked", "rotated"])
@pytest.mark.parametrize("kind", ["chat", "completion", "run", "mcp"])
async def test_a_stream_ends_with_its_key(guarded: Guarded, services: Services, kind: str, how: str) -> None:
    key = guarded.key("ann")
    async with guarded.app.router.lifespan_context(guarded.app):
        opened = await _opened(guarded, key, kind)
        assert opened.status == 200
        await _end(guarded, key, how)
        async with asyncio.timeout(LONG_S):
            await asyncio.wait({opened.task})
        async with guarded.client(key) as ann:
            assert (await ann.get("/v1/tasks")).status_code == 401


async def test_a_stream_goes_on_while_another_key_of_its_tenant_is_revoked(guarded: Guarded) -> None:
    key, other = guarded.key("ann"), guarded.key("ann")
    opened = await _opened(guarded, key, "chat")
    await _end(guarded, other, "revoked")
    async with guarded.client(key) as ann:
        for _ in range(3):
            assert (await ann.get("/v1/tasks")).status_code == 200
    assert not opened.task.done()
    opened.task.cancel()
    await asyncio.wait({opened.task})


@pytest.mark.parametrize("how", ["revoked", "rotated"])
async def test_a_socket_is_closed_with_its_key(guarded: Guarded, how: str) -> None:
    key = guarded.key("ann")
    async with connected(guarded.app, "/v1/realtime", "realtime", f"openai-insecure-api-key.{key.text}") as connection:
        assert (await connection.receive())["type"] == "session.created"
        await _end(guarded, key, how)
        while (message := await connection.receive())["type"] != "websocket.close":
            pass
        assert message["code"] == 1008


async def _opened(guarded: Guarded, key: Key, kind: str) -> Opened:
    if kind == "run":
        async with guarded.client(key) as ann:
            run = (await ann.post("/v1/runs", json={"text": "wait"})).json()["id"]
        opened = Opened(guarded, key, "GET", f"/v1/runs/{run}/events?stream=true")
    elif kind == "mcp":
        opened = Opened(guarded, key, "POST", "/mcp", CALL)
    elif kind == "chat":
        opened = Opened(guarded, key, "POST", "/v1/chat", WAIT)
    else:
        opened = Opened(guarded, key, "POST", "/v1/chat/completions", MESSAGES)
    async with asyncio.timeout(LONG_S):
        await opened.began.wait()
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    return opened


async def _end(guarded: Guarded, key: Key, how: str) -> None:
    """Let a key work no more, by revoking it or by the end of the time it had beside its successor."""
    change = guarded.store.revoke if how == "revoked" else lambda key_id: guarded.store.rotate(key_id, 0.0)
    await asyncio.to_thread(change, key.id)
    guarded.clock.now += FRESH_S
