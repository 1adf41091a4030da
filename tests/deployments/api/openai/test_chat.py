import base64
import json
from typing import Any

import httpx
import numpy as np
import openai
import pytest

from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone, wav

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC"
REMOTE_PICTURE = {"type": "image_url", "image_url": {"url": "http://a/b.png"}}
BROKEN_SOUND = {"type": "input_audio", "input_audio": {"data": "*", "format": "wav"}}


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS]


def audio_part(data: bytes) -> dict[str, Any]:
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(data).decode(), "format": "wav"}}


def user(*parts: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "content": content}


async def ask(client: httpx.AsyncClient, *messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"model": "audiogpt", "messages": list(messages), **fields}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_plain_chat_has_openais_shape(api: openai.AsyncOpenAI) -> None:
    answer = await api.chat.completions.create(model="audiogpt", messages=[{"role": "user", "content": "hello there"}])
    assert answer.id.startswith("chatcmpl-")
    assert (answer.object, answer.model) == ("chat.completion", "audiogpt")
    (choice,) = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "You said: hello there")
    assert (choice.finish_reason, choice.index, choice.message.audio) == ("stop", 0, None)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens == 3


async def test_plan_runs_over_an_attached_sound_and_its_files_are_linked(client: httpx.AsyncClient) -> None:
    answer = await ask(client, user("halve it and say done", audio_part(wav(0.5))))
    turn = answer["audiogpt"]
    assert [(result["task"], result["state"]) for result in turn["results"]] == [
        ("speech-enhancement", "done"),
        ("text-to-speech", "done"),
    ]
    assert [file["name"] for file in turn["files"]] == ["audio-2", "audio-3"]
    assert f"[audio-2](http://localhost{turn['files'][0]['url']})" in answer["choices"][0]["message"]["content"]
    assert (await client.get(turn["files"][0]["url"])).headers["content-type"] == "audio/wav"
    assert answer["usage"]["prompt_tokens_details"]["audio_tokens"] == 5  # half a second


async def test_lone_sound_is_the_request_itself(client: httpx.AsyncClient) -> None:
    answer = await ask(client, user(audio_part(tone(440))))
    assert answer["choices"][0]["message"]["content"] == "You said: 440 hertz"


async def test_spoken_answer_is_the_reply_and_its_id_goes_on_with_the_session(api: openai.AsyncOpenAI) -> None:
    first = await api.chat.completions.create(
        model="gpt-4o-audio-preview",
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
        messages=[{"role": "user", "content": "hello"}],
    )
    audio = first.choices[0].message.audio
    assert audio is not None
    assert first.choices[0].message.content is None
    assert audio.transcript == "You said: hello"
    samples = np.frombuffer(base64.b64decode(audio.data)[44:], "<i2")
    assert len(samples) / 24_000 == pytest.approx(0.15, abs=0.01)  # a hundredth of a second a character
    second = await api.chat.completions.create(
        model="audiogpt",
        messages=[
            {"role": "user", "content": "hello"},
            {"role": "assistant", "audio": {"id": audio.id}},
            {"role": "user", "content": "again"},
        ],
    )
    turns = [answer.model_extra["audiogpt"] for answer in (first, second)]  # type: ignore[index]
    assert turns[0]["session_id"] == turns[1]["session_id"]
    assert turns[1]["turn"] == 1


@pytest.mark.parametrize("by", ["header", "metadata"])
async def test_named_session_goes_on(client: httpx.AsyncClient, by: str) -> None:
    session = (await client.post("/v1/sessions")).json()["id"]
    named: dict[str, Any] = {"metadata": {"session_id": session}} if by == "metadata" else {}
    headers = {"X-Session-Id": session} if by == "header" else {}
    body = {"model": "audiogpt", "messages": [user("one")], **named}
    for turn in range(2):
        answer = await client.post("/v1/chat/completions", json=body, headers=headers)
        assert answer.headers["x-session-id"] == session
        assert answer.json()["audiogpt"]["turn"] == turn


async def test_messages_tell_a_new_session_what_was_said_and_made(client: httpx.AsyncClient) -> None:
    asked = user("halve it and say done", audio_part(wav(0.5)))
    first = await ask(client, {"role": "system", "content": "Be brief."}, asked)
    reply = first["choices"][0]["message"]
    second = await ask(client, asked, {"role": "assistant", "content": reply["content"]}, user("and now?"))
    assert second["audiogpt"]["session_id"] != first["audiogpt"]["session_id"]
    session = (await client.get(f"/v1/sessions/{second['audiogpt']['session_id']}")).json()
    assert [turn["text"] for turn in session["turns"]] == ["halve it and say done", "and now?"]
    assert [(row["name"], row["origin"], row["turn"]) for row in session["artifacts"]] == [
        ("audio-1", "upload", 0),
        ("audio-2", "output", 0),
        ("audio-3", "output", 0),
    ]
    made = [file["id"] for file in first["audiogpt"]["files"]]
    assert [row["ref"]["id"] for row in session["artifacts"][1:]] == made


