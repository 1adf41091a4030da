"""A spoken dialogue of two turns over /v1/realtime, with OpenAI's own client and real weights."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import openai
import pytest

from tests.integration.conftest import PATIENCE_S, System
from tests.integration.llm import ScriptedLLM
from tests.llm_planner.llm_server import Streamed
from tests.router.conversing import translate, written

RATE = 24_000  # Hz
PIECE_BYTES = 2 * RATE // 10  # a tenth of a second
SILENCE = bytes(2 * RATE)  # a second, twice what ends speech
TURN = [
    "input_audio_buffer.speech_started",
    "audiogpt.pong",
    "input_audio_buffer.speech_stopped",
    "conversation.item.input_audio_transcription.completed",
    "response.created",
    "audiogpt.planned",
    "audiogpt.replied",
    "response.output_audio.delta",
    "response.done",
]


@asynccontextmanager
async def talking(system: System, planner: str = "", **query: str) -> AsyncIterator["Talk"]:
    """Connect to the API, or to the one whose planner asks the LLM, which is under `/llm`."""
    client = openai.AsyncOpenAI(base_url=f"{system.running.api_url}{planner}/v1", api_key="none")
    async with client, client.realtime.connect(model="gpt-realtime", extra_query=query) as connection:
        yield Talk(connection)


class Talk:
    """One connection; keeps what it heard, which the server sends in the order in which it happened."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.log: list[Any] = []
        self.said_s = 0.0  # of sound sent

    async def until(self, kind: str) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = await self.connection.recv()
                self.log.append(event)
                assert event.type != "error", event
                if event.type == kind:
                    return event

    async def say(self, pcm: bytes) -> None:
        """Send sound in pieces, as a microphone does."""
        for start in range(0, len(pcm), PIECE_BYTES):
            piece = base64.b64encode(pcm[start : start + PIECE_BYTES]).decode()
            await self.connection.input_audio_buffer.append(audio=piece)
        self.said_s += len(pcm) / (2 * RATE)

    async def be_heard(self) -> None:
        """Return once the server has listened to all that was sent."""
        await self.connection.send({"type": "audiogpt.ping"})
        await self.until("audiogpt.pong")

    def place(self, kind: str) -> int:
        """Return where in the log the first event of a kind is."""
        return [event.type for event in self.log].index(kind)

    def first(self, kind: str) -> Any:
        return self.log[self.place(kind)]

    def heard(self) -> np.ndarray:
        deltas = [event.delta for event in self.log if event.type == "response.output_audio.delta"]
        return np.frombuffer(b"".join(base64.b64decode(delta) for delta in deltas), "<i2")


async def spoken(system: System, text: str) -> bytes:
    """Return a spoken text up to the end of its last word."""
    async with openai.AsyncOpenAI(base_url=f"{system.running.api_url}/v1", api_key="none") as client:
        answer = await client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="pcm")
    samples = np.frombuffer(answer.content, "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 0.01 * samples.max())
    return samples[: loud[-1] + 1].tobytes()


async def test_spoken_dialogue_of_two_turns(system: System) -> None:
    questions = ["Say: the weather is fine today.", "Say: the train leaves at noon."]
    sounds = [await spoken(system, text) for text in questions]
    async with talking(system) as talk:
        await talk.until("session.created")
        transcripts, answers, turns = [], [], []
        for sound in sounds:
            talk.log.clear()
            await talk.say(sound)
            words_end_s = talk.said_s
            await talk.be_heard()
            await talk.say(SILENCE)
            done = await talk.until("response.done")
            assert done.response.status == "completed"
            places = [talk.place(kind) for kind in TURN]
            assert places == sorted(places)
            stopped = talk.first("input_audio_buffer.speech_stopped")
            assert words_end_s < stopped.audio_end_ms / 1_000 <= talk.said_s
            assert len(talk.heard()) > RATE / 2
            transcripts.append(talk.first("conversation.item.input_audio_transcription.completed").transcript)
            answers.append(done.response.output[0].content[0].transcript)
            turns.append(talk.first("audiogpt.replied"))
    assert "weather is fine" in transcripts[0].lower()
    assert "train leaves at noon" in transcripts[1].lower()
    for turn in turns:
        said = turn.model_extra["results"][0]
        assert (said["task"], said["state"]) == ("text-to-speech", "done"), answers
    assert [turn.model_extra["turn"] for turn in turns] == [0, 1]


async def test_barge_in_cancels_the_answer_and_the_session_goes_on_in_another_connection(
    system: System, llm: ScriptedLLM
) -> None:
    llm.script(Streamed([written(translate("s1", "interrupted", "windowed"))]))
    question = await spoken(system, "What can you do?")
    async with talking(system, "/llm") as talk:
        session = (await talk.until("session.created")).session
        await talk.say(question + SILENCE)
        await asyncio.to_thread(system.wait_for, "interrupted", "started")  # and works until it is told to stop
        await talk.say(question)
        await talk.be_heard()
        done = talk.first("response.done")
        assert done.response.status == "cancelled"
        assert done.response.status_details.reason == "turn_detected"
        await asyncio.to_thread(system.wait_for, "interrupted", "stopped")
    async with talking(system, "/llm", session_id=session.id) as talk:
        again = (await talk.until("session.created")).session
        assert again.id == session.id


async def test_client_sees_the_servers_error(system: System) -> None:
    async with talking(system) as talk:
        await talk.until("session.created")
        await talk.connection.response.cancel()
        with pytest.raises(AssertionError, match="none to cancel"):
            await talk.until("response.done")
