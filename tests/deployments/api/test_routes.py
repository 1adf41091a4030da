import asyncio
import io
import json
import re
from dataclasses import replace

import httpx
import numpy as np
import pytest
import soundfile
from prometheus_client.parser import text_string_to_metric_families

from deployments.api.app import create_app
from deployments.api.services import Services
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import ModelUnavailable, StorageUnavailable
from tests.deployments.sounds import wav
from tests.router.dispatching import LONG_S
from tests.router.models import STARTED, STOPPED


async def upload(client: httpx.AsyncClient, data: bytes) -> dict:
    return (await client.post("/v1/artifacts", files={"file": ("clip.wav", data)})).json()


async def samples(client: httpx.AsyncClient, artifact_id: str) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO((await client.get(f"/v1/artifacts/{artifact_id}")).content))


async def test_chat_runs_the_plan_and_returns_every_output(client: httpx.AsyncClient) -> None:
    files = [("files", ("clip.wav", wav(0.5)))]
    reply = (await client.post("/v1/chat", data={"text": "halve it and say done"}, files=files)).json()
    assert [(r["task"], r["state"], r["model"]) for r in reply["results"]] == [
        ("speech-enhancement", "done", "halver"),
        ("text-to-speech", "done", "sine"),
    ]
    assert [(a["name"], a["origin"]) for a in reply["artifacts"]] == [
        ("audio-1", "upload"),
        ("audio-2", "output"),
        ("audio-3", "output"),
    ]
    halved, _ = await samples(client, reply["results"][0]["artifacts"]["audio"]["id"])
    given, _ = soundfile.read(io.BytesIO(wav(0.5)))
    assert np.std(halved) < 0.6 * np.std(given)
    tone, rate = await samples(client, reply["results"][1]["artifacts"]["audio"]["id"])
    assert np.argmax(np.abs(np.fft.rfft(tone))) * rate / len(tone) == 450  # 440 Hz in bins of 25 Hz


async def test_stream_sends_events_in_order(client: httpx.AsyncClient) -> None:
    data = {"text": "halve it twice", "stream": "true"}
    async with client.stream("POST", "/v1/chat", data=data, files=[("files", ("a.wav", wav()))]) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.aiter_lines()]
    kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert kinds == ["planned", "step_started", "step_ended", "step_started", "step_ended", "replied"]
    payloads = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [payload["type"] for payload in payloads] == kinds
    assert payloads[0]["outcome"]["plan"]["steps"][1]["arguments"]["audio"] == {"from": "s1.audio"}


async def test_session_remembers_turns_and_another_one_sees_nothing(client: httpx.AsyncClient) -> None:
    first = (await client.post("/v1/chat", json={"text": "hello"})).json()
    again = (await client.post("/v1/chat", json={"text": "hello again", "session_id": first["session_id"]})).json()
    other = (await client.post("/v1/chat", json={"text": "I am somebody else"})).json()
    assert again["turn"] == 1
    assert other["session_id"] != first["session_id"]
    session = (await client.get(f"/v1/sessions/{first['session_id']}")).json()
    assert [turn["text"] for turn in session["turns"]] == ["hello", "hello again"]
    assert (await client.delete(f"/v1/sessions/{first['session_id']}")).status_code == 204
    assert (await client.get(f"/v1/sessions/{first['session_id']}")).status_code == 404


async def test_plan_is_made_without_running_it(client: httpx.AsyncClient) -> None:
    files = [("files", ("a.wav", wav()))]
    planned = (await client.post("/v1/plans", data={"text": "halve it twice"}, files=files)).json()
    assert planned["outcome"]["kind"] == "plan"
    assert [step["id"] for step in planned["outcome"]["plan"]["steps"]] == ["s1", "s2"]


async def test_plan_by_hand_runs_as_given(client: httpx.AsyncClient) -> None:
    stored = await upload(client, wav())
    step = {"id": "a", "task": "speech-enhancement", "arguments": {"audio": {"artifact": stored["id"]}}}
    reply = (await client.post("/v1/chat", json={"plan": {"steps": [step]}, "artifacts": [stored["id"]]})).json()
    assert reply["results"][0]["state"] == "done"


async def test_task_takes_forms_and_json(client: httpx.AsyncClient) -> None:
    by_form = await client.post("/v1/tasks/speech-enhancement", files={"audio": ("a.wav", wav())})
    stored = await upload(client, wav())
    by_id = await client.post("/v1/tasks/speech-enhancement", json={"audio": stored["id"]})
    by_reference = await client.post("/v1/tasks/speech-enhancement", json={"audio": {"artifact": stored["id"]}})
    ids = {answer.json()["artifacts"]["audio"]["id"] for answer in (by_form, by_id, by_reference)}
    assert len(ids) == 1


