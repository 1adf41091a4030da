"""Room for large bodies, shared by all requests."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deployments.api.edge.admission import SMALL_BYTES, Admission
from deployments.api.edge.request_ids import RequestIds

LARGE = bytes(SMALL_BYTES + 1)


class Server:
    """An application that answers when it is let go."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        data = await Request(scope, receive).body()
        self.begun.set()
        if data != b"small":
            await self.go_on.wait()
        await PlainTextResponse(f"{len(data)}")(scope, receive, send)


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    limited = RequestIds(Admission(server, 2 * SMALL_BYTES), answered_outside=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://localhost") as connection:
        yield connection


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield bytes(SMALL_BYTES // 2)


async def test_large_bodies_find_no_room_beside_others_and_small_ones_always_do(
    server: Server, client: httpx.AsyncClient
) -> None:
    first = asyncio.create_task(client.post("/", content=LARGE))
    await server.begun.wait()
    for refused in (await client.post("/", content=LARGE), await client.post("/", content=chunks())):
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "5"
        assert "receiving 1,048,577 bytes of other requests" in refused.json()["error"]["message"]
    assert (await client.post("/", content=b"small")).text == "5"
    server.go_on.set()
    assert (await first).text == str(len(LARGE))
    assert (await client.post("/", content=LARGE)).text == str(len(LARGE))


async def test_one_body_larger_than_the_room_is_taken_alone(server: Server, client: httpx.AsyncClient) -> None:
    server.go_on.set()
    assert (await client.post("/", content=bytes(3 * SMALL_BYTES))).text == str(3 * SMALL_BYTES)
