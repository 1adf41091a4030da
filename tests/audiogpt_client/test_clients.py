import asyncio
from collections.abc import AsyncIterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from audiogpt_client import AsyncAudioGPT, AudioGPT, ServerError
from audiogpt_client.client import http_options
from llm_planner.plans.plan import Chat, Plan, PlanOutcome, Step
from model_wrappers.contract.audio import Audio
from router.events import Replied

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


class Blocking:
    """The blocking client, its calls in threads, so that one test can drive both clients."""

    def __init__(self, url: str) -> None:
        self._client = AudioGPT(url)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            return asyncio.to_thread(getattr(self._client, name), *arguments, **options)

        return call


@pytest.fixture(params=[AsyncAudioGPT, Blocking])
async def client(request: pytest.FixtureRequest, server_url: str) -> AsyncIterator[Any]:
    client = request.param(server_url)
    yield client
    await client.close()


def _methods(kind: type) -> dict[str, list[str]]:
    return {name: list(signature(value).parameters) for name, value in vars(kind).items() if not name.startswith("_")}


def test_both_clients_have_the_same_calls():
    assert _methods(AsyncAudioGPT) == _methods(AudioGPT)


async def test_chat_tells_its_events_in_order_and_returns_the_reply(client):
    events: list[Any] = []
    files = [EXAMPLES / "speech.flac"]
    reply = await client.chat("halve it and say done", files=files, on_event=events.append)
    assert events[0].type == "planned"
    assert events[-1] == reply
    assert [result.state for result in reply.results] == ["done", "done"]
    made = {artifact.task for artifact in reply.artifacts if artifact.origin == "output"}
    assert made == {"speech-enhancement", "text-to-speech"}


async def test_plan_runs_nothing(client):
    planned = await client.plan("halve it and say done", files=[EXAMPLES / "speech.flac"])
    assert isinstance(planned.outcome, PlanOutcome)
    assert [step.task for step in planned.outcome.plan.steps] == ["speech-enhancement", "text-to-speech"]


@pytest.mark.parametrize("files", [[], [EXAMPLES / "speech.flac"]])
async def test_plan_written_by_hand_runs_with_and_without_files(client, files):
    plan = Plan(steps=(Step(id="s1", task="text-to-speech", arguments={"text": "hello"}),))
    reply = await client.chat(plan=plan, files=files)
    assert [(result.task, result.state) for result in reply.results] == [("text-to-speech", "done")]


async def test_run_can_be_followed_from_any_event(client):
    run = await client.start_run("hello there")
    seen: list[Any] = []
    reply = await client.follow_run(run.id, on_event=seen.append)
    assert isinstance(reply, Replied)
    assert isinstance(reply.outcome, Chat)
    later: list[Any] = []
    await client.follow_run(run.id, after=1, on_event=later.append)
    assert later == seen[1:]
    assert (await client.run(run.id)).state == "done"


async def test_waiting_run_can_be_cancelled(client):
    run = await client.start_run("wait")
    await client.cancel_run(run.id)
    with pytest.raises(ServerError):
        await client.follow_run(run.id)
    assert (await client.run(run.id)).state == "cancelled"


async def test_task_takes_files_and_artifacts_alike(client):
    path = EXAMPLES / "speech.flac"
    sent = await client.run_task("speech-enhancement", {}, files={"audio": path})
    stored = await client.upload(path)
    named = await client.run_task("speech-enhancement", {"audio": stored.id}, model="halver")
    assert sent.outputs == named.outputs
    half = Audio.decode(await client.download(named.outputs["audio"]["id"]))
    whole = Audio.decode(path.read_bytes())
    assert half.waveform == pytest.approx(whole.resample(half.sample_rate).waveform / 2, abs=2**-14)
    assert (await client.artifact(stored.id)).sample_rate == whole.sample_rate
    assert (await client.picture(stored.id, "waveform")).startswith(b"\x89PNG")


async def test_lists_tasks_and_models(client):
    live = {task["id"] for task in await client.tasks() if task["live"]}
    assert {"text-to-speech", "speech-enhancement"} <= live
    assert {"sine", "halver"} <= {model["id"] for model in await client.models()}


async def test_session_holds_the_turns_until_it_is_deleted(client):
    session = await client.create_session()
    await client.chat("hello", session_id=session.id)
    assert [turn.text for turn in (await client.session(session.id)).turns] == ["hello"]
    await client.delete_session(session.id)
    with pytest.raises(ServerError) as error:
        await client.session(session.id)
    assert error.value.status == 404


async def test_refusal_carries_code_status_and_request_id(client):
    with pytest.raises(ServerError) as error:
        await client.run_task("no-such-task", {})
    assert (error.value.status, error.value.code) == (404, "not_found")
    assert error.value.request_id


async def test_server_that_is_not_there_is_told_with_its_address():
    with pytest.raises(ServerError, match=r"http://127\.0\.0\.1:9") as error:
        await AsyncAudioGPT("http://127.0.0.1:9").tasks()
    assert error.value.code == "unreachable"


def test_key_is_sent_as_bearer_token():
    assert http_options("http://x/", "secret", 1.0)["headers"] == {"Authorization": "Bearer secret"}
