"""The quota of storage, for whatever is stored: uploads, the texts of steps, copies of sessions."""

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
from tests.router.clock import Clock

TEXT = "a text of more than twenty bytes"
MOST = 20  # bytes


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [ModelSpec(id="echo", wrapper="tests.router.models:Echo")]


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


@pytest.fixture
def ann(services: Services) -> Tenant:
    clock = Clock()
    services.tenants.create_tenant("ann")
    key = services.tenants.create_key("ann", ["infer", "artifacts", "sessions"])
    return Tenant(create_app(replace(services, door=Door(services.tenants, clock))), services, clock, key.text)


async def test_the_text_of_a_step_is_refused_as_an_upload_is(ann: Tenant) -> None:
    ann.may_store(MOST)
    (result,) = (await ann.translates(TEXT))["results"]
    assert (result["state"], result["outputs"], result["artifacts"]) == ("failed", {}, {})
    status, (_, code, _) = await ann.uploads()
    assert (status, code) == (429, result["error"]["code"])
    assert await ann.stored() == []


async def test_followers_of_a_step_hear_that_its_text_was_refused(ann: Tenant) -> None:
    ann.may_store(MOST)
    step = {"id": "s1", "task": "speech-translation", "arguments": {"text": TEXT, "target_language": "es"}}
    answer = await ann.asks("POST", "/v1/chat", json={"plan": {"steps": [step]}, "stream": True})
    told_last = [line for line in answer.text.splitlines() if "step_ended" in line and line.startswith("data:")][-1]
    assert '"state":"failed"' in told_last.replace(" ", "")


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
