"""Links that open one file for a while without a key, and pages that browsers open by themselves."""

import base64
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from deployments.api.app import create_app
from deployments.api.edge.access import permission_for
from deployments.api.services import Services
from router.tenants.door import FRESH_S, Door
from router.tenants.keys import Key
from router.tenants.links import LIFE_S, Links
from tests.deployments.sounds import wav
from tests.router.clock import Clock

STRANGE = "0" * 64


@dataclass
class Linked:
    """The application with keys, and one file of ann's with its link."""

    app: FastAPI
    services: Services
    clock: Clock
    key: Key
    file: str
    url: str

    async def get(self, url: str, key: Key | None = None, method: str = "GET", **headers: str) -> httpx.Response:
        headers |= {"Authorization": f"Bearer {key.text}"} if key else {}
        async with _client(self.app) as client:
            return await client.request(method, url, headers=headers)


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.fixture
async def linked(services: Services) -> Linked:
    clock = Clock()
    for tenant in ("ann", "bob"):
        services.tenants.create_tenant(tenant)
    key = services.tenants.create_key("ann", ["infer", "artifacts"])
    app = create_app(replace(services, door=Door(services.tenants, clock, links=Links(b"p" * 32, clock))))
    async with _client(app) as client:
        headers = {"Authorization": f"Bearer {key.text}"}
        stored = await client.post("/v1/artifacts", files={"file": ("a.wav", wav(0.5))}, headers=headers)
        assert stored.status_code == 201, stored.text
    return Linked(app, services, clock, key, stored.json()["id"], stored.json()["url"])


async def test_a_player_needs_no_key(linked: Linked) -> None:
    whole = await linked.get(linked.url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    part = await linked.get(linked.url, Range="bytes=0-3")
    assert (part.status_code, part.content) == (206, b"RIFF")
    path, _, link = linked.url.partition("?")
    for rest in ("/picture?", "/audio?format=flac&"):
        assert (await linked.get(f"{path}{rest}{link}")).status_code == 200, rest
    assert (await linked.get(linked.url, method="HEAD")).status_code == 200


async def test_a_link_opens_nothing_else(linked: Linked) -> None:
    path, _, link = linked.url.partition("?")
    for method, url in (
        ("GET", f"{path}/info?{link}"),  # which would give a new link
        ("GET", f"/v1/artifacts?{link}"),
        ("DELETE", linked.url),
        ("POST", f"/v1/artifacts?{link}"),
        ("GET", f"/v1/tasks?{link}"),
        ("GET", f"/v1/sessions?{link}"),
    ):
        assert (await linked.get(url, method=method)).status_code == 401, url


async def test_a_link_that_does_not_open_answers_as_a_file_that_does_not_exist(linked: Linked) -> None:
    bob = linked.services.tenants.create_key("bob", ["artifacts"])
    link = linked.url.partition("?")[2]
    nothing = _told(await linked.get(f"/v1/artifacts/{STRANGE}", bob), STRANGE)
    assert nothing[0] == 404
    answers = [
        (await linked.get(linked.url, bob), linked.file),  # another tenant's link, shown with a key of one's own
        (await linked.get(f"/v1/artifacts/{STRANGE}?{link}"), STRANGE),
        (await linked.get(f"/v1/artifacts/{linked.file}?link=x"), linked.file),
        (await linked.get(linked.url[:-4]), linked.file),
    ]
    linked.clock.now += LIFE_S
    answers.append((await linked.get(linked.url), linked.file))
    assert [_told(answer, thing) for answer, thing in answers] == [nothing] * len(answers)


async def test_links_die_with_the_key_that_made_them(linked: Linked) -> None:
    assert (await linked.get(linked.url)).status_code == 200
    linked.services.tenants.revoke(linked.key.id)
    linked.clock.now += FRESH_S
    assert (await linked.get(linked.url)).status_code == 404


async def test_urls_in_lists_and_chats_are_links_too(linked: Linked) -> None:
    listed = (await linked.get("/v1/artifacts", linked.key)).json()["data"]
    assert (await linked.get(listed[0]["url"])).status_code == 200
    async with _client(linked.app) as client:
        body = {"model": "audiogpt", "messages": [{"role": "user", "content": "halve it and say done"}]}
        body["messages"] = [{"role": "user", "content": _with_sound("halve it and say done")}]
        headers = {"Authorization": f"Bearer {linked.key.text}"}
        answer = (await client.post("/v1/chat/completions", json=body, headers=headers)).json()
    files = answer["audiogpt"]["files"]
    assert files
    for file in files:
        assert file["url"] in answer["choices"][0]["message"]["content"]
        assert (await linked.get(file["url"])).status_code == 200


async def test_where_no_key_is_asked_for_urls_are_plain(client: httpx.AsyncClient) -> None:
    stored = (await client.post("/v1/artifacts", files={"file": ("a.wav", wav(0.5))})).json()
    assert stored["url"] == f"/v1/artifacts/{stored['id']}"


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
async def test_a_browser_asks_for_the_key_as_for_a_password(linked: Linked, path: str) -> None:
    asked = await linked.get(path)
    assert asked.status_code == 401
    assert asked.headers["www-authenticate"].startswith("Basic realm=")
    for shown in (f":{linked.key.text}", f"me:{linked.key.text}", linked.key.text):
        basic = base64.b64encode(shown.encode()).decode()
        assert (await linked.get(path, Authorization=f"Basic {basic}")).status_code == 200
        assert (await linked.get("/v1/tasks", Authorization=f"Basic {basic}")).status_code == 401
    for wrong in ("!", base64.b64encode(b"\xff:\xff").decode(), base64.b64encode(b"a:b").decode()):
        assert (await linked.get(path, Authorization=f"Basic {wrong}")).status_code == 401


async def test_the_document_says_what_a_key_must_permit(linked: Linked) -> None:
    document = (await linked.get("/openapi.json", linked.key)).json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            needed = permission_for(path)
            assert operation["security"] == ([{"key": []}] if needed else [])
            assert operation.get("x-permission") == needed


def _with_sound(text: str) -> list[dict[str, Any]]:
    data = base64.b64encode(wav(0.5)).decode()
    sound = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    return [{"type": "text", "text": text}, sound]


def _told(answer: httpx.Response, thing: str) -> tuple[int, str]:
    """Return status and body of an answer without what differs from request to request."""
    text = answer.text.replace(answer.headers["x-request-id"], "<request>")
    return answer.status_code, text.replace(thing, "<id>").replace(thing[:12], "<id>")
