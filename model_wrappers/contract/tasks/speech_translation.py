"""Speech translation: speech or text in one language to text, and speech, in another."""

from typing import Self

from pydantic import Field, model_validator

from model_wrappers.contract.languages import LanguageCode
from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import (
    MAX_TEXT_CHARACTERS,
    Example,
    Task,
    TaskRequest,
    TaskResponse,
)
from model_wrappers.contract.tasks.speech_recognition import Segment, Stretch


class SpeechTranslationRequest(TaskRequest):
    """Speech, or text, to translate."""

    audio: AudioField | None = Field(default=None, description="Speech to translate; leave out to translate `text`")
    text: str | None = Field(
        default=None, min_length=1, max_length=MAX_TEXT_CHARACTERS, description="Text to translate instead of audio"
    )
    target_language: LanguageCode = Field(description="Language to translate into (ISO 639-1)")
    source_language: LanguageCode | None = Field(
        default=None, description="Language translated from (ISO 639-1); detected if absent"
    )
    speak: bool = Field(default=False, description="Whether to speak the translation as well")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.audio is None) == (self.text is None):
            raise ValueError("give exactly one of 'audio' and 'text'")
        return self


class SpeechTranslationResponse(TaskResponse):
    """The translation."""

    text: str = Field(description="Translation in the target language")
    language: str = Field(description="Language of the translation (ISO 639-1)")
    source_language: str = Field(description="Language translated from (ISO 639-1)")
    source_text: str | None = Field(default=None, description="Transcript of the source, where one was made")
    untranslated: tuple[str, ...] = Field(default=(), description="Words the model does not know and left as they were")
    changed_numbers: tuple[str, ...] = Field(
        default=(), description="Numbers of the source, in figures, that the translation may lack or have changed"
    )
    rough: bool = Field(
        default=False, description="Whether numbers, doses and the sense must be checked before anybody relies on it"
    )
    segments: tuple[Segment, ...] = Field(
        default=(), description="The translation with its times, where they are known"
    )
    unclear: tuple[Stretch, ...] = Field(
        default=(), description="Where somebody speaks whose words could not be made out"
    )
    audio: AudioField | None = Field(default=None, description="The translation spoken, where it was asked for")


TASK = Task(
    id="speech-translation",
    family="speech",
    summary="Translate speech (or a text) into another language, as text and if wanted as speech.",
    request=SpeechTranslationRequest,
    response=SpeechTranslationResponse,
    primary_output="text",
    switched_outputs={"audio": "speak"},
    examples=(
        Example("Translate this talk into English", {"target_language": "en"}),
        Example("I need the Spanish version of this speech, spoken", {"target_language": "es", "speak": True}),
    ),
)
