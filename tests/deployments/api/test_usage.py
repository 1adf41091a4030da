from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from deployments.api.app import create_app
from deployments.api.services import Services
from router.tenants.door import Door
from router.tenants.store import TenantStore
from tests.deployments.sounds import wav


async def told(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_a_task_came_to_is_in_its_answer_and_in_the_report(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/tasks/text-to-speech", json={"text": "0123456789"})
    usage = answer.json()["usage"]
    assert (usage["calls"], usage["failed"], usage["characters"]) == (1, 0, 10)
    assert usage["audio_out_s"] > 0
    report = await told(client, "/v1/usage")
    assert report["tenant"] == "default"
    assert report["total"] == pytest.approx(usage)
    assert [row["of"] for row in report["rows"]] == ["sine"]
    one = await told(client, f"/v1/usage/requests/{answer.headers['x-request-id']}")
    assert [(call["step"], call["attempt"], call["outcome"]) for call in one["calls"]] == [("task", 1, "done")]
    assert one["total"] == pytest.approx(usage)


async def test_what_a_chat_came_to_is_that_of_all_its_steps(client: httpx.AsyncClient) -> None:
    form = {"text": "halve it and say done", "stream": "false"}
    replied = (await client.post("/v1/chat", data=form, files={"files": ("a.wav", wav(0.5))})).json()
    assert replied["usage"]["calls"] == len(replied["results"]) == 2
    assert replied["usage"]["audio_in_s"] == pytest.approx(0.5)
    for name in ("calls", "model_s", "audio_in_s", "audio_out_s", "characters"):
        total = sum(result["usage"][name] for result in replied["results"])
        assert replied["usage"][name] == pytest.approx(total), name


async def test_speech_that_openai_clients_ask_for_is_counted_under_its_request(client: httpx.AsyncClient) -> None:
    for text in ("hi", "a text of many words. " * 20):
        body = {"model": "tts-1", "input": text, "response_format": "wav"}
        answer = await client.post("/v1/audio/speech", json=body)
        assert answer.status_code == 200
        one = await told(client, f"/v1/usage/requests/{answer.headers['x-request-id']}")
        assert one["total"]["characters"] == len(text)
        assert one["total"]["audio_out_s"] > 0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"month": "2026-13"}, "is no month"),
        ({"month": "2026-11", "since": "2026-11-01T00:00:00"}, "not both"),
        ({"since": "2026-11-02T00:00:00", "until": "2026-11-01T00:00:00"}, "must lie before"),
        ({"since": "2000-01-01T00:00:00", "by": "hour"}, "at most 1,000"),
        ({"by": "colour"}, "by"),
    ],
)
async def test_a_report_that_cannot_be_made_says_why(
    client: httpx.AsyncClient, params: dict[str, str], message: str
) -> None:
    answer = await client.get("/v1/usage", params=params)
    assert answer.status_code == 422
    assert message in answer.text


async def test_an_hour_of_one_day_can_be_asked_for(client: httpx.AsyncClient) -> None:
    await client.post("/v1/tasks/text-to-speech", json={"text": "hi"})
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    report = await told(client, "/v1/usage", since=today.isoformat(), by="hour")
    assert sum(row["usage"]["calls"] for row in report["rows"]) == 1


async def test_nobody_reads_what_another_tenant_used(services: Services) -> None:
    store = TenantStore.from_settings(services.settings)
    keys = {}
    for tenant in ("ann", "bob"):
        store.create_tenant(tenant)
        keys[tenant] = store.create_key(tenant, ["infer", "usage:read"])
    app = create_app(replace(services, door=Door(store)))
    async with _client(app, keys["ann"].text) as ann, _client(app, keys["bob"].text) as bob:
        answer = await ann.post("/v1/tasks/text-to-speech", json={"text": "hi"})
        request = f"/v1/usage/requests/{answer.headers['x-request-id']}"
        assert (await told(ann, "/v1/usage", by="key"))["rows"][0]["of"] == keys["ann"].id
        assert (await told(bob, "/v1/usage"))["rows"] == []
        assert (await ann.get(request)).status_code == 200
        assert (await bob.get(request)).status_code == 404
    async with _client(app, store.create_key("ann", ["infer"]).text) as infers:
        assert (await infers.get("/v1/usage")).status_code == 403


def _client(app: Any, key: str) -> httpx.AsyncClient:
    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://localhost", headers=headers)
