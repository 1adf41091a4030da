"""Followers miss nothing when the process they follow through goes away."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from audiogpt_client import AsyncAudioGPT, ServerError, async_client, client
from llm_planner.plans.plan import Chat
from llm_planner.plans.results import ErrorInfo
from router.events import Failed, Replied, StepProgress
from tests.audiogpt_client.test_clients import Blocking

REPLY = Replied(session_id="a" * 32, turn=0, text="Hello", outcome=Chat(reply="Hello"))
RUN = {"id": "r1", "tenant": "default", "session_id": None, "state": "queued", "cancel_requested": False}
RUN |= {"last_sequence": 0, "created": 0.0, "updated": 0.0}
TOLD = [*(StepProgress(step="s1", fraction=number / 10) for number in range(1, 6)), REPLY]

Answer = Callable[[str], bytes]


def plain(status: int, body: Any, *headers: str) -> bytes:
    content = json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


def busy(head: str) -> bytes:
    body = {"error": {"type": "model_error", "code": "model_unavailable", "message": "Ask again."}}
    return plain(503, body, "Retry-After: 0")


def nothing(head: str) -> bytes:
    """A process that dies before it answers."""
    return b""


def stream(first: int, last: int) -> Answer:
    """Some of the events, and then a broken connection unless the reply is one of them."""
    lines = [f"id: {n}\nevent: x\ndata: {TOLD[n - 1].model_dump_json()}\n\n" for n in range(first, last + 1)]
    return lambda head: b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + "".join(lines).encode()


@asynccontextmanager
async def answering(*answers: Answer) -> AsyncIterator[tuple[str, list[str]]]:
    """Answer one connection after the other, and give the address and the heads of the requests."""
    left, heads = list(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(left.pop(0)(heads[-1]))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


@pytest.fixture(params=[AsyncAudioGPT, Blocking])
def connect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    for module in (client, async_client):
        monkeypatch.setattr(module, "PAUSE_S", 0.01)
    return request.param


async def test_a_follower_goes_on_where_its_connection_broke(connect: Callable[[str], Any]) -> None:
    seen: list[Any] = []
    async with answering(stream(1, 2), busy, stream(3, 3), stream(4, 3), stream(4, 6)) as (url, heads):
        assert await connect(url).follow_run("r1", on_event=seen.append) == REPLY
    assert seen == TOLD
    assert [head.split("after=")[1].split(" ")[0] for head in heads] == ["0", "2", "2", "3", "3"]


async def test_a_durable_chat_is_a_run_that_is_followed(connect: Callable[[str], Any]) -> None:
    async with answering(lambda head: plain(202, RUN), stream(1, 3), stream(4, 6)) as (url, heads):
        assert await connect(url).chat("hello", durable=True) == REPLY
    assert heads[0].startswith("POST /v1/runs ")


async def test_a_run_that_fails_is_not_asked_for_again(connect: Callable[[str], Any]) -> None:
    failed = Failed(error=ErrorInfo(type="model_error", code="model_lost", message="It is given up."))
    told = f"id: 1\nevent: failed\ndata: {failed.model_dump_json()}\n\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    async with answering(lambda _: head + told.encode()) as (url, heads):
        with pytest.raises(ServerError, match="given up"):
            await connect(url).follow_run("r1")
    assert len(heads) == 1
