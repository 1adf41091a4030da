"""Text to speech."""

from typing import Any

from pydantic import Field

from model_wrappers.contract.languages import LanguageCode
from model_wrappers.contract.media import AudioField
from model_wrappers.contract.pronunciations import Pronunciations
from model_wrappers.contract.tasks.base import (
    MAX_TEXT_CHARACTERS,
    Example,
    Task,
    TaskRequest,
    TaskResponse,
)
from model_wrappers.contract.written_language import written_language


def _language(fields: dict[str, Any]) -> str:
    return written_language(str(fields.get("text", "")))


class TextToSpeechRequest(TaskRequest):
    """A text to speak."""

    text: str = Field(min_length=1, max_length=MAX_TEXT_CHARACTERS, description="What to say")
    language: LanguageCode = Field(
        default_factory=_language, description="Language of the text (ISO 639-1); told by its words if absent"
    )
    voice: str | None = Field(default=None, max_length=100, description="Voice by name; the model's own if absent")
    speed: float = Field(default=1.0, ge=0.25, le=4.0, description="Speaking rate, 1 is normal")
    pronunciations: Pronunciations = Field(
        default=(), description='How words are said: [{"word": "Nguyen", "said_as": "win"}], or {"Nguyen": "win"}'
    )


class TextToSpeechResponse(TaskResponse):
    """The text, spoken."""

    audio: AudioField


TASK = Task(
    id="text-to-speech",
    family="speech",
    summary="Speak a text aloud: read it out, say it, synthesise speech from it.",
    request=TextToSpeechRequest,
    response=TextToSpeechResponse,
    primary_output="audio",
    examples=(
        Example('Say "welcome to the show"', {"text": "welcome to the show"}),
        Example("Read out loud: the train leaves at nine", {"text": "the train leaves at nine"}),
    ),
)
