"""`Idempotency-Key`: real requests, side by side, over one database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from deployments.api.services import Services
from llm_planner.planner import Planner
from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.records.answers import AnswerStore
from router.records.database import Database
from router.settings import Settings
from router.spec import ModelSpec
from tests.deployments.conftest import PhraseBook
from tests.deployments.sounds import wav
from tests.router.clock import Clock
from tests.router.conftest import database, database_url, postgres_url
from tests.router.dispatching import LONG_S
from tests.router.models import GATES, STARTED

__all__ = ["database", "database_url", "postgres_url"]

KEY = {"Idempotency-Key": "3d6f0a1c"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(
    tmp_path: Path, specs: list[ModelSpec], database: Database, database_url: str
) -> AsyncIterator[Services]:
    """The application's parts over SQLite and over Postgres."""
    settings = Settings(home=tmp_path, database_url=database_url, max_upload_bytes=2**20)
    artifacts = ArtifactStore.from_settings(settings)
    dispatcher = InProcessDispatcher(specs, artifacts)
    parts = Services.assemble(
        settings, artifacts=artifacts, dispatcher=dispatcher, planner=Planner(PhraseBook()), catalog=dispatcher.catalog
    )
    GATES["api"].clear()
    yield replace(parts, answers=AnswerStore(database, kept_s=100.0))
    await dispatcher.close()


def requests() -> list[tuple[str, dict[str, object]]]:
    """A request of every kind that makes something, and the same with a file."""
    return [
        ("/v1/runs", {"json": {"text": "hello"}}),
        ("/v1/chat", {"json": {"text": "hello"}}),
        ("/v1/chat", {"json": {"text": "hello", "stream": True}}),
        ("/v1/chat", {"data": {"text": "hello"}, "files": {"files": ("a.wav", wav(0.2))}}),
        ("/v1/tasks/text-to-speech", {"json": {"text": "hello"}}),
        ("/v1/artifacts", {"files": {"file": ("a.wav", wav(0.2))}}),
        ("/v1/artifacts", {"content": wav(0.2)}),
        ("/v1/sessions", {}),
    ]


@pytest.mark.parametrize(("path", "request_"), requests())
async def test_the_same_request_is_answered_the_same_and_done_once(
    client: httpx.AsyncClient, path: str, request_: dict[str, object]
) -> None:
    first = await client.post(path, headers=KEY, **request_)  # type: ignore[arg-type]
    again = await client.post(path, headers=KEY, **request_)  # type: ignore[arg-type]  # a form's boundary differs
    assert first.is_success
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    sessions = (await client.get("/v1/sessions")).json()["data"]
    assert len(sessions) == (1 if path in ("/v1/runs", "/v1/chat", "/v1/sessions") else 0)


async def test_ten_posts_at_once_with_one_key_make_one_run(client: httpx.AsyncClient) -> None:
    async def post() -> httpx.Response:
        while True:
            answer = await client.post("/v1/runs", json={"text": "hello"}, headers=KEY)
            if answer.status_code != 409:
                return answer
            assert answer.headers["retry-after"] == "1"

    answers = await asyncio.gather(*(post() for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    (run,) = (await client.get("/v1/runs")).json()["data"]
    assert {answer.json()["id"] for answer in answers} == {run["id"]}
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/runs", {"text": "hello "}),
        ("/v1/chat", {"text": "hello"}),
        ("/v1/tasks/text-to-speech", {"text": "hello"}),
        ("/v1/runs?x=1", {"text": "hello"}),
    ],
)
async def test_a_key_names_one_request_only(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    await client.post("/v1/runs", json={"text": "hello"}, headers=KEY)
    answer = await client.post(path, json=body, headers=KEY)
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "Idempotency-Key")


async def test_a_request_that_is_still_answered_is_refused(client: httpx.AsyncClient) -> None:
    STARTED["api"].clear()
    waiting = asyncio.create_task(client.post("/v1/chat", json={"text": "wait"}, headers=KEY))
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    answer = await client.post("/v1/chat", json={"text": "wait"}, headers=KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    GATES["api"].set()
    done = await waiting
    again = await client.post("/v1/chat", json={"text": "wait"}, headers=KEY)
    assert (again.status_code, again.content) == (done.status_code, done.content)


async def test_an_error_is_not_kept(client: httpx.AsyncClient, services: Services) -> None:
    assert (await client.post("/v1/chat", json={"nonsense": 1}, headers=KEY)).status_code == 422
    held = [services.runs.create("{}", tenant="default", deadline_s=60) for _ in range(services.settings.max_runs)]
    assert (await client.post("/v1/runs", json={"text": "hello"}, headers=KEY)).status_code == 429
    services.runs.request_cancel(held[0], "default")
    assert (await client.post("/v1/runs", json={"text": "hello"}, headers=KEY)).status_code == 202


async def test_an_answer_has_its_time(client: httpx.AsyncClient, services: Services, clock: Clock) -> None:
    first = await client.post("/v1/sessions", headers=KEY)
    clock.now += 101
    assert services.answers.sweep() == 1
    assert (await client.post("/v1/sessions", headers=KEY)).json()["id"] != first.json()["id"]


async def test_a_key_whose_process_died_is_taken_over(
    client: httpx.AsyncClient, services: Services, clock: Clock
) -> None:
    services.answers.claim("default", KEY["Idempotency-Key"])
    assert (await client.post("/v1/sessions", headers=KEY)).status_code == 409
    clock.now += 61
    assert (await client.post("/v1/sessions", headers=KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
async def test_what_is_no_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/v1/sessions", headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "Idempotency-Key")


async def test_a_deleted_session_is_not_told_again(client: httpx.AsyncClient) -> None:
    first = await client.post("/v1/chat", json={"text": "hello"}, headers=KEY)
    await client.delete(f"/v1/sessions/{first.json()['session_id']}")
    again = await client.post("/v1/chat", json={"text": "hello"}, headers=KEY)
    assert again.json()["session_id"] != first.json()["session_id"]
