"""What our routes answer is, field by field, what OpenAI's own classes hold; its client itself is more lenient."""

import json
from typing import Any

import httpx
import pytest
from openai.types import Model
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone

CHAT = {"model": "audiogpt", "messages": [{"role": "user", "content": "hello there"}]}
SPOKEN = {**CHAT, "modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS]


async def transcribed(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    data = {"model": "whisper-1", **fields}
    answer = await client.post("/v1/audio/transcriptions", data=data, files={"file": ("a.wav", tone(440, 600))})
    return answer.raise_for_status()


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    lines = (line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: "))
    return [json.loads(line) for line in lines if line != "[DONE]"]


def check(kind: type[BaseModel], body: dict[str, Any], ours: frozenset[str] = frozenset()) -> None:
    """Validate strictly, and look for fields that the class does not know."""
    kind.model_validate(body, strict=True)
    assert body.keys() - kind.model_fields.keys() <= ours


@pytest.mark.parametrize("body", [CHAT, SPOKEN], ids=["written", "spoken"])
async def test_chat_completions(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = (await client.post("/v1/chat/completions", json=body)).raise_for_status()
    check(ChatCompletion, answer.json(), frozenset({"audiogpt"}))


async def test_chunks_of_a_chat_completion(client: httpx.AsyncClient) -> None:
    body = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
    chunks = events((await client.post("/v1/chat/completions", json=body)).raise_for_status())
    for chunk in chunks:
        check(ChatCompletionChunk, chunk, frozenset({"audiogpt"}))
    assert chunks[-1]["usage"]["total_tokens"] > 0


async def test_transcripts(client: httpx.AsyncClient) -> None:
    check(Transcription, (await transcribed(client)).json())
    fields = {"response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]}
    check(TranscriptionVerbose, (await transcribed(client, **fields)).json(), frozenset({"task", "unclear"}))


async def test_events_of_a_streamed_transcript(client: httpx.AsyncClient) -> None:
    *deltas, done = events(await transcribed(client, stream="true"))
    assert deltas
    for delta in deltas:
        check(TranscriptionTextDeltaEvent, delta)
    check(TranscriptionTextDoneEvent, done, frozenset({"audiogpt"}))


async def test_models(client: httpx.AsyncClient) -> None:
    for model in (await client.get("/v1/models")).json()["data"]:
        Model.model_validate(model, strict=True)
