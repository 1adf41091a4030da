import asyncio
import base64
import io
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import soundfile
from openai._models import construct_type
from openai.types.realtime import RealtimeServerEvent

from deployments.api.app import create_app
from deployments.api.realtime.outbox import SEND_TIMEOUT_S
from deployments.api.realtime.routes import PING_S
from deployments.api.services import Services
from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone
from tests.deployments.websockets import Connection, connected
from tests.router.clock import pass_time
from tests.router.dispatching import LONG_S, TENANT
from tests.router.models import STARTED, STOPPED

BY_HAND = {"audio": {"input": {"turn_detection": None}}}


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS]


@pytest.fixture
async def realtime(services: Services) -> AsyncIterator[Connection]:
    async with connected(create_app(services), "/v1/realtime?model=gpt-realtime", "realtime") as connection:
        assert (await connection.receive())["type"] == "session.created"
        yield connection


def pcm(data: bytes) -> str:
    """Return a WAV's samples as the protocol wants them."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == 24_000
    return base64.b64encode(samples.tobytes()).decode()


async def say(connection: Connection, hertz: int) -> None:
    await connection.send(type="session.update", session=BY_HAND)
    await connection.send(type="input_audio_buffer.append", audio=pcm(tone(hertz, sample_rate=24_000)))
    await connection.send(type="input_audio_buffer.commit")


async def test_committed_speech_is_transcribed_and_answered_in_speech(realtime: Connection) -> None:
    await say(realtime, 440)
    await realtime.send(type="response.create")
    events = await realtime.until("response.done")
    kinds = [event["type"] for event in events if event["type"] != "response.output_audio.delta"]
    assert kinds == [
        "session.updated",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "audiogpt.planned",
        "audiogpt.replied",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ]
    by_kind = {event["type"]: event for event in events}
    assert by_kind["conversation.item.input_audio_transcription.completed"]["transcript"] == "440 hertz"
    done = by_kind["response.done"]["response"]
    assert (done["status"], done["output"][0]["content"][0]["transcript"]) == ("completed", "You said: 440 hertz")
    assert done["usage"]["input_token_details"] == {"text_tokens": 3, "audio_tokens": 5, "cached_tokens": 0}
    deltas = [event["delta"] for event in events if event["type"] == "response.output_audio.delta"]
    sound = np.frombuffer(b"".join(base64.b64decode(delta) for delta in deltas), "<i2")
    assert len(sound) / 24_000 == pytest.approx(0.19, abs=0.01)  # a hundredth of a second a character
    assert np.argmax(np.abs(np.fft.rfft(sound, 24_000))) == pytest.approx(440, abs=5)


async def test_events_are_those_of_the_official_client(realtime: Connection) -> None:
    await say(realtime, 440)
    await realtime.send(type="response.create")
    for event in await realtime.until("response.done"):
        if not event["type"].startswith("audiogpt."):
            read: Any = construct_type(type_=RealtimeServerEvent, value=event)
            type(read).model_validate(event)  # strictly, which the client itself does not
            assert read.type == event["type"]


async def test_step_events_tell_of_the_run_and_cancelling_it_stops_the_model(realtime: Connection) -> None:
    STARTED["api"].clear()
    STOPPED["api"].clear()
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "wait"}]}
    await realtime.send(type="conversation.item.create", item=item)
    await realtime.send(type="response.create")
    events = await realtime.until("audiogpt.step_started")
    assert events[-1]["task"] == "speech-translation"
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    await realtime.send(type="response.cancel")
    done = (await realtime.until("response.done"))[-1]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)
    await realtime.send(type="response.cancel")
    assert "none to cancel" in (await realtime.until("error"))[-1]["error"]["message"]


async def test_leaving_stops_the_model(services: Services) -> None:
    STARTED["api"].clear()
    STOPPED["api"].clear()
    async with connected(create_app(services), "/v1/realtime") as connection:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "wait"}]}
        await connection.send(type="conversation.item.create", item=item)
        await connection.send(type="response.create")
        await connection.until("audiogpt.step_started")
        assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)


async def test_another_connection_goes_on_with_the_session(services: Services) -> None:
    app = create_app(services)
    ids = []
    for url in ("/v1/realtime", "/v1/realtime?session_id={}"):
        async with connected(app, url.format(*ids)) as connection:
            created = await connection.receive()
            ids.append(created["session"]["id"])
            await say(connection, 440)
            await connection.send(type="response.create")
            await connection.until("response.done")
    assert ids[0] == ids[1]
    session = services.sessions.get(ids[0].removeprefix("sess_"), TENANT)
    assert [(turn.text, turn.spoken) for turn in session.turns] == [("440 hertz", True)] * 2


async def test_text_answers_come_as_text(realtime: Connection) -> None:
    await realtime.send(type="session.update", session={"output_modalities": ["text"]})
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    await realtime.send(type="conversation.item.create", item=item)
    await realtime.send(type="response.create")
    events = {event["type"]: event for event in await realtime.until("response.done")}
    assert events["response.output_text.done"]["text"] == "You said: hello"
    assert "response.output_audio.delta" not in events


async def test_settings_change_one_by_one(realtime: Connection) -> None:
    changes = {"audio": {"input": {"turn_detection": {"silence_duration_ms": 800}}, "output": {"speed": 1.2}}}
    await realtime.send(type="session.update", session=changes)
    audio = (await realtime.until("session.updated"))[-1]["session"]["audio"]
    assert audio["input"]["turn_detection"]["silence_duration_ms"] == 800
    assert audio["input"]["turn_detection"]["threshold"] == 0.5
    assert audio["output"]["speed"] == 1.2


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}, "audio/pcm"),
        ({"type": "session.update", "session": {"audio": {"output": {"speed": 9}}}}, "speed"),
        ({"type": "input_audio_buffer.append", "audio": "*"}, "base64"),
        ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "half a sample"),
        ({"type": "input_audio_buffer.commit"}, "at least 100 ms"),
        ({"type": "response.create"}, "nothing to answer"),
        ({"type": "no.such.event"}, "it must be one of"),
    ],
)
async def test_mistakes_are_error_events_and_the_connection_goes_on(
    realtime: Connection, event: dict[str, Any], words: str
) -> None:
    await realtime.send(**event)
    error = (await realtime.until("error"))[-1]["error"]
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]
    await realtime.send(type="audiogpt.ping")
    await realtime.until("audiogpt.pong")


async def test_input_buffer_is_bounded(realtime: Connection) -> None:
    await realtime.send(type="session.update", session=BY_HAND)
    half_a_minute = base64.b64encode(bytes(2 * 24_000 * 30)).decode()
    for _ in range(5):
        await realtime.send(type="input_audio_buffer.append", audio=half_a_minute)
    assert "holds 120 s" in (await realtime.until("error"))[-1]["error"]["message"]
    await realtime.send(type="input_audio_buffer.clear")
    await realtime.until("input_audio_buffer.cleared")


@pytest.mark.parametrize(
    ("query", "code"),
    [("model=gpt-9", "model_not_found"), (f"session_id={'0' * 32}", "not_found"), ("session_id=x", "invalid_value")],
)
async def test_wrong_address_is_told_and_closed(services: Services, query: str, code: str) -> None:
    async with connected(create_app(services), f"/v1/realtime?{query}") as connection:
        assert (await connection.receive())["error"]["code"] == code
        assert (await connection.receive())["type"] == "websocket.close"


async def test_client_that_stops_listening_is_let_go_and_its_model_stopped(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    STARTED["api"].clear()
    STOPPED["api"].clear()
    async with connected(create_app(services), "/v1/realtime") as connection:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "wait"}]}
        await connection.send(type="conversation.item.create", item=item)
        await connection.send(type="response.create")
        await connection.until("audiogpt.step_started")
        assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
        connection.listening.clear()
        pass_time(PING_S, monkeypatch)
        for _ in ("ping", "close"):
            await asyncio.wait_for(connection.kept_waiting.acquire(), LONG_S)
            pass_time(SEND_TIMEOUT_S, monkeypatch)
        assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)


def typed(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def test_binary_message_is_told_and_the_connection_goes_on(realtime: Connection) -> None:
    await realtime.to_app.put({"type": "websocket.receive", "bytes": b"RIFF"})
    assert "was binary" in (await realtime.until("error"))[-1]["error"]["message"]
    await realtime.send(type="audiogpt.ping")
    await realtime.until("audiogpt.pong")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "no.such.event"}, "invalid_value"),
        ({}, "missing_required_parameter"),
        ({"type": "input_audio_buffer.append"}, "missing_required_parameter"),
        ({"type": "input_audio_buffer.append", "audio": 5}, "invalid_type"),
    ],
)
async def test_mistakes_have_the_codes_and_ids_clients_look_for(
    realtime: Connection, event: dict[str, Any], code: str
) -> None:
    await realtime.send(event_id="mine", **event)
    error = (await realtime.until("error"))[-1]["error"]
    assert (error["code"], error["event_id"]) == (code, "mine")


async def test_second_answer_at_a_time_is_refused_with_its_code(realtime: Connection) -> None:
    STARTED["api"].clear()
    await realtime.send(type="conversation.item.create", item=typed("wait"))
    await realtime.send(type="response.create")
    await realtime.until("audiogpt.step_started")
    await realtime.send(type="response.create")
    assert (await realtime.until("error"))[-1]["error"]["code"] == "conversation_already_has_active_response"


async def test_all_that_was_typed_is_answered(realtime: Connection) -> None:
    for text in ("one", "two"):
        await realtime.send(type="conversation.item.create", item=typed(text))
    await realtime.send(type="response.create")
    done = (await realtime.until("response.done"))[-1]["response"]
    assert done["output"][0]["content"][0]["transcript"] == "You said: one two"


async def test_one_answer_may_come_as_text(realtime: Connection) -> None:
    for answer in ({"output_modalities": ["text"]}, {"modalities": ["text"]}):
        await realtime.send(type="conversation.item.create", item=typed("hello"))
        await realtime.send(type="response.create", response=answer)
        kinds = [event["type"] for event in await realtime.until("response.done")]
        assert "response.output_text.done" in kinds
        assert "response.output_audio.delta" not in kinds
    await realtime.send(type="conversation.item.create", item=typed("hello"))
    await realtime.send(type="response.create")
    assert "response.output_audio.delta" in [event["type"] for event in await realtime.until("response.done")]


async def test_settings_of_earlier_sessions_are_honoured(realtime: Connection) -> None:
    flat = {"turn_detection": None, "input_audio_format": "pcm16", "modalities": ["audio", "text"], "speed": 1.2}
    await realtime.send(type="session.update", session=flat)
    session = (await realtime.until("session.updated"))[-1]["session"]
    assert session["audio"]["input"]["turn_detection"] is None
    assert session["audio"]["output"]["speed"] == 1.2
    assert session["output_modalities"] == ["audio"]


@pytest.mark.parametrize(
    "settings",
    [
        {"input_audio_format": "g711_ulaw"},
        {"output_audio_format": "g711_alaw"},
        {"modalities": ["video"]},
        {"audio": {"input": {"noise_reduction": {"type": "near_field"}}}},
        {"input_audio_noise_reduction": {"type": "far_field"}},
        {"turn_detection": {"type": "semantic_vad"}},
        {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 8000}}}},
        {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000, "channels": 2}}}},
        {"input_audio_sample_rate": 16000},
        {"turn_detecton": None},
        {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}}},
        {"tools": [{"type": "function", "name": "lamp"}]},
        {"include": ["item.input_audio_transcription.logprobs"]},
    ],
)
async def test_settings_that_would_change_the_sound_are_not_dropped(
    realtime: Connection, settings: dict[str, Any]
) -> None:
    await realtime.send(type="session.update", session=settings, event_id="mine")
    error = (await realtime.until("error"))[-1]["error"]
    assert error["event_id"] == "mine"
    assert "The session is invalid" in error["message"]


async def test_a_session_may_be_sent_back_as_it_came(realtime: Connection) -> None:
    await realtime.send(type="session.update", session={})
    session = (await realtime.until("session.updated"))[-1]["session"]
    steering = {"instructions": "Be kind.", "temperature": 0.8, "max_output_tokens": "inf", "tools": []}
    await realtime.send(type="session.update", session=session | steering)
    assert (await realtime.until("session.updated"))[-1]["session"] == session


async def test_long_prompts_and_names_of_languages_are_taken(realtime: Connection) -> None:
    heard = {"model": "whisper-1", "language": "English", "prompt": "word " * 1_000 + "Dashwood"}
    await realtime.send(type="session.update", session={"input_audio_transcription": heard})
    transcription = (await realtime.until("session.updated"))[-1]["session"]["audio"]["input"]["transcription"]
    assert transcription["language"] == "en"
    assert transcription["prompt"].endswith("word Dashwood")


async def test_no_other_answer_is_cancelled_than_the_one_named(realtime: Connection) -> None:
    STARTED["api"].clear()
    await realtime.send(type="conversation.item.create", item=typed("wait"))
    await realtime.send(type="response.create")
    made = (await realtime.until("audiogpt.step_started"))[-1]["response_id"]
    await realtime.send(type="response.cancel", response_id="resp_other")
    error = (await realtime.until("error"))[-1]["error"]
    assert error["code"] == "response_cancel_not_active"
    assert f"is '{made}', not 'resp_other'" in error["message"]
    await realtime.send(type="response.cancel", response_id=made)
    assert (await realtime.until("response.done"))[-1]["response"]["status"] == "cancelled"


async def test_an_item_behind_one_that_is_not_there_is_refused(realtime: Connection) -> None:
    first = typed("one") | {"id": "mine"}
    await realtime.send(type="conversation.item.create", item=first)
    await realtime.until("conversation.item.done")
    await realtime.send(type="conversation.item.create", item=typed("two"), previous_item_id="other")
    assert "'other', which is no item of this connection" in (await realtime.until("error"))[-1]["error"]["message"]
    await realtime.send(type="conversation.item.create", item=first)
    assert "'mine' is there already" in (await realtime.until("error"))[-1]["error"]["message"]
    await realtime.send(type="conversation.item.create", item=typed("three"), previous_item_id="mine")
    assert (await realtime.until("conversation.item.done"))[-1]["previous_item_id"] == "mine"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "no.such.event"}, "'type' is 'no.such.event': it must be one of: 'session.update'"),
        ({}, "'type' is missing"),
        ({"type": "input_audio_buffer.append", "audio": "AAAA", "sample_rate": 16000}, "'sample_rate' is unknown"),
        ({"type": "response.create", "response": {"tools": [1]}}, "'response.tools' is [1]: it must have 0 or fewer"),
        ({"type": "response.create", "response": {"output_audio_rate": 8000}}, "'response.output_audio_rate' is unk"),
        ({"type": "session.update", "session": {"audio": {"input": {"gain": 2}}}}, "'audio.input.gain' is unknown"),
    ],
)
async def test_mistakes_are_told_in_words(realtime: Connection, event: dict[str, Any], words: str) -> None:
    await realtime.send(**event)
    assert words in (await realtime.until("error"))[-1]["error"]["message"]


async def test_sound_in_base64_of_any_writing_is_taken(realtime: Connection) -> None:
    plain = pcm(tone(440, sample_rate=24_000))
    broken = "\r\n".join(plain[start : start + 76] for start in range(0, len(plain), 76))
    await realtime.send(type="session.update", session=BY_HAND)
    for text in (plain, broken, plain.replace("+", "-").replace("/", "_").rstrip("=")):
        await realtime.send(type="input_audio_buffer.append", audio=text)
        await realtime.send(type="input_audio_buffer.commit")
        events = await realtime.until("conversation.item.input_audio_transcription.completed")
        assert events[-1]["transcript"] == "440 hertz"


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"type": NaN}', "null", "[]", '"\\ud800"', "a" * 2_300_000])
async def test_text_that_is_no_event_is_told(realtime: Connection, text: str) -> None:
    await realtime.to_app.put({"type": "websocket.receive", "text": text})
    assert (await realtime.until("error"))[-1]["error"]["type"] == "invalid_request_error"
    await realtime.send(type="audiogpt.ping")
    await realtime.until("audiogpt.pong")


async def test_what_is_typed_has_the_bound_of_all_requests(realtime: Connection) -> None:
    await realtime.send(type="conversation.item.create", item=typed("a" * 20_001))
    assert "20,001 characters" in (await realtime.until("error"))[-1]["error"]["message"]
    for _ in range(2):
        await realtime.send(type="conversation.item.create", item=typed("a" * 12_000))
    assert "24,001 characters" in (await realtime.until("error"))[-1]["error"]["message"]
