"""Limits at the edge: refused in the shape of each API, and told in headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx

from deployments.api.app import create_app
from deployments.api.services import Services
from router.principal import TenantLimits
from router.tenants.door import Door
from router.tenants.store import TenantStore
from tests.deployments.sounds import wav
from tests.deployments.websockets import connected, websocket_scope
from tests.router.dispatching import LONG_S


@asynccontextmanager
async def client_of(services: Services, **limits: int) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with the key of a tenant that has limits."""
    store = TenantStore.from_settings(services.settings)
    store.create_tenant("ann", limits=TenantLimits(**limits))
    key = store.create_key("ann", ["infer", "artifacts", "runs"])
    transport = httpx.ASGITransport(create_app(replace(services, door=Door(store))))
    headers = {"Authorization": f"Bearer {key.text}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers=headers, timeout=LONG_S
    ) as client:
        yield client


async def test_what_is_left_of_the_minute_is_told_and_then_refused(services: Services) -> None:
    async with client_of(services, requests_per_min=2) as client:
        answers = [await client.get("/v1/tasks") for _ in range(3)]
        openai = await client.get("/v1/models")
        public = await client.get("/healthz")
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit-requests"] for answer in answers} == {"2"}
    assert int(answers[2].headers["retry-after"]) >= 1
    assert answers[2].json()["error"]["code"] == "limit_exceeded"
    error = openai.json()["error"]
    assert (openai.status_code, error["type"], error["code"]) == (429, "requests", "rate_limit_exceeded")
    assert public.status_code == 200
    assert "x-ratelimit-limit-requests" not in public.headers


async def test_seconds_of_audio_are_limited_by_what_was_heard_and_made(services: Services) -> None:
    async with client_of(services, audio_s_per_day=5) as client:
        files = {"file": ("a.wav", wav(seconds=2.0))}
        stored = (await client.post("/v1/artifacts", files=files)).json()["id"]
        first, second = [await client.post("/v1/tasks/speech-enhancement", json={"audio": stored}) for _ in range(2)]
    assert first.status_code == 200  # 2 s heard, 2 s made
    assert second.status_code == 429
    assert second.json()["error"]["param"] == "audio_s_per_day"


async def test_a_failed_request_costs_no_characters(services: Services) -> None:
    async with client_of(services, characters_per_day=10) as client:
        path, body = "/v1/tasks/text-to-speech", {"text": "ten signs!"}
        failed = await client.post(path, json=body, params={"model": "nobody"})
        done, refused = [await client.post(path, json=body) for _ in range(2)]
    assert [failed.status_code, done.status_code, refused.status_code] == [404, 200, 429]


async def test_concurrency_of_work_is_told(services: Services) -> None:
    async with client_of(services, concurrent_calls=3) as client:
        done = await client.post("/v1/tasks/text-to-speech", json={"text": "hello"})
        read = await client.get("/v1/tasks")
    assert (done.headers["current-concurrent-requests"], done.headers["maximum-concurrent-requests"]) == ("1", "3")
    assert "current-concurrent-requests" not in read.headers


async def test_sockets_are_limited(services: Services) -> None:
    store = TenantStore.from_settings(services.settings)
    store.create_tenant("ann", limits=TenantLimits(sockets=1))
    headers = [(b"authorization", f"Bearer {store.create_key('ann', ['infer']).text}".encode())]
    app = create_app(replace(services, door=Door(store)))
    told: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    async with connected(app, "/v1/realtime", headers=headers) as connection:
        await connection.until("session.created")
        await app(websocket_scope("/v1/realtime", (), headers), receive, send)  # type: ignore[arg-type]
    assert [message["type"] for message in told] == ["websocket.close"]
    assert "1 spoken conversations at a time" in str(told[0]["reason"])


async def test_runs_are_limited_with_429(services: Services) -> None:
    async with client_of(services, runs=1) as client:
        answers = [await client.post("/v1/runs", json={"text": "wait"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
