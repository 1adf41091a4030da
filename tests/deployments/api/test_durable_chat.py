"""A chat carried out as a run, and steps that end with what an earlier run made."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx

from deployments.api.app import create_app
from deployments.api.services import Services
from llm_planner.plans.plan import Plan
from model_wrappers.contract.artifacts import ArtifactRef
from router.principal import Principal
from router.scope import Scope
from router.turn.background import queue_run
from router.turn.conversation import Message
from tests.deployments.sounds import wav
from tests.router.dispatching import LONG_S
from tests.router.models import GATES, STARTED

HALVE = {"text": "halve it twice"}
SPEAK = {"id": "s1", "task": "text-to-speech", "arguments": {"text": "Say it once"}}


def files() -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", ("a.wav", wav()))]


async def reply(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    """Wait for a run's end and return its last event."""
    async with client.stream("GET", f"/v1/runs/{run_id}/events?stream=true") as response:
        lines = [line async for line in response.aiter_lines()]
    return json.loads([line for line in lines if line.startswith("data: ")][-1].removeprefix("data: "))


async def test_a_durable_chat_answers_as_any_other_and_names_its_run(client: httpx.AsyncClient) -> None:
    plain = await client.post("/v1/chat", data=HALVE, files=files())
    durable = await client.post("/v1/chat", data={**HALVE, "durable": "true", "reuse": "false"}, files=files())
    assert durable.json().keys() == plain.json().keys()
    assert [result["state"] for result in durable.json()["results"]] == ["done", "done"]
    run = (await client.get(f"/v1/runs/{durable.headers['x-run-id']}")).json()
    assert (run["state"], run["session_id"]) == ("done", durable.json()["session_id"])


async def test_a_durable_chat_streams_numbered_events(client: httpx.AsyncClient) -> None:
    data = {**HALVE, "durable": "true", "stream": "true"}
    async with client.stream("POST", "/v1/chat", data=data, files=files()) as response:
        run_id = response.headers["x-run-id"]
        lines = [line async for line in response.aiter_lines()]
    numbers = [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "event: replied" in lines
    later = await client.get(f"/v1/runs/{run_id}/events", params={"after": numbers[-2]})
    assert [event["sequence"] for event in later.json()["events"]] == numbers[-1:]


async def test_a_durable_chat_goes_on_when_its_caller_leaves(client: httpx.AsyncClient, services: Services) -> None:
    STARTED["api"].clear()
    chat = asyncio.create_task(client.post("/v1/chat", json={"text": "wait", "durable": True}))
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    (run_id,) = services.runner._running
    chat.cancel()
    await asyncio.wait({chat})
    GATES["api"].set()
    assert (await reply(client, run_id))["type"] == "replied"


async def test_a_durable_chat_that_fails_says_what_the_run_said(client: httpx.AsyncClient) -> None:
    unknown = {"id": "s1", "task": "text-to-speech", "arguments": {"text": {"artifact": "audio-9"}}}
    answers = [
        await client.post("/v1/chat", json={"plan": {"steps": [unknown]}, "durable": durable})
        for durable in (False, True)
    ]
    plain, durable = (answer.json()["error"] for answer in answers)
    assert answers[0].status_code == answers[1].status_code == 422
    assert (plain["code"], plain["message"]) == (durable["code"], durable["message"])


async def run(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    """Start a run of one step and return the step's result."""
    started = await client.post("/v1/runs", json={"plan": {"steps": [SPEAK]}, **fields})
    (result,) = (await reply(client, started.json()["id"]))["results"]
    return result


async def test_what_a_run_made_is_made_once(client: httpx.AsyncClient) -> None:
    first, second = await run(client), await run(client)
    assert (first["reused"], first["attempts"]) == (False, 1)
    assert (second["reused"], second["attempts"], second["model"]) == (True, 0, "sine")
    assert second["outputs"] == first["outputs"]
    assert "key" not in second


async def test_a_request_may_ask_for_new_work_and_a_chat_for_earlier_work(client: httpx.AsyncClient) -> None:
    await run(client)
    assert not (await run(client, reuse=False))["reused"]
    for asked in (None, True):
        body = {"plan": {"steps": [SPEAK]}, "reuse": asked}
        answer = await client.post("/v1/chat", json=body)
        assert answer.json()["results"][0]["reused"] is bool(asked)


async def test_what_is_gone_or_asked_for_otherwise_is_made_anew(client: httpx.AsyncClient, services: Services) -> None:
    first = await run(client)
    other = {**SPEAK, "arguments": {"text": "Say it twice"}}
    started = await client.post("/v1/runs", json={"plan": {"steps": [other]}})
    assert not (await reply(client, started.json()["id"]))["results"][0]["reused"]
    (sound,) = first["artifacts"].values()
    await asyncio.to_thread(services.artifacts.delete, ArtifactRef.model_validate(sound))
    assert not (await run(client))["reused"]


async def test_nothing_another_tenant_made_is_taken(client: httpx.AsyncClient, services: Services) -> None:
    await run(client)
    scope = replace(Scope.lasting(LONG_S, Principal("other"), "r"), reuse=True)
    message = Message(scope, plan=Plan.model_validate({"steps": [SPEAK]}))
    queued = await queue_run(message, services.runs, services.sessions)
    async with asyncio.timeout(LONG_S):
        async for event in services.feed.follow(queued.id, "other", quiet_s=LONG_S):
            last = event
    assert last is not None
    assert [result.reused for result in last.event.results] == [False]


async def test_reuse_can_be_switched_off(services: Services) -> None:
    off = replace(services, settings=services.settings.model_copy(update={"reuse_steps": False}))
    transport = httpx.ASGITransport(create_app(off), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=30) as client:
        await run(client)
        assert not (await run(client))["reused"]
        assert (await run(client, reuse=True))["reused"]
