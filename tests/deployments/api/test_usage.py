import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from deployments.api.app import create_app
from deployments.api.services import Services
from router.spec import ModelSpec
from router.tenants.door import Door
from router.tenants.store import TenantStore
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone, wav
from tests.deployments.websockets import connected


@pytest.fixture
def specs() -> list[ModelSpec]:
    faulty = ModelSpec(id="faulty", wrapper="tests.router.models:Faulty", args={"name": "usage-faulty"})
    return [TONE_READER, *(spec for spec in SPECS if spec.id != "patient"), faulty]


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


async def the_bill(client: httpx.AsyncClient, answer: httpx.Response) -> Any:
    return (await told(client, f"/v1/usage/requests/{answer.headers['x-request-id']}"))["total"]


@pytest.mark.parametrize("response_format", ["json", "verbose_json", "text", "srt", "vtt"])
async def test_a_transcript_in_any_form_tells_in_a_header_what_it_came_to(
    client: httpx.AsyncClient, response_format: str
) -> None:
    data = {"model": "whisper-1", "response_format": response_format}
    files = {"file": ("a.wav", tone(440, 600))}
    answer = await client.post("/v1/audio/transcriptions", data=data, files=files)
    usage = json.loads(answer.headers["x-usage"])
    assert (usage["calls"], usage["failed"], usage["audio_in_s"]) == (1, 0, pytest.approx(1.0))
    assert usage == pytest.approx(await the_bill(client, answer))


@pytest.mark.parametrize("response_format", ["mp3", "wav", "pcm"])
async def test_a_sentence_spoken_tells_in_a_header_what_it_came_to(
    client: httpx.AsyncClient, response_format: str
) -> None:
    body = {"model": "tts-1", "input": "0123456789", "response_format": response_format}
    answer = await client.post("/v1/audio/speech", json=body)
    usage = json.loads(answer.headers["x-usage"])
    assert (usage["calls"], usage["characters"]) == (1, 10)
    assert usage == pytest.approx(await the_bill(client, answer))


async def test_what_a_whole_answer_says_of_its_usage_is_in_its_header(client: httpx.AsyncClient) -> None:
    task = await client.post("/v1/tasks/text-to-speech", json={"text": "hi"})
    assert json.loads(task.headers["x-usage"]) == task.json()["usage"]
    sound = {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav(0.5)).decode(), "format": "wav"}}
    content = [{"type": "text", "text": "halve it and say done"}, sound]
    body = {"model": "audiogpt", "messages": [{"role": "user", "content": content}]}
    chat = await client.post("/v1/chat/completions", json=body)
    assert json.loads(chat.headers["x-usage"]) == chat.json()["audiogpt"]["usage"]


@pytest.mark.parametrize("route", ["speech", "transcriptions"])
async def test_events_tell_at_their_end_what_they_came_to(client: httpx.AsyncClient, route: str) -> None:
    if route == "speech":
        body = {"model": "tts-1", "input": "A text of many words. " * 10, "stream_format": "sse"}
        answer = await client.post("/v1/audio/speech", json=body)
    else:
        data, files = {"model": "gpt-4o-transcribe", "stream": "true"}, {"file": ("a.wav", tone(440, 600))}
        answer = await client.post("/v1/audio/transcriptions", data=data, files=files)
    assert "x-usage" not in answer.headers  # it was not known yet
    *_, last = (line for line in answer.text.splitlines() if line.startswith("data: "))
    assert json.loads(last.removeprefix("data: "))["audiogpt"]["usage"] == pytest.approx(await the_bill(client, answer))


async def test_what_is_streamed_is_in_the_reports_as_what_is_answered_whole_is(services: Services) -> None:
    store = TenantStore.from_settings(services.settings)
    for tenant in ("ann", "ops"):
        store.create_tenant(tenant)
    key = store.create_key("ann", ["infer", "usage:read"])
    app = create_app(replace(services, door=Door(store)))
    bearer = [(b"authorization", f"Bearer {key.text}".encode())]
    async with _client(app, key.text) as ann, _client(app, store.create_key("ops", ["admin"]).text) as ops:

        async def used() -> dict[str, tuple[int, float]]:
            report = await told(ops, "/v1/admin/usage", tenant="ann", by="task")
            assert (await told(ann, "/v1/usage", by="task"))["rows"] == report["rows"]
            return {row["of"]: (row["usage"]["calls"], row["usage"]["audio_in_s"]) for row in report["rows"]}

        speech = {"model": "tts-1", "input": "A text of many words. " * 10, "stream_format": "sse"}
        assert (await ann.post("/v1/audio/speech", json=speech)).status_code == 200
        assert await used() == {"text-to-speech": (1, 0)}
        data, files = {"model": "gpt-4o-transcribe", "stream": "true"}, {"file": ("a.wav", tone(440, 600))}
        assert (await ann.post("/v1/audio/transcriptions", data=data, files=files)).status_code == 200
        assert await used() == {"text-to-speech": (1, 0), "speech-recognition": (1, 1)}
        async with connected(app, "/v1/realtime", headers=bearer) as spoken:
            await spoken.until("session.created")
            await spoken.send(type="session.update", session={"audio": {"input": {"turn_detection": None}}})
            second = base64.b64encode(tone(440, 600, sample_rate=24_000)[-48_000:]).decode()
            await spoken.send(type="input_audio_buffer.append", audio=second)
            await spoken.send(type="input_audio_buffer.commit")
            await spoken.until("conversation.item.input_audio_transcription.completed")
            await spoken.send(type="response.create")
            await spoken.until("response.done")
        assert await used() == {"text-to-speech": (2, 0), "speech-recognition": (2, 2)}


async def test_an_error_tells_what_was_tried(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/tasks/speech-translation", json={"text": "x", "target_language": "es"})
    assert answer.status_code >= 500, answer.text
    usage = json.loads(answer.headers["x-usage"])
    assert (usage["calls"], usage["failed"]) == (1, 1)


@pytest.mark.parametrize("path", ["/v1/tasks", "/healthz"])
async def test_an_answer_that_no_model_was_called_for_tells_of_no_usage(client: httpx.AsyncClient, path: str) -> None:
    assert "x-usage" not in (await client.get(path)).headers


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
