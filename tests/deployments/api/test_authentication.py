"""Keys at the edge: nothing is open that nobody opened, and one tenant's things do not exist for another."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Mount

from deployments.api.app import create_app
from deployments.api.edge import authentication
from deployments.api.edge.access import AREAS, BROWSED, area_of
from deployments.api.services import Services
from router.tenants.door import FRESH_S, Door
from router.tenants.keys import Key
from router.tenants.store import TenantStore
from tests.deployments.sounds import wav
from tests.deployments.websockets import connected, websocket_scope
from tests.router.clock import Clock
from tests.router.dispatching import LONG_S
from tests.router.models import STARTED, STOPPED

OPEN = {"/", "/healthz", "/ui"}
USER = ("infer", "artifacts", "sessions", "runs", "usage:read")
STRANGE = {"file": "0" * 64, "dialogue": "0" * 32, "other": "wh_none"}  # ids that nothing has
COMPLETION = {"model": "audiogpt", "messages": [{"role": "user", "content": "x"}]}
LISTS = ("/v1/sessions", "/v1/runs", "/v1/artifacts", "/v1/webhooks", "/v1/keys")
NOT_OWNED = {"/v1/tasks/{task}", "/v1/models/{model_id}", "/ui/{version}/{path:path}"}  # what their names mean is all's


@dataclass
class Guarded:
    """The application with keys asked for."""

    app: FastAPI
    store: TenantStore
    clock: Clock

    def key(self, tenant: str, *permissions: str) -> Key:
        return self.store.create_key(tenant, permissions or USER)

    @asynccontextmanager
    async def client(self, key: Key | None = None) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {key.text}"} if key else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers, timeout=LONG_S
        ) as client:
            yield client


@pytest.fixture
def guarded(services: Services, clock: Clock) -> Guarded:
    store = TenantStore.from_settings(services.settings)
    for tenant in ("ann", "bob"):
        store.create_tenant(tenant)
    return Guarded(create_app(replace(services, door=Door(store, clock))), store, clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def paths(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield every method and path that the application answers, sockets as GET."""
    for route in routes:
        if isinstance(included := getattr(route, "original_router", None), APIRouter):
            yield from paths(included.routes)
            continue
        assert not isinstance(route, Mount), f"{route.path} hides its routes from this test"
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            yield method, route.path  # type: ignore[attr-defined]


