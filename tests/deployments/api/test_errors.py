import asyncio
import errno
import io
import struct

import httpx
import numpy as np
import pytest
import soundfile

from deployments.api.services import Services
from router.spec import ModelSpec
from tests.deployments.sounds import wav
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S
from tests.router.models import STARTED


def nan_wav() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.full(800, np.nan, np.float32), 16_000, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def check_error(response: httpx.Response, status: int, code: str, *words: str) -> None:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"type", "code", "message", "param", "hint", "request_id"}
    assert error["code"] == code
    assert error["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    for word in words:
        assert word in error["message"]


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("empty.wav", b"", 422, "invalid_input"),
        ("no-samples.wav", wav(0.0), 422, "invalid_input"),
        ("nan.wav", nan_wav(), 422, "invalid_input"),
        ("cut.flac", b"fLaC" + b"\0" * 30, 415, "unsupported_media"),
        ("noise.bin", bytes(range(256)) * 8, 415, "unsupported_media"),
        ("text.wav", b"this is no recording\n" * 20, 415, "unsupported_media"),
        ("header.wav", wav()[:20], 415, "unsupported_media"),
        ("long.wav", wav(61.0, sample_rate=8_000, subtype="PCM_U8"), 413, "too_large"),
    ],
)
async def test_unusable_upload_gets_a_clear_answer(
    client: httpx.AsyncClient, name: str, data: bytes, status: int, code: str
) -> None:
    check_error(await client.post("/v1/artifacts", files={"file": (name, data)}), status, code)


@pytest.mark.parametrize(
    ("data", "sample_rate", "channels"),
    [
        (wav(subtype="PCM_U8"), 16_000, 1),
        (wav(0.05, sample_rate=192_000), 192_000, 1),
        (wav(channels=8), 16_000, 8),
        (wav(subtype="PCM_24"), 16_000, 1),
        (wav(subtype="FLOAT"), 16_000, 1),
    ],
)
async def test_unusual_wav_is_taken(client: httpx.AsyncClient, data: bytes, sample_rate: int, channels: int) -> None:
    response = await client.post("/v1/artifacts", files={"file": ("a.wav", data)})
    assert response.status_code == 201
    assert (response.json()["sample_rate"], response.json()["channels"]) == (sample_rate, channels)


async def test_body_over_the_limit_is_refused_by_its_announced_length(client: httpx.AsyncClient) -> None:
    check_error(await client.post("/v1/artifacts", content=b"\0" * (2**20 + 1)), 413, "too_large", "1,048,576")


async def test_body_over_the_limit_is_refused_while_it_arrives(client: httpx.AsyncClient) -> None:
    async def chunks():
        for _ in range(40):
            yield b"\0" * 2**15

    check_error(await client.post("/v1/artifacts", content=chunks()), 413, "too_large", "1,048,576")


async def test_too_many_attachments_are_refused(client: httpx.AsyncClient) -> None:
    files = [("files", (f"{i}.wav", wav(0.01))) for i in range(4)]
    response = await client.post("/v1/chat", data={"text": "hello"}, files=files)
    check_error(response, 413, "too_large", "4 attachments", "at most 3")


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/v1/tasks/no-such-task", {}, "speech-recognition"),
        ("POST", "/v1/tasks/text-to-speech?model=nobody", {"text": "a"}, "sine"),
        ("GET", f"/v1/artifacts/{'0' * 64}", None, "upload"),
        ("GET", f"/v1/sessions/{'0' * 32}", None, ""),
        ("GET", f"/v1/runs/{'0' * 32}", None, ""),
        ("GET", "/v1/nowhere", None, "/v1/nowhere"),
        ("POST", "/v1/chat", {"text": "hi", "session_id": "0" * 32}, ""),
    ],
)
async def test_unknown_thing_is_404(
    client: httpx.AsyncClient, method: str, path: str, body: dict | None, words: str
) -> None:
    response = await client.request(method, path, json=body)
    assert response.json()["error"]["code"] == "not_found", response.text
    assert response.status_code == 404
    assert words in response.text


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/tasks/text-to-speech", {"text": "a", "speed": "fast"}, "speed"),
        ("/v1/tasks/text-to-speech", {"text": "a", "speed": 99}, "speed"),
        ("/v1/tasks/text-to-speech", {}, "text"),
        ("/v1/tasks/text-to-speech", {"text": "a", "colour": "red"}, "colour"),
        ("/v1/tasks/speech-enhancement", {"audio": "nonsense"}, "audio"),
        ("/v1/tasks/speech-enhancement", {"audio": 5}, "audio"),
        ("/v1/chat", {"text": 5}, "text"),
        ("/v1/chat", {}, "text"),
        ("/v1/chat", {"text": "hi", "session_id": "../../etc"}, "session_id"),
        ("/v1/chat", {"text": "hi", "timeout_s": -1}, "timeout_s"),
    ],
)
async def test_wrong_argument_is_422_with_the_field(
    client: httpx.AsyncClient, path: str, body: dict, param: str
) -> None:
    response = await client.post(path, json=body)
    check_error(response, 422, "invalid_input")
    assert response.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/v1/chat", {"text": "hi", "timeout_s": 0}, "'timeout_s' is 0: it must be above 0"),
        ("/v1/tasks/text-to-speech", {"text": "hi", "speed": 9}, "'speed' is 9: it must be at most 4"),
        ("/v1/audio/speech", {"model": "tts-1", "input": "hi", "speed": 9}, "'speed' is 9: it must be at most 4"),
        ("/v1/archives", {"files": []}, "'files' is []: it must have 1 or more entries"),
        ("/v1/audio/speech", {"model": "tts-1"}, "'input' is missing"),
        ("/v1/archives", {"files": [{"artifact": "a", "name": "b", "more": 1}]}, "'files.0.more' is unknown"),
    ],
)
async def test_what_does_not_fit_is_said_in_the_same_words_everywhere(
    client: httpx.AsyncClient, path: str, body: dict, message: str
) -> None:
    error = (await client.post(path, json=body)).json()["error"]
    assert message in error["message"]


