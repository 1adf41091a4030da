"""The quota of storage, for whatever is stored: uploads, texts of steps, what is spoken, copies of sessions."""

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from deployments.api.app import create_app
from deployments.api.services import Services
from router.principal import TenantLimits
from router.spec import ModelSpec
from router.tenants.door import FRESH_S, Door
from tests.deployments.conftest import TONE_READER
from tests.deployments.websockets import connected
from tests.router.clock import Clock

TEXT = "a text of more than twenty bytes"
MOST = 20  # bytes


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [ModelSpec(id="echo", wrapper="tests.router.models:Echo"), TONE_READER]


@dataclass
class Tenant:
    """A tenant of the application, whose limits may change."""

    app: FastAPI
    services: Services
    clock: Clock
    key: str

    async def asks(self, method: str, path: str, **what: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            return await client.request(method, path, **what)

    async def translates(self, text: str) -> Any:
        step = {"id": "s1", "task": "speech-translation", "arguments": {"text": text, "target_language": "es"}}
        answer = await self.asks("POST", "/v1/chat", json={"plan": {"steps": [step]}})
        return answer.raise_for_status().json()

    async def runs(self, text: str) -> Any:
        """Run a translation apart from its request, and return the result of the step."""
        step = {"id": "s1", "task": "speech-translation", "arguments": {"text": text, "target_language": "es"}}
        run = (await self.asks("POST", "/v1/runs", json={"plan": {"steps": [step]}})).raise_for_status().json()["id"]
        return events_of(await self.asks("GET", f"/v1/runs/{run}/events?stream=true"))[-1]["results"][0]

    async def stored(self) -> list[str]:
        return [one["id"] for one in (await self.asks("GET", "/v1/artifacts")).json()["data"]]

    def may_store(self, most: int) -> None:
        self.services.tenants.edit_tenant("ann", limits=TenantLimits(storage_bytes=most))
        self.clock.now += FRESH_S

    async def uploads(self) -> tuple[int, Any]:
        """Upload a text, and return what is told of the error but for its words."""
        return told(await self.asks("POST", "/v1/artifacts", files={"file": ("a.txt", TEXT.encode() + b"!")}))


def told(answer: httpx.Response) -> tuple[int, Any]:
    error = answer.json()["error"]
    assert "may store" in error["message"]
    return answer.status_code, (error["type"], error["code"], error["param"])


def events_of(answer: httpx.Response) -> list[Any]:
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


@pytest.fixture
def ann(services: Services) -> Tenant:
    clock = Clock()
    services.tenants.create_tenant("ann")
    key = services.tenants.create_key("ann", ["infer", "artifacts", "sessions", "runs"])
    return Tenant(create_app(replace(services, door=Door(services.tenants, clock))), services, clock, key.text)


async def test_the_text_of_a_step_is_refused_as_an_upload_is(ann: Tenant) -> None:
    ann.may_store(MOST)
    (result,) = (await ann.translates(TEXT))["results"]
    assert (result["state"], result["outputs"], result["artifacts"]) == ("failed", {}, {})
    status, (_, code, _) = await ann.uploads()
    assert (status, code) == (429, result["error"]["code"])
    assert await ann.stored() == []


async def test_followers_hear_once_that_a_text_was_refused_and_nothing_is_made_of_it(ann: Tenant) -> None:
    ann.may_store(MOST)
    first = {"id": "s1", "task": "speech-translation", "arguments": {"text": TEXT, "target_language": "es"}}
    second = {**first, "id": "s2", "arguments": {"text": {"from": "s1.text"}, "target_language": "fr"}}
    answer = await ann.asks("POST", "/v1/chat", json={"plan": {"steps": [first, second]}, "stream": True})
    events = events_of(answer)
    ended = [event["result"] for event in events if event["type"] == "step_ended"]
    assert [(result["id"], result["state"]) for result in ended] == [("s1", "failed"), ("s2", "skipped")]
    assert [event["step"] for event in events if event["type"] == "step_started"] == ["s1"]
    assert ended == events[-1]["results"]


async def test_a_text_that_was_refused_is_not_taken_for_done_by_the_next_run(ann: Tenant) -> None:
    ann.may_store(MOST)
    assert [(await ann.runs(TEXT))["state"] for _ in range(2)] == ["failed", "failed"]
    ann.may_store(100_000)
    once, again = [await ann.runs(TEXT) for _ in range(2)]
    assert [(result["state"], result["reused"]) for result in (once, again)] == [("done", False), ("done", True)]
    assert once["artifacts"] == again["artifacts"]


async def test_what_is_said_in_a_spoken_conversation_is_refused_as_an_upload_is(ann: Tenant) -> None:
    ann.may_store(MOST)
    headers = [(b"authorization", f"Bearer {ann.key}".encode())]
    async with connected(ann.app, "/v1/realtime", headers=headers) as spoken:
        await spoken.until("session.created")
        await spoken.send(type="session.update", session={"audio": {"input": {"turn_detection": None}}})
        sound = base64.b64encode(bytes(24_000)).decode()
        await spoken.send(type="input_audio_buffer.append", audio=sound)
        await spoken.send(type="input_audio_buffer.commit")
        *_, failed = await spoken.until("conversation.item.input_audio_transcription.failed")
    _, (_, code, _) = await ann.uploads()
    assert "may store" in failed["error"]["message"]
    assert code == "limit_exceeded"
    assert await ann.stored() == []


async def test_texts_that_are_stored_take_room(ann: Tenant) -> None:
    (result,) = (await ann.translates(TEXT))["results"]
    assert await ann.stored() == [result["artifacts"]["text"]["id"]]
    ann.may_store(len(TEXT))
    assert (await ann.uploads())[0] == 429


async def test_a_copy_of_a_session_is_refused_as_an_upload_is_and_takes_room(ann: Tenant) -> None:
    session = (await ann.translates(TEXT))["session_id"]
    ann.may_store(len(TEXT))
    refused = await ann.asks("POST", f"/v1/sessions/{session}/links")
    assert told(refused) == await ann.uploads()
    before = await ann.stored()
    ann.may_store(100_000)
    shared = await ann.asks("POST", f"/v1/sessions/{session}/links")
    assert shared.status_code == 201, shared.text
    copy = shared.json()["artifact"]
    assert set(await ann.stored()) == {*before, copy}
    size = (await ann.asks("GET", f"/v1/artifacts/{copy}/info")).json()["size_bytes"]
    ann.may_store(len(TEXT) + size)
    assert (await ann.uploads())[0] == 429
    assert (await ann.asks("DELETE", f"/v1/artifacts/{copy}")).status_code == 204
    stored = await ann.asks("POST", "/v1/artifacts", files={"file": ("a.txt", TEXT.encode() + b"!")})
    assert stored.status_code == 201, stored.text