async def test_stream_tells_the_plan_in_a_field_stock_clients_ignore(api: openai.AsyncOpenAI) -> None:
    stream = await api.chat.completions.create(
        model="audiogpt",
        messages=[user("halve it and say done", audio_part(wav(0.5)))],  # type: ignore[list-item]
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    events = [chunk.model_extra["audiogpt"]["type"] for chunk in chunks if "audiogpt" in (chunk.model_extra or {})]
    assert events[0] == "planned"
    assert events[-1] == "replied"
    assert sorted(events[1:-1]) == ["step_ended", "step_ended", "step_started", "step_started"]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "/v1/artifacts/" in text
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


async def test_streamed_speech_has_id_transcript_data_and_expiry(client: httpx.AsyncClient) -> None:
    audio = {"voice": "alloy", "format": "pcm16"}
    body = {"model": "audiogpt", "stream": True, "modalities": ["text", "audio"], "audio": audio}
    answer = await client.post("/v1/chat/completions", json=body | {"messages": [user("hello")]})
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    deltas = [choice["delta"] for line in lines[:-1] for choice in json.loads(line)["choices"]]
    sound = [delta["audio"] for delta in deltas if "audio" in delta]
    assert sound[0]["transcript"] == "You said: hello"
    assert sound[0]["id"].startswith("audio_")
    assert len(b"".join(base64.b64decode(piece["data"]) for piece in sound if "data" in piece)) == 2 * 3_600
    assert set(sound[-1]) == {"expires_at"}


async def test_error_on_the_way_ends_the_stream_in_openais_shape(api: openai.AsyncOpenAI) -> None:
    stream = await api.chat.completions.create(
        model="audiogpt",
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
        extra_headers={"X-Session-Id": "0" * 32},
    )
    with pytest.raises(openai.APIError, match="does not exist"):
        _ = [chunk async for chunk in stream]


async def test_pictures_and_files_are_stored(client: httpx.AsyncClient) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    note = {"type": "file", "file": {"filename": "note.txt", "file_data": "data:text/plain,la%20la"}}
    answer = await ask(client, user("hello", picture, note))
    session = (await client.get(f"/v1/sessions/{answer['audiogpt']['session_id']}")).json()
    assert [(row["name"], row["file_name"]) for row in session["artifacts"]] == [
        ("image-1", None),
        ("text-1", "note.txt"),
    ]


@pytest.mark.parametrize(
    ("fields", "status", "param", "words"),
    [
        ({"model": "gpt-9"}, 404, "model", "audiogpt"),
        ({"model": "sine"}, 404, "model", "audiogpt"),
        ({"messages": []}, 400, "messages", ""),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, 400, None, "role 'user'"),
        ({"messages": [{"role": "user", "content": ""}]}, 400, "messages", "empty"),
        ({"messages": [{"role": "tool", "content": "hi", "tool_call_id": "x"}]}, 400, "messages.0.role", ""),
        ({"messages": [user({"type": "video_url", "video_url": {"url": "x"}})]}, 400, None, "video_url"),
        ({"messages": [user("a", REMOTE_PICTURE)]}, 400, "image_url.url", "data URLs"),
        ({"messages": [user("a", audio_part(b""))]}, 400, None, "empty"),
        ({"messages": [user("a", BROKEN_SOUND)]}, 400, "input_audio.data", "base64"),
        ({"modalities": ["text", "audio"]}, 400, None, "'audio'"),
        ({"n": 2}, 400, "n", ""),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, 400, "tools", ""),
        ({"response_format": {"type": "json_object"}}, 400, "response_format.type", "text"),
        ({"metadata": {"session_id": "../etc"}}, 400, "metadata", "32 hexadecimal"),
        ({"metadata": {"session_id": "0" * 32}}, 404, None, ""),
    ],
)
async def test_what_cannot_be_honoured_is_refused_in_openais_shape(
    client: httpx.AsyncClient, fields: dict[str, Any], status: int, param: str | None, words: str
) -> None:
    body = {"model": "audiogpt", "messages": [user("hello")], **fields}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    if param:
        assert error["param"] == param
    assert words in error["message"]
