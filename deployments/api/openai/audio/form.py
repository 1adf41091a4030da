"""The forms of transcriptions and translations: what a client may send, and what of it can be honoured."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.datastructures import FormData, UploadFile

from deployments.api.forms import MULTIPART, media_type, opened_form
from deployments.api.native.uploads import no_file, sound_of, store_bytes
from deployments.api.openai.audio.transcripts import TranscriptFormat
from deployments.api.services import Services
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.languages import LanguageCode
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from router.scope import Scope
from router.validation import invalid_input

MAX_FIELDS = 50
MAX_PROMPT_CHARACTERS = 2_000  # of any model's request; far more than 224 tokens
INDEXED = re.compile(r"\[\d{0,4}\]$")  # `name[]` and `name[0]`, as PHP and qs write lists
LIST_FIELDS = ("timestamp_granularities", "include")
UNSUPPORTED = ("known_speaker_names", "known_speaker_references", "keywords")

Granularity = Literal["word", "segment"]
FormT = TypeVar("FormT", bound=BaseModel)


def _end(prompt: str) -> str:
    """Return the part of a prompt that models read: OpenAI's read its last 224 tokens."""
    return prompt[-MAX_PROMPT_CHARACTERS:]


Prompt = Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS), AfterValidator(_end)]


class TranscriptionForm(BaseModel):
    """A transcription's fields; empty ones count as absent, and those OpenAI may add are ignored."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(max_length=200)
    language: LanguageCode | None = Field(default=None, description="ISO 639-1; detected if absent")
    prompt: Prompt = Field(default="", description="Names and spellings to expect; the end of it counts")
    response_format: TranscriptFormat = "json"
    temperature: float = Field(default=0.0, ge=0, le=1)
    timestamp_granularities: tuple[Granularity, ...] = ("segment",)
    include: tuple[str, ...] = Field(default=(), max_length=0, description="Not supported: no model gives logprobs")
    stream: bool = False
    chunking_strategy: Literal["auto"] | None = Field(default=None, description="What is always done")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if "word" in self.timestamp_granularities and self.response_format != "verbose_json":
            raise ValueError("'timestamp_granularities' needs 'response_format' to be 'verbose_json'")
        if self.stream and self.response_format not in ("json", "text"):
            raise ValueError("'stream' needs 'response_format' to be 'json' or 'text'")
        return self


class TranslationForm(BaseModel):
    """A translation's fields; the translator takes neither prompt nor temperature."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(max_length=200)
    prompt: str = Field(default="", max_length=0, description="Not supported")
    response_format: TranscriptFormat = "json"
    temperature: float = Field(default=0.0, ge=0, le=0, description="Not supported")


@asynccontextmanager
async def opened(request: Request) -> AsyncIterator[FormData]:
    """Parse the form and close its files at the end.

    Raises:
        InvalidInput: If the body is no form.
    """
    if media_type(request.headers.get("content-type", "")) != MULTIPART:
        raise InvalidInput("Send the audio as multipart/form-data with a part 'file'.", param="file")
    async with opened_form(request, max_files=1, max_fields=MAX_FIELDS) as form:
        yield form


def read_fields(form: FormData, model: type[FormT]) -> FormT:
    """Return the fields of a form.

    Raises:
        InvalidInput: If one is wrong or cannot be honoured.
    """
    given = {name.partition("[")[0] for name in form}
    if found := [name for name in UNSUPPORTED if name in given]:
        raise InvalidInput(f"'{found[0]}' is not supported; leave it out.", param=found[0])
    fields: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str) and value}
    for name in LIST_FIELDS:
        fields.pop(name, None)
        if values := [value for key, value in form.multi_items() if INDEXED.sub("", key) == name and value]:
            fields[name] = values
    try:
        return model.model_validate(fields)
    except ValidationError as exc:
        raise invalid_input(exc, model, "The request") from exc


async def store_audio(form: FormData, services: Services, scope: Scope) -> ArtifactRef:
    """Store the recording of a form; of a video, its sound.

    Raises:
        InvalidInput: If there is none.
        UnsupportedMedia: If it holds no sound.
        TooLarge: If it is longer than allowed.
    """
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise no_file(form)
    ref = await store_bytes(await file.read(), file.filename, services, scope)
    return await sound_of(ref, services, scope)