async def test_form_values_become_numbers(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/tasks/text-to-speech", data={"text": "{a}", "speed": "1.5"}, files={"x": b""})
    assert response.status_code == 422
    response = await client.post("/v1/tasks/text-to-speech", data={"text": "{a}", "speed": "1.5"})
    assert response.status_code == 200


async def test_artifact_ranges(client: httpx.AsyncClient) -> None:
    data = wav()
    url = (await upload(client, data))["url"]
    whole = await client.get(url)
    assert whole.content == data
    assert whole.headers["content-type"] == "audio/wav"
    part = await client.get(url, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, data[4:8])
    assert part.headers["content-range"] == f"bytes 4-7/{len(data)}"
    assert (await client.get(url, headers={"range": "bytes=-10"})).content == data[-10:]
    assert (await client.get(url, headers={"range": f"bytes={len(data)}-"})).status_code == 416
    assert (await client.head(url)).headers["accept-ranges"] == "bytes"


async def test_artifact_picture_is_a_png(client: httpx.AsyncClient) -> None:
    url = (await upload(client, wav()))["url"]
    picture = await client.get(f"{url}/picture")
    assert picture.content.startswith(b"\x89PNG")
    assert (await client.get(f"{url}/picture?view=frames")).status_code == 422


async def test_tasks_tell_which_are_live_and_why_not(client: httpx.AsyncClient) -> None:
    tasks = {task["id"]: task for task in (await client.get("/v1/tasks")).json()}
    assert len(tasks) == 16
    assert tasks["text-to-speech"]["live"]
    assert tasks["text-to-speech"]["models"] == ["sine"]
    assert not tasks["talking-head-synthesis"]["live"]
    assert tasks["talking-head-synthesis"]["reason"]
    assert (await client.get("/v1/tasks/text-to-speech")).json() == tasks["text-to-speech"]


async def test_models_have_openai_shape(client: httpx.AsyncClient) -> None:
    body = (await client.get("/v1/models")).json()
    assert body["object"] == "list"
    assert all({"id", "object", "created", "owned_by"} <= model.keys() for model in body["data"])


async def test_run_goes_on_without_a_connection(client: httpx.AsyncClient) -> None:
    files = [("files", ("a.wav", wav()))]
    run = (await client.post("/v1/runs", data={"text": "halve it twice"}, files=files)).json()
    async with client.stream("GET", f"/v1/runs/{run['id']}/events?stream=true") as response:
        lines = [line async for line in response.aiter_lines()]
    assert [line for line in lines if line.startswith("event: ")][-1] == "event: replied"
    assert (await client.get(f"/v1/runs/{run['id']}")).json()["state"] == "done"
    page = (await client.get(f"/v1/runs/{run['id']}/events?after=2")).json()
    assert [event["sequence"] for event in page["events"]] == [3, 4, 5, 6]


async def test_cancelled_run_stops_its_model(client: httpx.AsyncClient) -> None:
    STARTED["api"].clear()
    STOPPED["api"].clear()
    run = (await client.post("/v1/runs", json={"text": "wait"})).json()
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    assert (await client.delete(f"/v1/runs/{run['id']}")).status_code == 202
    assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)
    async with client.stream("GET", f"/v1/runs/{run['id']}/events?stream=true") as response:
        lines = [line async for line in response.aiter_lines()]
    assert [line for line in lines if line.startswith("event: ")][-1] == "event: failed"
    assert (await client.get(f"/v1/runs/{run['id']}")).json()["state"] == "cancelled"


async def test_ready_tells_the_models_states(client: httpx.AsyncClient) -> None:
    body = (await client.get("/readyz")).json()
    assert (body["ready"], body["lacking"]) == (True, {})
    assert "sine" in body["live"]
    assert "demanding" in body["off"]


async def test_ready_depends_on_stores_and_planner_and_on_no_model(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ready(changed: Services) -> tuple[int, set[str]]:
        transport = httpx.ASGITransport(create_app(changed))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/readyz")
        return answer.status_code, set(answer.json()["lacking"])

    starting = [entry.model_copy(update={"state": "starting"}) for entry in services.catalog().models]
    assert await ready(replace(services, catalog=lambda: Catalog(models=tuple(starting)))) == (200, set())

    def gone(*arguments: object) -> None:
        raise StorageUnavailable("It did not answer.")

    async def nobody() -> None:
        raise ModelUnavailable("The planner is not available.")

    for part, of, method, instead in (
        ("database", services.database, "check", gone),
        ("artifacts", services.artifacts, "exists", gone),
        ("planner", services.planner, "check", nobody),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(of, method, instead)
            assert await ready(services) == (503, {part})


async def test_openapi_document_is_served(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert "/v1/chat" in document["paths"]


async def test_the_apis_page_loads_its_files_from_this_server(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) == 3
    for address in addresses:
        assert address.startswith("/ui/")
        assert (await client.get(address)).status_code == 200
    assert "url: '/openapi.json'" in page.text or '"/openapi.json"' in page.text


async def test_metrics_count_requests_by_route_and_models_by_state(client: httpx.AsyncClient) -> None:
    for artifact in ("1" * 64, "2" * 64):
        await client.get(f"/v1/artifacts/{artifact}")
    await client.post("/v1/tasks/text-to-speech", json={"text": "hi"})
    text = (await client.get("/metrics")).text
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    labels = (("method", "GET"), ("route", "/v1/artifacts/{artifact_id}"), ("status", "404"))
    labels = (*labels, ("tenant_class", "standard"))
    assert samples["audiogpt_http_requests_total", *labels] == 2
    assert samples["audiogpt_models", ("state", "off")] == 1
    assert samples["audiogpt_live_tasks",] == 3
    assert samples["audiogpt_model_calls", ("model", "sine"), ("state", "waiting")] == 0
