"""One's own sessions, runs and files, listed over HTTP."""

from dataclasses import replace

import httpx
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from tests.deployments.sounds import wav

LISTS = ("/v1/sessions", "/v1/runs", "/v1/artifacts")


async def made(client: httpx.AsyncClient, path: str, number: int) -> str:
    if path == "/v1/artifacts":
        answer = await client.post(path, files={"file": ("a.wav", wav(0.1 + number / 100))})
    else:
        answer = await client.post(path, json={"text": "hello"} if path == "/v1/runs" else None)
    return str(answer.raise_for_status().json()["id"])


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_comes_in_pages_with_the_newest_first(client: httpx.AsyncClient, path: str) -> None:
    ids = [await made(client, path, number) for number in range(3)]
    first = (await client.get(path, params={"limit": 2})).json()
    assert [one["id"] for one in first["data"]] == ids[:0:-1]
    last = (await client.get(path, params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["id"] for one in last["data"]] == ids[:1]
    assert last["next"] is None


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "\0"}])
async def test_a_list_is_bounded(client: httpx.AsyncClient, path: str, params: dict[str, str]) -> None:
    answer = await client.get(path, params=params)
    assert answer.status_code == 422
    assert answer.json()["error"]["param"] in params


async def test_a_session_is_listed_by_how_it_began(client: httpx.AsyncClient) -> None:
    session = (await client.post("/v1/chat", json={"text": "hello there"})).json()["session_id"]
    (listed,) = (await client.get("/v1/sessions")).json()["data"]
    assert (listed["id"], listed["title"], listed["turns"]) == (session, "hello there", 1)


async def test_a_listed_file_can_be_fetched(client: httpx.AsyncClient) -> None:
    await made(client, "/v1/artifacts", 0)
    (listed,) = (await client.get("/v1/artifacts")).json()["data"]
    assert len((await client.get(listed["url"])).content) == listed["size_bytes"]
    assert listed["expires"] > listed["created"]


@pytest.mark.parametrize("path", LISTS)
async def test_where_nobody_is_told_from_others_nothing_is_listed(services: Services, path: str) -> None:
    settings = services.settings.model_copy(update={"auth": "off"})
    transport = httpx.ASGITransport(create_app(replace(services, settings=settings)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert (await client.post("/v1/sessions")).status_code == 201
