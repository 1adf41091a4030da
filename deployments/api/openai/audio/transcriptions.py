"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.openai.audio.form import TranscriptionForm, TranslationForm, opened, read_fields, store_audio
from deployments.api.openai.audio.transcripts import (
    PlainTranscript,
    Transcript,
    TranscriptDelta,
    TranscriptDone,
    VerboseTranscript,
    render,
    verbose,
)
from deployments.api.openai.errors import RESPONSES, OpenAIRoute
from deployments.api.openai.names import model_for
from deployments.api.openai.streaming import begun, data_lines
from deployments.api.openai.usage import Billed, transcript_usage
from deployments.api.services import ScopeOf, Services, ServicesOf
from deployments.api.streaming import GeneratedResponse, until_disconnected
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.languages import WRITTEN_WITHOUT_SPACES
from model_wrappers.contract.tasks.speech_recognition import SpeechRecognitionResponse
from router.scope import Scope
from router.usage.calls import bill_so_far

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)

RECOGNITION, TRANSLATION = "speech-recognition", "speech-translation"


def _document(form: type[TranscriptionForm] | type[TranslationForm]) -> dict[str, Any]:
    schema = form.model_json_schema()
    schema["properties"] = {"file": {"type": "string", "format": "binary"}, **schema["properties"]}
    schema["required"] = ["file", "model"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


ANSWERS: dict[int | str, dict[str, Any]] = {
    **RESPONSES,
    200: {
        "model": PlainTranscript | VerboseTranscript,
        "content": {"text/plain": {}, "text/vtt": {}, "text/event-stream": {}},
    },
}


@router.post(
    "/v1/audio/transcriptions",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra=_document(TranscriptionForm),
)
async def transcribe(request: Request, services: ServicesOf, scope: ScopeOf) -> Response:
    """Write down what is said in a recording."""
    async with opened(request) as form:
        fields = read_fields(form, TranscriptionForm)
        model = model_for(fields.model, RECOGNITION, services)
        audio = await store_audio(form, services, scope)
    arguments: dict[str, Any] = {"audio": audio, "temperature": fields.temperature}
    arguments |= {"language": fields.language} if fields.language else {}
    arguments |= {"prompt": fields.prompt} if fields.prompt else {}
    arguments |= {"word_times": True} if "word" in fields.timestamp_granularities else {}
    if fields.stream:
        return await _streamed(arguments, fields, services, services.scope(request), model)
    outputs = await _run(RECOGNITION, arguments, request, services, model)
    transcript = Transcript(duration_s=outputs["duration"], warning=audio.warning, **_kept(outputs))
    if fields.response_format == "verbose_json":
        return verbose(transcript, "transcribe", fields.temperature, fields.timestamp_granularities)
    return render(transcript, fields.response_format)


@router.post(
    "/v1/audio/translations",
    response_class=Response,
    responses=ANSWERS,
    openapi_extra=_document(TranslationForm),
)
async def translate(request: Request, services: ServicesOf, scope: ScopeOf) -> Response:
    """Write down in English what is said in another language."""
    async with opened(request) as form:
        fields = read_fields(form, TranslationForm)
        model = model_for(fields.model, TRANSLATION, services, also=RECOGNITION)
        audio = await store_audio(form, services, scope)
    outputs = await _run(TRANSLATION, {"audio": audio, "target_language": "en"}, request, services, model)
    transcript = Transcript(duration_s=audio.duration_s or 0.0, warning=audio.warning, **_kept(outputs))
    if fields.response_format not in ("json", "text") and transcript.text and not transcript.segments:
        raise InvalidInput(
            "The model that translated gives no times; set 'response_format' to 'json' or 'text', or choose another.",
            param="response_format",
        )
    if fields.response_format == "verbose_json":
        return verbose(transcript, "translate", 0.0, ("segment",))
    return render(transcript, fields.response_format)


def _kept(outputs: dict[str, Any]) -> dict[str, Any]:
    kept = ("text", "language", "segments", "language_probability", "unclear")
    return {name: outputs[name] for name in kept if name in outputs}


async def _run(
    task: str, arguments: dict[str, Any], request: Request, services: Services, model: str | None
) -> dict[str, Any]:
    work = services.executor.execute_task(task, arguments, services.scope(request), model=model)
    return (await until_disconnected(request, work)).outputs


async def _streamed(
    arguments: dict[str, Any], fields: TranscriptionForm, services: Services, scope: Scope, model: str | None
) -> Response:
    parts = services.executor.stream_task(RECOGNITION, arguments, scope, model=model)
    events = _events(await begun(parts), fields.prompt, arguments["audio"])
    return GeneratedResponse(data_lines(events), "text/event-stream")


async def _events(
    parts: AsyncGenerator[SpeechRecognitionResponse, None], prompt: str, audio: ArtifactRef
) -> AsyncGenerator[TranscriptDelta | TranscriptDone, None]:
    """Yield a delta per segment; together they are the text."""
    text = ""
    async with aclosing(parts):
        async for part in parts:
            for segment in part.segments:
                space = " " if text and part.language not in WRITTEN_WITHOUT_SPACES else ""
                delta = space + segment.text
                text += delta
                yield TranscriptDelta(delta=delta)
    usage = transcript_usage(prompt, audio.duration_s or 0.0, text)
    yield TranscriptDone(text=text, usage=usage, audiogpt=Billed(usage=bill_so_far()))
