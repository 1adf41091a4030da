"""`POST /v1/audio/speech`: a text spoken, sent sentence by sentence as it is synthesised."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from deployments.api.openai.audio.encoding import MEDIA_TYPES, SpeechFormat, SpeechWriter, encoded
from deployments.api.openai.errors import RESPONSES, OpenAIRoute
from deployments.api.openai.names import model_for, voice_for
from deployments.api.openai.streaming import begun, data_lines
from deployments.api.openai.usage import Billed, SpeechUsage, speech_usage
from deployments.api.services import ScopeOf, Services, ServicesOf
from deployments.api.streaming import NO_STORE, GeneratedResponse
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.languages import LanguageCode
from model_wrappers.contract.pronunciations import Pronunciations
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechResponse
from model_wrappers.speech.sentences import split_sentences
from router.scope import Scope
from router.usage.calls import bill_so_far

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)

MAX_INPUT_CHARACTERS = 4_096  # OpenAI's limit
BRIEF_CHARACTERS = 120  # about 8 s of speech
TASK = "text-to-speech"
WITHOUT_INSTRUCTIONS = ("tts-1", "tts-1-hd")  # OpenAI's models that ignore them


class CustomVoice(BaseModel):
    """A voice by id."""

    id: str = Field(max_length=100)


Voice = Annotated[str, Field(max_length=100)] | CustomVoice


class SpeechRequest(BaseModel):
    """A text to speak; fields OpenAI may add are ignored."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(max_length=200)
    input: str = Field(min_length=1, max_length=MAX_INPUT_CHARACTERS)
    voice: Voice = "alloy"
    response_format: SpeechFormat = "mp3"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: str | None = Field(
        default=None, description="Not supported: no model takes them; ignored where OpenAI's model ignores them"
    )
    language: LanguageCode | None = Field(
        default=None, description="Not OpenAI's: language of the text (ISO 639-1); told by its words if absent"
    )
    pronunciations: Pronunciations = Field(
        default=(), description='Not OpenAI\'s: how words are said, e.g. {"Nguyen": "win"}, as in text-to-speech'
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, fields: Any) -> Any:
        """Take null for absent, as OpenAI does."""
        return (
            {name: value for name, value in fields.items() if value is not None} if isinstance(fields, dict) else fields
        )


class SpeechDelta(BaseModel):
    """A piece of the file."""

    type: Literal["speech.audio.delta"] = "speech.audio.delta"
    audio: str = Field(description="Bytes of the file in base64")


class SpeechDone(BaseModel):
    """The end of the file."""

    type: Literal["speech.audio.done"] = "speech.audio.done"
    usage: SpeechUsage
    audiogpt: Billed


@router.post(
    "/v1/audio/speech",
    response_class=Response,
    responses={
        **RESPONSES,
        200: {
            "content": {media_type: {} for media_type in (*MEDIA_TYPES.values(), "text/event-stream")},
            "description": "The file, in chunks as it is made",
        },
    },
)
async def speak(body: SpeechRequest, services: ServicesOf, scope: ScopeOf) -> Response:
    """Speak a text."""
    sound = synthesise(body, services, scope)
    if body.stream_format == "audio" and is_brief(body.input):
        data = await encoded([audio async for audio in sound], body.response_format)
        return Response(data, media_type=MEDIA_TYPES[body.response_format], headers=NO_STORE)
    parts = await begun(sound)
    if body.stream_format == "sse":
        return GeneratedResponse(data_lines(_events(parts, body)), "text/event-stream")
    return GeneratedResponse(_file(parts, body.response_format), MEDIA_TYPES[body.response_format])


def synthesise(body: SpeechRequest, services: Services, scope: Scope) -> AsyncGenerator[Audio, None]:
    """Return the sound of a request, in pieces as they are made.

    Raises:
        AudioGPTError: If the model or voice is unknown, or refuses.
    """
    if body.instructions and body.model not in WITHOUT_INSTRUCTIONS:
        raise InvalidInput("No model here takes 'instructions'; leave them out.", param="instructions")
    model = model_for(body.model, TASK, services)
    arguments: dict[str, Any] = {"text": body.input, "speed": body.speed}
    arguments |= {"language": body.language} if body.language else {}
    arguments |= {"pronunciations": body.pronunciations} if body.pronunciations else {}
    voice = voice_for(body.voice if isinstance(body.voice, str) else body.voice.id, services)
    return spoken(arguments | ({"voice": voice} if voice else {}), services, scope, model)


async def spoken(
    arguments: dict[str, Any], services: Services, scope: Scope, model: str | None = None
) -> AsyncGenerator[Audio, None]:
    """Yield the sound of a text-to-speech request in pieces as they are made.

    Args:
        arguments: Of the task.
        services: The application's services.
        scope: Of the request.
        model: Model to use and no other; the best one if None.
    """
    whole = is_brief(arguments["text"])
    parts = services.executor.stream_task(TASK, arguments, scope, model=model, whole=whole)
    async with aclosing(parts):
        async for part in parts:
            assert isinstance(part, TextToSpeechResponse)
            yield part.audio if isinstance(part.audio, Audio) else await asyncio.to_thread(_read, part.audio, services)


def _read(ref: ArtifactRef, services: Services) -> Audio:
    return Audio.decode(services.artifacts.read_canonical(ref))


def is_brief(text: str) -> bool:
    """Tell whether a text is one short sentence, which models speak at once: there is nothing to send any earlier."""
    return len(text) <= BRIEF_CHARACTERS and sum(map(len, split_sentences(text))) <= 1


async def _file(parts: AsyncGenerator[Audio, None], speech_format: SpeechFormat) -> AsyncGenerator[str | bytes, None]:
    writer = SpeechWriter(speech_format)
    async with aclosing(parts):
        async for audio in parts:
            if data := await writer.written(audio):
                yield data
    if data := await writer.finished():
        yield data


async def _events(
    parts: AsyncGenerator[Audio, None], body: SpeechRequest
) -> AsyncGenerator[SpeechDelta | SpeechDone, None]:
    duration_s = 0.0

    async def counted() -> AsyncGenerator[Audio, None]:
        nonlocal duration_s
        async with aclosing(parts):
            async for audio in parts:
                duration_s += audio.duration_s
                yield audio

    async with aclosing(_file(counted(), body.response_format)) as chunks:
        async for chunk in chunks:
            assert isinstance(chunk, bytes)
            yield SpeechDelta(audio=base64.b64encode(chunk).decode())
    yield SpeechDone(usage=speech_usage(body.input, duration_s), audiogpt=Billed(usage=bill_so_far()))