async def test_body_that_is_not_json_is_422(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/chat", content=b"{not json", headers={"content-type": "application/json"})
    check_error(response, 422, "invalid_input", "JSON")


@pytest.mark.parametrize(
    "steps",
    [
        [
            {"id": "a", "task": "speech-enhancement", "arguments": {"audio": {"from": "b.audio"}}},
            {"id": "b", "task": "speech-enhancement", "arguments": {"audio": {"from": "a.audio"}}},
        ],
        [{"id": "a", "task": "speech-enhancement", "arguments": {"audio": {"from": "missing.audio"}}}],
        [{"id": "a", "task": "speech-enhancement", "arguments": {"audio": {"artifact": "audio-9"}}}],
        [{"id": "a", "task": "singing", "arguments": {}}],
    ],
)
async def test_broken_plan_is_refused(client: httpx.AsyncClient, steps: list[dict]) -> None:
    check_error(await client.post("/v1/chat", json={"plan": {"steps": steps}}), 422, "invalid_plan")


@pytest.mark.parametrize("specs", [[ModelSpec(id="faulty", wrapper="tests.router.models:Faulty", args={"name": "x"})]])
async def test_raising_model_is_reported_and_hides_no_traceback(client: httpx.AsyncClient) -> None:
    body = {"text": "x", "target_language": "es"}
    check_error(await client.post("/v1/tasks/speech-translation", json=body), 500, "model_failed")


async def test_hanging_model_ends_at_the_deadline(
    services: Services, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    STARTED["api"].clear()
    answer = asyncio.create_task(client.post("/v1/chat", json={"text": "wait", "timeout_s": LONG_S}))
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    pass_time(LONG_S, monkeypatch)
    response = await answer
    assert response.status_code == 200
    states = {result["id"]: result["state"] for result in response.json()["results"]}
    assert states == {"s1": "failed", "s2": "skipped"}
    assert response.json()["results"][0]["error"]["code"] == "deadline_exceeded"


async def test_off_model_says_what_to_install(client: httpx.AsyncClient) -> None:
    models = {model["id"]: model for model in (await client.get("/v1/models")).json()["data"]}
    assert models["demanding"]["state"] == "off"
    assert "apt-get install no-such-package" in models["demanding"]["reason"]


async def test_request_id_of_the_caller_is_kept_if_it_is_well_formed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert (await client.get("/healthz", headers={"x-request-id": "a b"})).headers["x-request-id"] != "a b"


def test_wav_header_is_what_the_tests_think() -> None:
    assert struct.unpack("<H", wav(channels=8)[22:24]) == (8,)


async def test_an_upload_that_finds_no_room_while_it_comes_is_told_so(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(services.artifacts, "upload", full)
    answer = await client.post("/v1/artifacts", files={"file": ("a.wav", wav())})
    check_error(answer, 507, "storage_full", "no room on the disk")
