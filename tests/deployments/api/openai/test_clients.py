"""Requests as other clients send them, byte for byte but for the sound itself."""

import json
import struct
from typing import Any

import httpx
import pytest

from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone

NODE = {
    "user-agent": "OpenAI/JS 6.9.1",
    "x-stainless-lang": "js",
    "x-stainless-package-version": "6.9.1",
    "x-stainless-retry-count": "0",
    "x-stainless-runtime": "node",
    "authorization": "Bearer sk-none",
}


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS]


def multipart(boundary: str, *parts: tuple[str, bytes]) -> tuple[bytes, dict[str, str]]:
    """Return a body of parts with the given header lines, and its content type."""
    body = b"".join(
        b"--" + boundary.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts
    )
    return body + b"--" + boundary.encode() + b"--\r\n", {"content-type": f"multipart/form-data; boundary={boundary}"}


def field(name: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"'


def endless(data: bytes) -> bytes:
    """Return a WAV as a recorder streams it, its lengths left open."""
    return data[:4] + struct.pack("<I", 0xFFFFFFFF) + data[8:40] + struct.pack("<I", 0xFFFFFFFF) + data[44:]


CURL = multipart(
    "------------------------d74496d66958873e",
    (f'{field("file")}; filename="speech.wav"\r\nContent-Type: audio/wav', tone(440)),
    (field("model"), b"whisper-1"),
)
CURL_VERBOSE = multipart(
    "------------------------8d2c0a5b1f3e4d6a",
    (f'{field("file")}; filename="speech.wav"\r\nContent-Type: application/octet-stream', tone(440)),
    (field("timestamp_granularities[]"), b"word"),
    (field("model"), b"whisper-1"),
    (field("response_format"), b"verbose_json"),
)
NODE_FORM = multipart(
    "----formdata-undici-027484592317",
    (f'{field("file")}; filename="speech.wav"\r\nContent-Type: application/octet-stream', tone(440)),
    (field("model"), b"gpt-4o-mini-transcribe"),
    (field("stream"), b"true"),
    (field("response_format"), b"json"),
)
HOME_ASSISTANT = multipart(
    "9d1c0e7c3e0c4c1fb2a1d2f3a4b5c6d7",
    (f'{field("file")}; filename="audio.wav"\r\nContent-Type: audio/wav', endless(tone(440))),
    (field("model"), b"whisper-1"),
    (field("language"), b"en"),
    (field("temperature"), b"0.2"),
    (field("prompt"), b"Home Assistant, Kueche"),
    (field("response_format"), b"json"),
)
OPEN_WEBUI = multipart(
    "3b9b2e9f7d6c5a4f8e7d6c5b4a392817",
    (f'{field("file")}; filename="7f0d9c66-recording.wav"\r\nContent-Type: audio/wav', tone(440)),
    (field("model"), b"whisper-1"),
    (field("language"), b""),
)


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        pytest.param(CURL, {"user-agent": "curl/8.14.1", "accept": "*/*"}, id="curl"),
        pytest.param(HOME_ASSISTANT, {"user-agent": "HomeAssistant/2026.10 aiohttp/3.13"}, id="home-assistant"),
        pytest.param(OPEN_WEBUI, {"authorization": "Bearer none"}, id="open-webui"),
    ],
)
async def test_recording_is_transcribed(
    client: httpx.AsyncClient, form: tuple[bytes, dict[str, str]], headers: dict[str, str]
) -> None:
    body, content_type = form
    answer = await client.post("/v1/audio/transcriptions", content=body, headers=headers | content_type)
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == "440 hertz"


async def test_curl_gets_words(client: httpx.AsyncClient) -> None:
    body, content_type = CURL_VERBOSE
    answer = (await client.post("/v1/audio/transcriptions", content=body, headers=content_type)).json()
    assert answer["words"] == [{"word": "440", "start": 0.0, "end": 0.5}]
    assert answer["task"] == "transcribe"
    assert "segments" not in answer


async def test_javascript_client_streams_a_transcript(client: httpx.AsyncClient) -> None:
    body, content_type = NODE_FORM
    answer = await client.post("/v1/audio/transcriptions", content=body, headers=NODE | content_type)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line]
    assert [event["type"] for event in events] == ["transcript.text.delta", "transcript.text.done"]
    assert events[-1]["text"] == "440 hertz"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"model": "tts-1", "input": "Hello.", "voice": "alloy"}, id="open-webui"),
        pytest.param(
            {"model": "tts-1", "input": "Hello.", "voice": "shimmer", "speed": 1.0, "response_format": "mp3"},
            id="home-assistant",
        ),
        pytest.param({"input": "Hello.", "model": "gpt-4o-mini-tts", "voice": {"id": "alloy"}}, id="javascript"),
    ],
)
async def test_text_is_spoken_as_mp3(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post("/v1/audio/speech", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/mpeg"), answer.text
    assert answer.content[:2] in (b"\xff\xfb", b"\xff\xf3", b"ID")


LANGCHAIN: dict[str, Any] = {
    "messages": [
        {"content": "You are a helpful assistant.", "role": "system"},
        {"content": "hello", "role": "user"},
    ],
    "model": "audiogpt",
    "n": 1,
    "stream": False,
    "temperature": 0.7,
    "max_completion_tokens": 512,
}
OPEN_WEBUI_TITLE: dict[str, Any] = {
    "model": "audiogpt",
    "messages": [{"role": "user", "content": "hello"}],
    "stream": False,
    "max_completion_tokens": 1000,
}
NODE_CHAT: dict[str, Any] = {
    "model": "audiogpt",
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
    ],
    "store": False,
    "parallel_tool_calls": None,
}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(LANGCHAIN, id="langchain"),
        pytest.param(OPEN_WEBUI_TITLE, id="open-webui"),
        pytest.param(NODE_CHAT, id="javascript"),
    ],
)
async def test_chat_is_answered(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post("/v1/chat/completions", json=body, headers=NODE)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "You said: hello"


@pytest.mark.parametrize(
    ("body", "with_usage"),
    [
        pytest.param(LANGCHAIN | {"stream": True, "stream_options": {"include_usage": True}}, True, id="langchain"),
        pytest.param(OPEN_WEBUI_TITLE | {"stream": True}, False, id="open-webui"),
    ],
)
async def test_chat_is_streamed(client: httpx.AsyncClient, body: dict[str, Any], with_usage: bool) -> None:
    answer = await client.post("/v1/chat/completions", json=body)
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    assert text == "You said: hello"
    assert ("usage" in chunks[-1]) == with_usage
    assert (chunks[-1]["choices"] == []) == with_usage


async def test_open_webui_lists_models(client: httpx.AsyncClient) -> None:
    body = (await client.get("/v1/models", headers={"authorization": "Bearer none"})).json()
    assert body["object"] == "list"
    assert all({"id", "object", "created", "owned_by"} <= model.keys() for model in body["data"])
    assert "audiogpt" in [model["id"] for model in body["data"]]
