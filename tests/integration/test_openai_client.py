"""OpenAI's own client against the real server with real weights."""

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import openai
import pytest
import soundfile

from audiogpt_cli.machine.example import word_error_rate
from tests.integration.conftest import ROOT, System
from tests.integration.models import WORD_SAMPLES

SPEECH = ROOT / "examples" / "data" / "speech.flac"
NOISY = ROOT / "examples" / "data" / "noisy-speech.flac"
WORDS = (ROOT / "examples" / "data" / "speech.txt").read_text()
SENTENCES = (
    "The first sentence is short. " + "The following one takes a good deal longer to say than the first did. " * 12
)

NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"


@pytest.fixture
def client(system: System) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{system.running.api_url}/v1", api_key="none", max_retries=0) as connection:
        yield connection


def test_transcription_in_every_format(client: openai.OpenAI) -> None:
    plain = client.audio.transcriptions.create(model="whisper-1", file=SPEECH)
    assert word_error_rate(WORDS, plain.text) <= 0.1
    verbose = client.audio.transcriptions.create(
        model="whisper-1", file=SPEECH, response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert verbose.language == "english"
    assert verbose.duration == pytest.approx(10.09, abs=0.01)
    assert verbose.words
    assert word_error_rate(WORDS, " ".join(word.word for word in verbose.words)) <= 0.1
    assert verbose.segments
    assert all(segment.tokens for segment in verbose.segments)
    srt = client.audio.transcriptions.create(model="whisper-1", file=SPEECH, response_format="srt")
    assert srt.startswith("1\n00:00:0")


async def test_streamed_transcription_with_the_async_client(system: System) -> None:
    async with openai.AsyncOpenAI(base_url=f"{system.running.api_url}/v1", api_key="none") as client:
        stream = await client.audio.transcriptions.create(model="gpt-4o-transcribe", file=SPEECH, stream=True)
        events = [event async for event in stream]
    assert events[-1].type == "transcript.text.done"
    assert word_error_rate(WORDS, events[-1].text) <= 0.1
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == events[-1].text


def test_long_speech_is_sent_sentence_by_sentence(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=SENTENCES, response_format="pcm", stream_format="sse"
    ) as answer:
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line]
    pieces = [base64.b64decode(event["audio"]) for event in events if event["type"] == "speech.audio.delta"]
    assert len(pieces) >= SENTENCES.count(".")
    assert sum(map(len, pieces)) / 48_000 > 30  # seconds of sound


def speaking(client: openai.OpenAI, text: str) -> AbstractContextManager[openai.APIResponse[Any]]:
    """Ask the model that a test holds for the words of a text."""
    return client.audio.speech.with_streaming_response.create(
        model="dripping", voice="alloy", input=text, response_format="pcm", extra_body={"language": "la"}
    )


def test_first_sound_arrives_while_the_model_still_works_on_the_next(client: openai.OpenAI, system: System) -> None:
    system.release("Prima")
    with speaking(client, "Prima. Altera.") as answer:
        chunks = answer.iter_bytes()
        size = len(next(chunks))
        system.release("Altera")
        size += sum(map(len, chunks))
    assert size == 2 * 2 * WORD_SAMPLES


@pytest.mark.parametrize("speech_format", ["mp3", "opus", "wav"])
def test_speech_is_recognised_again(client: openai.OpenAI, speech_format: str) -> None:
    text = "The train to the city leaves early in the morning."
    sound = client.audio.speech.create(
        model="gpt-4o-mini-tts",
        voice="coral",
        input=text,
        response_format=speech_format,  # type: ignore[arg-type]
    )
    heard = client.audio.transcriptions.create(model="whisper-1", file=(f"a.{speech_format}", sound.content))
    assert word_error_rate(text, heard.text) <= 0.2


def test_speed_shortens_speech(client: openai.OpenAI) -> None:
    sizes = [
        len(
            client.audio.speech.create(
                model="tts-1", voice="alloy", input="One two three four.", response_format="pcm", speed=speed
            ).content
        )
        for speed in (1.0, 2.0)
    ]
    assert sizes[1] == pytest.approx(sizes[0] / 2, rel=0.1)


def test_chat_cleans_a_recording_and_says_what_is_in_it(client: openai.OpenAI) -> None:
    noisy = base64.b64encode(NOISY.read_bytes()).decode()
    stream = client.chat.completions.create(
        model="audiogpt",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Remove the noise and write down what is said."},
                    {"type": "input_audio", "input_audio": {"data": noisy, "format": "flac"}},  # type: ignore[typeddict-item]
                ],
            }
        ],
        stream=True,
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    events = [(chunk.model_extra or {}).get("audiogpt", {}) for chunk in chunks]
    replied = next(event for event in events if event.get("type") == "replied")
    assert [result["task"] for result in replied["results"]] == ["speech-enhancement", "speech-recognition"]
    assert any(event.get("type") == "step_progress" for event in events)
    assert word_error_rate(WORDS, replied["results"][1]["outputs"]["text"]) <= 0.1
    assert replied["files"][0]["url"] in text


def test_chat_hears_and_speaks(client: openai.OpenAI) -> None:
    question = client.audio.speech.create(
        model="tts-1", voice="alloy", input="What can you do?", response_format="wav"
    ).content
    answer = client.chat.completions.create(
        model="gpt-4o-audio-preview",
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
        messages=[
            {
                "role": "user",
                "content": [
                    {
                        "type": "input_audio",
                        "input_audio": {"data": base64.b64encode(question).decode(), "format": "wav"},
                    }
                ],
            }
        ],
    )
    audio = answer.choices[0].message.audio
    assert audio is not None
    assert audio.transcript.startswith("I am AudioGPT")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(audio.data)), dtype="int16")
    assert rate == 24_000
    assert np.abs(samples).max() > 3_000
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.audio_tokens == pytest.approx(20 * len(samples) / rate, abs=2)


def test_leaving_a_speech_stream_frees_the_model(client: openai.OpenAI, system: System) -> None:
    system.release("Audita", "Nova", "Vox")
    with speaking(client, "Audita. Inaudita.") as answer:
        next(answer.iter_bytes())
        system.wait_for("Inaudita", "started")
    system.wait_for("Inaudita", "stopped")
    with speaking(client, "Nova. Vox.") as answer:
        assert len(answer.read()) == 2 * 2 * WORD_SAMPLES


def test_errors_are_those_of_the_client(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.audio.speech.create(model="tts-9", voice="alloy", input="a")
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as wrong:
        client.audio.transcriptions.create(model="whisper-1", file=SPEECH, language="xx")
    assert wrong.value.param == "language"
    with pytest.raises(openai.BadRequestError) as voice:
        client.audio.speech.create(model="tts-1", voice="nobody", input="a")
    assert voice.value.param == "voice"


async def test_sixteen_clients_at_once_get_their_own_words(system: System) -> None:
    numbers = NUMBERS.split()
    async with openai.AsyncOpenAI(base_url=f"{system.running.api_url}/v1", api_key="none") as client:

        async def there_and_back(number: str) -> str:
            text = f"Number {number} calling."
            sound = await client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="wav")
            heard = await client.audio.transcriptions.create(
                model="whisper-1", file=("a.wav", sound.content), language="en", prompt="Number seven calling."
            )
            return heard.text

        answers = await asyncio.gather(*map(there_and_back, numbers))
    right = [
        any(form in answer.lower() for form in (number, str(place)))
        for place, (number, answer) in enumerate(zip(numbers, answers, strict=True), 1)
    ]
    assert sum(right) >= 15, answers