async def test_every_part_of_the_api_is_classified_and_closed_without_a_key(guarded: Guarded) -> None:
    found = list(paths(guarded.app.router.routes))
    assert {area_of(path) for _, path in found} == set(AREAS)
    assert {area for area, permission in AREAS.items() if permission is None} == OPEN
    async with guarded.client() as client:
        for method, path in found:
            if area_of(path) in OPEN or path == "/v1/realtime":
                continue
            answer = await client.request(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 401, (method, path)
            asked = answer.headers["www-authenticate"].split()[0]
            assert asked == ("Basic" if path in BROWSED else "Bearer")
        for path in ("/", "/healthz"):
            assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/new", "/elsewhere", "/v1", "/v1/", "//v1/chat", "/V1/chat"])
async def test_what_nobody_classified_is_closed(guarded: Guarded, path: str) -> None:
    async with guarded.client() as client:
        assert (await client.get(path)).status_code == 401
    async with guarded.client(guarded.key("ann")) as client:
        assert (await client.get(path)).status_code == 403
    async with guarded.client(guarded.key("ann", "admin")) as client:
        assert (await client.get(path)).status_code in (404, 405)


async def test_errors_of_keys_have_the_shape_of_their_route(guarded: Guarded) -> None:
    async with guarded.client(Key.new()) as client:
        ours = (await client.get("/v1/tasks")).json()["error"]
        theirs = (await client.get("/v1/models")).json()["error"]
    assert (ours["type"], ours["code"]) == ("request_error", "unauthenticated")
    assert (theirs["type"], theirs["code"]) == ("invalid_request_error", "invalid_api_key")
    async with guarded.client(guarded.key("ann", "metrics")) as client:
        answer = await client.get("/v1/models")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")
        assert (await client.get("/metrics")).status_code == 200


async def test_what_one_tenant_has_does_not_exist_for_another(guarded: Guarded) -> None:
    async with guarded.client(guarded.key("ann")) as ann, guarded.client(guarded.key("bob")) as bob:
        artifact = (await ann.post("/v1/artifacts", files={"file": ("a.wav", wav(0.5))})).json()["id"]
        session = (await ann.post("/v1/chat", json={"text": "hello there"})).json()["session_id"]
        run = (await ann.post("/v1/runs", json={"text": "hello there", "session_id": session})).json()["id"]
        link = (await ann.post(f"/v1/sessions/{session}/links")).json()["artifact"]
        webhook = (await ann.post("/v1/webhooks", json={"url": "https://1.1.1.1/told"})).json()["id"]
        spoken = await ann.post("/v1/tasks/text-to-speech", json={"text": "hi"}, headers={"Idempotency-Key": "k"})
        request_id = spoken.headers["x-request-id"]
        again = await bob.post(
            "/v1/tasks/text-to-speech", json={"text": "hello there"}, headers={"Idempotency-Key": "k"}
        )
        assert (again.status_code, "idempotent-replayed" in again.headers) == (200, False)
        assert (await ann.get(f"/v1/artifacts/{artifact}")).status_code == 200
        listed = {path: (await ann.get(path)).json()["data"] for path in LISTS}
        for path, theirs in listed.items():
            assert theirs, path
            seen = json.dumps((await bob.get(path)).json()["data"])
            assert not any(thing["id"] in seen for thing in theirs), path
        things = dict.fromkeys((artifact, link), "file") | dict.fromkeys((session, run), "dialogue")
        for theirs, kind in (things | dict.fromkeys((webhook, request_id), "other")).items():
            for request, strange in zip(asked_with(kind, theirs), asked_with(kind, STRANGE[kind]), strict=True):
                seen = await told(bob, request, theirs)
                assert seen == await told(bob, strange, STRANGE[kind]), request
                assert seen[0] in (404, 422), request
        assert (await ann.get(f"/v1/sessions/{session}")).status_code == 200
        assert (await ann.get(f"/v1/runs/{run}")).status_code == 200


def test_every_route_that_names_a_thing_is_asked_for_another_tenants(guarded: Guarded) -> None:
    asked = [(method, path.partition("?")[0]) for kind in STRANGE for method, path, _ in asked_with(kind, "x")]
    named = [(m, p) for m, p in paths(guarded.app.router.routes) if "{" in p and area_of(p) != "/v1/admin"]
    for method, path in named:
        form = re.sub("{[^}]*}", "[^/]+", path)
        assert path in NOT_OWNED or any(m == method and re.fullmatch(form, p) for m, p in asked), (method, path)


def asked_with(kind: str, thing: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return every request that names a file, a session or run, or something else."""
    halve = {"steps": [{"id": "s1", "task": "speech-enhancement", "arguments": {"audio": {"artifact": thing}}}]}
    if kind == "file":
        return [
            *(("GET", f"/v1/artifacts/{thing}{rest}", {}) for rest in ("", "/info", "/picture", "/audio?format=flac")),
            ("HEAD", f"/v1/artifacts/{thing}", {}),
            ("DELETE", f"/v1/artifacts/{thing}", {}),
            ("POST", "/v1/archives", {"files": [{"artifact": thing, "name": "a"}]}),
            ("POST", "/v1/tasks/speech-enhancement", {"audio": thing}),
            ("POST", "/v1/chat", {"text": "x", "artifacts": [thing]}),
            ("POST", "/v1/chat", {"speech": thing}),
            ("POST", "/v1/chat", {"text": "x", "plan": halve}),
            ("POST", "/v1/plans", {"text": "x", "artifacts": [thing]}),
            ("POST", "/v1/runs", {"text": "x", "artifacts": [thing]}),
        ]
    if kind == "other":
        return [
            ("DELETE", f"/v1/webhooks/{thing}", {}),
            ("POST", f"/v1/webhooks/{thing}/rotate", {}),
            ("POST", f"/v1/webhooks/{thing}/test", {}),
            ("GET", f"/v1/usage/requests/{thing}", {}),
        ]
    return [
        ("GET", f"/v1/sessions/{thing}", {}),
        ("DELETE", f"/v1/sessions/{thing}", {}),
        ("DELETE", f"/v1/sessions/{thing}/turns/0", {}),
        ("POST", f"/v1/sessions/{thing}/links", {}),
        ("GET", f"/v1/runs/{thing}", {}),
        ("GET", f"/v1/runs/{thing}/events", {}),
        ("DELETE", f"/v1/runs/{thing}", {}),
        ("DELETE", f"/v1/runs/{thing}?forget=true", {}),
        ("POST", f"/v1/runs/{thing}/rerun", {"step": "s1"}),
        ("POST", "/v1/plans", {"text": "x", "session_id": thing}),
        ("POST", "/v1/chat/completions", {**COMPLETION, "metadata": {"session_id": thing}}),
        ("POST", "/v1/chat", {"text": "x", "session_id": thing}),
        ("POST", "/v1/runs", {"text": "x", "session_id": thing}),
    ]


async def told(client: httpx.AsyncClient, request: tuple[str, str, dict[str, Any]], thing: str) -> tuple[int, str]:
    """Return status and body of an answer without what differs from request to request."""
    method, path, body = request
    answer = await client.request(method, path, json=body or None)
    request_id = answer.headers["x-request-id"]
    return answer.status_code, answer.text.replace(thing, "<id>").replace(request_id, "<request>")


async def test_a_socket_opens_with_a_key_in_its_header_or_its_protocol(guarded: Guarded) -> None:
    key = guarded.key("ann").text
    header = ((b"authorization", f"Bearer {key}".encode()),)
    async with connected(guarded.app, "/v1/realtime", headers=header) as connection:
        assert (await connection.receive())["type"] == "session.created"
    async with connected(guarded.app, "/v1/realtime", "realtime", f"openai-insecure-api-key.{key}") as connection:
        assert (await connection.receive())["type"] == "session.created"


@pytest.mark.parametrize("protocols", [(), ("realtime",), ("realtime", "openai-insecure-api-key.sk-1")])
async def test_a_socket_without_a_key_is_closed_before_it_opens(guarded: Guarded, protocols: tuple[str, ...]) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await guarded.app(websocket_scope("/v1/realtime", protocols), receive, send)
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]


async def test_agents_tools_work_for_the_tenant_of_the_key(guarded: Guarded) -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "text-to-speech", "arguments": {"text": "hi"}},
    }
    accepts = {"Accept": "application/json, text/event-stream"}
    async with guarded.app.router.lifespan_context(guarded.app), guarded.client(guarded.key("ann")) as ann:
        answer = (await ann.post("/mcp", json=call, headers=accepts)).text
        artifact = answer.split("artifact://")[1][:64]
        assert (await ann.get(f"/v1/artifacts/{artifact}")).status_code == 200
        async with guarded.client(guarded.key("bob")) as bob:
            assert (await bob.get(f"/v1/artifacts/{artifact}")).status_code == 404


async def test_work_ends_when_its_key_is_revoked(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "LOOK_AGAIN_S", 0.01)
    STARTED["api"].clear()
    STOPPED["api"].clear()
    key = guarded.key("ann")
    async with guarded.client(key) as ann:
        waiting = asyncio.create_task(ann.post("/v1/chat", json={"text": "wait"}))
        assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
        guarded.store.revoke(key.id)
        guarded.clock.now += FRESH_S
        assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)
        await asyncio.wait({waiting})
