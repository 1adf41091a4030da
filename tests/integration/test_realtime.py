"""A spoken dialogue of two turns over /v1/realtime, with OpenAI's own client and real weights."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import openai
import pytest

from tests.integration.conftest import System

RATE = 24_000  # Hz
PIECE_S = 0.1
PATIENCE_S = 120.0


@asynccontextmanager
async def talking(system: System, **query: str) -> AsyncIterator["Talk"]:
    client = openai.AsyncOpenAI(base_url=f"{system.running.api_url}/v1", api_key="none")
    async with client, client.realtime.connect(model="gpt-realtime", extra_query=query) as connection:
        yield Talk(connection)


class Talk:
    """One connection; keeps what it heard and when."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.log: list[tuple[float, Any]] = []

    async def until(self, kind: str) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = await self.connection.recv()
                self.log.append((time.monotonic(), event))
                assert event.type != "error", event
                if event.type == kind:
                    return event

    async def say(self, pcm: bytes, silence_s: float = 1.0) -> float:
        """Send speech and silence as a microphone does, and return when the speech ended."""
        size = round(PIECE_S * RATE) * 2
        ended = 0.0
        for sound in (pcm, bytes(2 * round(silence_s * RATE))):
            for start in range(0, len(sound), size):
                piece = base64.b64encode(sound[start : start + size]).decode()
                await self.connection.input_audio_buffer.append(audio=piece)
                await asyncio.sleep(PIECE_S)
            ended = ended or time.monotonic()
        return ended

    def heard(self) -> np.ndarray:
        deltas = [event.delta for _, event in self.log if event.type == "response.output_audio.delta"]
        return np.frombuffer(b"".join(base64.b64decode(delta) for delta in deltas), "<i2")


async def spoken(system: System, text: str) -> bytes:
    async with openai.AsyncOpenAI(base_url=f"{system.running.api_url}/v1", api_key="none") as client:
        answer = await client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="pcm")
        return answer.content


async def test_spoken_dialogue_of_two_turns(system: System) -> None:
    questions = ["Say: the weather is fine today.", "Say: the train leaves at noon."]
    sounds = [await spoken(system, text) for text in questions]
    async with talking(system) as talk:
        await talk.until("session.created")
        transcripts, answers, turns = [], [], []
        for sound in sounds:
            talk.log.clear()
            speaking = asyncio.create_task(talk.say(sound))
            completed = await talk.until("conversation.item.input_audio_transcription.completed")
            done = await talk.until("response.done")
            ended = await speaking
            assert done.response.status == "completed"
            kinds = [event.type for _, event in talk.log]
            assert kinds.index("input_audio_buffer.speech_started") < kinds.index("input_audio_buffer.speech_stopped")
            assert "audiogpt.planned" in kinds
            assert len(talk.heard()) > RATE / 2
            first = next(at for at, event in talk.log if event.type == "response.output_audio.delta")
            assert first > ended
            transcripts.append(completed.transcript)
            answers.append(done.response.output[0].content[0].transcript)
            turns.append(next(event for _, event in talk.log if event.type == "audiogpt.replied"))
    assert "weather is fine" in transcripts[0].lower()
    assert "train leaves at noon" in transcripts[1].lower()
    for turn in turns:
        said = turn.model_extra["results"][0]
        assert (said["task"], said["state"]) == ("text-to-speech", "done"), answers
    assert [turn.model_extra["turn"] for turn in turns] == [0, 1]


async def test_barge_in_cancels_the_answer_and_the_session_goes_on_in_another_connection(system: System) -> None:
    long, short = await spoken(system, "What can you do?"), await spoken(system, "Stop. What can you do?")
    async with talking(system) as talk:
        session = (await talk.until("session.created")).session
        await talk.say(long, silence_s=0.8)
        await talk.until("response.created")
        await talk.connection.input_audio_buffer.append(audio=base64.b64encode(short).decode())
        done = await talk.until("response.done")
        assert done.response.status == "cancelled"
        assert done.response.status_details.reason == "turn_detected"
    async with talking(system, session_id=session.id) as talk:
        again = (await talk.until("session.created")).session
        assert again.id == session.id


async def test_client_sees_the_servers_error(system: System) -> None:
    async with talking(system) as talk:
        await talk.until("session.created")
        await talk.connection.response.cancel()
        with pytest.raises(AssertionError, match="none to cancel"):
            await talk.until("response.done")
