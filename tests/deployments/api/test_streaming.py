"""A caller who leaves leaves nothing running, however the server learns of it."""

import asyncio
import json
from typing import Any

import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from tests.router.dispatching import LONG_S
from tests.router.models import GATES, STARTED, STOPPED, spec

CHAT = {"text": "wait"}
COMPLETION = {"model": "audiogpt", "messages": [{"role": "user", "content": "wait"}]}


def scope(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "headers": [(b"content-type", b"application/json"), (b"host", b"localhost")],
    }


class Caller:
    """Sends one request and stays until told to leave."""

    def __init__(self, body: dict[str, Any], leaves_at: bytes = b"") -> None:
        self._leaves_at = leaves_at
        self._messages = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]
        self.left = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Take a part of the answer, unless it is the one to leave at."""
        if self._leaves_at and self._leaves_at in message.get("body", b""):
            self.left.set()
            await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat", {**CHAT, "stream": True}),
        ("/v1/chat", CHAT),
        ("/v1/chat/completions", {**COMPLETION, "stream": True}),
        ("/v1/chat/completions", COMPLETION),
    ],
    ids=["chat-stream", "chat", "completion-stream", "completion"],
)
@pytest.mark.parametrize("way", ["told", "cancelled", "cancelled-twice"])
async def test_caller_who_leaves_leaves_no_work_and_no_task(
    services: Services, path: str, body: dict[str, Any], way: str
) -> None:
    STARTED["api"].clear()
    STOPPED["api"].clear()
    caller, app, before = Caller(body), create_app(services), asyncio.all_tasks()
    request = asyncio.create_task(app(scope(path), caller.receive, caller.send))  # type: ignore[arg-type]
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    kept = {task for task in asyncio.all_tasks() - before if "MicroBatcher" in repr(task)}  # as long as the thread runs
    if way == "told":
        caller.left.set()
    else:
        request.cancel()
    if way == "cancelled-twice":
        await asyncio.sleep(0)
        request.cancel()
    await asyncio.wait({request})
    assert asyncio.all_tasks() - before - kept == set()
    assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)


@pytest.mark.parametrize("specs", [[spec("dripper", "Dripper", name="leaving")]])
async def test_caller_who_leaves_as_the_answer_begins_to_be_spoken_stops_the_voice(services: Services) -> None:
    GATES["leaving"].set()
    spoken = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}, "stream": True}
    messages = [{"role": "user", "content": "word " * 500}]
    caller = Caller({**COMPLETION, **spoken, "messages": messages}, leaves_at=b'"transcript"')
    app, before = create_app(services), asyncio.all_tasks()
    await app(scope("/v1/chat/completions"), caller.receive, caller.send)  # type: ignore[arg-type]
    assert {task for task in asyncio.all_tasks() - before if "MicroBatcher" not in repr(task)} == set()
    assert await asyncio.to_thread(STOPPED["leaving"].wait, LONG_S)
