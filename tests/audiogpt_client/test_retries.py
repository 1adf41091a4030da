"""Calls that are sent again: against a real server that is busy, or hangs up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from audiogpt_client import AsyncAudioGPT, AudioGPT, ServerError, retries
from audiogpt_client.errors import seconds

RUN = {
    "id": "a" * 32,
    "tenant": "default",
    "session_id": None,
    "state": "queued",
    "cancel_requested": False,
    "last_sequence": 0,
    "created": 0.0,
    "updated": 0.0,
}
HANG_UP = b""


def answer(status: str, body: dict[str, Any], *headers: str) -> bytes:
    data = json.dumps(body).encode()
    head = "\r\n".join(
        (
            f"HTTP/1.1 {status}",
            "Content-Type: application/json",
            f"Content-Length: {len(data)}",
            *headers,
            "Connection: close",
        )
    )
    return head.encode() + b"\r\n\r\n" + data


def refused(status: str, *headers: str) -> bytes:
    return answer(status, {"error": {"type": "model_error", "code": "overloaded", "message": "Busy."}}, *headers)


BUSY = refused("503 Service Unavailable", "Retry-After: 0")
TAKEN = refused("409 Conflict", "Retry-After: 0")
DONE = answer("202 Accepted", RUN)


class Server:
    """Gives prepared answers, one a connection, and notes the key of every request."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.keys: list[str | None] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
        await reader.readexactly(int(fields.get("content-length", 0)))
        self.keys.append(fields.get("idempotency-key"))
        writer.write(self.answers.pop(0))
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield server
    listening.close()


@pytest.fixture(params=["asyncio", "blocking"])
def start(request: pytest.FixtureRequest, server: Server) -> Callable[[], Any]:
    """Start a run with either client."""

    async def asynchronously() -> Any:
        async with AsyncAudioGPT(server.url) as client:
            return await client.start_run("hello")

    def blocking() -> Any:
        with AudioGPT(server.url) as client:
            return client.start_run("hello")

    return asynchronously if request.param == "asyncio" else lambda: asyncio.to_thread(blocking)


@pytest.mark.parametrize("before", [[BUSY, BUSY], [TAKEN], [HANG_UP], [BUSY, HANG_UP, TAKEN]])
async def test_a_call_is_sent_again_under_its_key(
    server: Server, start: Callable[[], Any], before: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "PAUSE_S", 0.0)
    server.answers = [*before, DONE]
    assert (await start()).id == RUN["id"]
    assert len(server.keys) == len(before) + 1
    assert len(set(server.keys)) == 1
    assert server.keys[0]


async def test_two_calls_have_two_keys(server: Server, start: Callable[[], Any]) -> None:
    server.answers = [DONE, DONE]
    await start()
    await start()
    assert len(set(server.keys)) == 2


@pytest.mark.parametrize(
    "last",
    [refused("503 Service Unavailable"), refused("503 Service Unavailable", "Retry-After: 3600"), refused("500 Oh")],
)
async def test_what_waiting_does_not_mend_is_told_at_once(
    server: Server, start: Callable[[], Any], last: bytes
) -> None:
    server.answers = [last]
    with pytest.raises(ServerError, match="Busy"):
        await start()


async def test_a_server_that_stays_busy_is_told_in_the_end(server: Server, start: Callable[[], Any]) -> None:
    server.answers = [BUSY] * retries.ATTEMPTS
    with pytest.raises(ServerError) as error:
        await start()
    assert error.value.status == 503
    assert server.answers == []


async def test_what_changes_something_without_a_key_is_sent_once(server: Server) -> None:
    server.answers = [BUSY]
    async with AsyncAudioGPT(server.url) as client:
        with pytest.raises(ServerError):
            await client.cancel_run("a" * 32)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("3", 3.0), ("0", 0.0), ("Wed, 21 Oct 2026", None), ("-1", None), ("inf", None), (None, None)],
)
def test_the_time_to_wait_is_read(header: str | None, wanted: float | None) -> None:
    assert seconds(header) == wanted
