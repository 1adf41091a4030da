"""What callers write for a language, on every way in."""

import httpx
import openai
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from router.spec import ModelSpec
from tests.deployments.conftest import SPECS, TONE_READER
from tests.deployments.sounds import tone
from tests.deployments.websockets import connected

ENGLISH = ["english", "English", "en_GB", "en-US", "eng", "auto", ""]


@pytest.fixture
def specs() -> list[ModelSpec]:
    return [TONE_READER, *SPECS]


@pytest.mark.parametrize("written", ENGLISH)
async def test_http_takes_names_tags_and_auto(client: httpx.AsyncClient, written: str) -> None:
    form = {"model": "whisper-1", "language": written, "response_format": "verbose_json"}
    heard = await client.post("/v1/audio/transcriptions", data=form, files={"file": ("a.wav", tone(440))})
    assert (heard.status_code, heard.json()["language"]) == (200, "english")
    spoken = {"model": "tts-1", "input": "hi", "language": written}
    assert (await client.post("/v1/audio/speech", json=spoken)).status_code == 200
    said = await client.post("/v1/tasks/text-to-speech", json={"text": "hi", "language": written})
    assert said.status_code == 200
    step = {"id": "a", "task": "text-to-speech", "arguments": {"text": "hi", "language": written}}
    planned = await client.post("/v1/chat", json={"plan": {"steps": [step]}})
    assert [result["state"] for result in planned.json()["results"]] == ["done"]


async def test_other_languages_reach_the_model_as_their_codes(api: openai.AsyncOpenAI) -> None:
    for written in ("German", "Deutsch", "de-AT", "deu"):
        heard = await api.audio.transcriptions.create(
            model="whisper-1", file=("a.wav", tone(440)), response_format="verbose_json", language=written
        )
        assert heard.language == "german"


async def test_unknown_language_names_the_standard(client: httpx.AsyncClient) -> None:
    form = {"model": "whisper-1", "language": "klingon"}
    answers = [
        await client.post("/v1/audio/transcriptions", data=form, files={"file": ("a.wav", tone(440))}),
        await client.post("/v1/audio/speech", json={"model": "tts-1", "input": "hi", "language": "klingon"}),
        await client.post("/v1/tasks/text-to-speech", json={"text": "hi", "language": "klingon"}),
    ]
    messages = [answer.json()["error"]["message"] for answer in answers]
    for message in messages:
        assert "ISO 639-1" in message
        assert "pattern" not in message
    assert [answer.status_code for answer in answers] == [400, 400, 422]


async def test_realtime_takes_them_too_and_names_the_standard_otherwise(services: Services) -> None:
    async with connected(create_app(services), "/v1/realtime?model=gpt-realtime", "realtime") as connection:
        for written, answer in [*((name, "session.updated") for name in ENGLISH), ("klingon", "error")]:
            session = {"audio": {"input": {"transcription": {"language": written}}}}
            await connection.send(type="session.update", session=session)
            event = (await connection.until(answer))[-1]
        assert "ISO 639-1" in event["error"]["message"]
        assert "pattern" not in event["error"]["message"]
