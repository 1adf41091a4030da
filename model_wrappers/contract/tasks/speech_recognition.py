"""Speech recognition: what is said, word by word."""

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.languages import LanguageCode
from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class Word(BaseModel):
    """One spoken word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: str
    start: float = Field(ge=0, description="Seconds")
    end: float = Field(ge=0, description="Seconds")
    probability: float = Field(ge=0, le=1)


class Segment(BaseModel):
    """A stretch of speech, about a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float = Field(ge=0, description="Seconds")
    end: float = Field(ge=0, description="Seconds")
    text: str
    words: tuple[Word, ...] = ()
    language: str | None = Field(default=None, description="Language spoken in it (ISO 639-1)")
    temperature: float | None = Field(
        default=None, description="At which it was decoded; above the one asked for where it had to be read again"
    )
    average_log_probability: float | None = None
    no_speech_probability: float | None = None
    tokens: tuple[int, ...] = Field(default=(), description="Ids in the model's own vocabulary")
    seek: int | None = Field(default=None, description="Start of the window it was heard in, in frames of 10 ms")
    channel: int | None = Field(
        default=None, ge=1, description="Channel it was said on, from 1, where each carries a person of its own"
    )


class Stretch(BaseModel):
    """A part of a recording."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float = Field(ge=0, description="Seconds")
    end: float = Field(ge=0, description="Seconds")


class SpeechRecognitionRequest(TaskRequest):
    """Speech to write down."""

    audio: AudioField = Field(description="Speech in any language the model knows")
    language: LanguageCode | None = Field(default=None, description="Language spoken (ISO 639-1); detected if absent")
    expected_languages: tuple[LanguageCode, ...] = Field(
        default=(), max_length=10, description="Languages that are likely (ISO 639-1); they weigh where it is detected"
    )
    prompt: str | None = Field(default=None, max_length=2_000, description="Names and spellings to expect")
    word_times: bool = Field(default=False, description="Whether to time every word")
    temperature: float = Field(default=0.0, ge=0, le=1, description="Sampling temperature; 0 is deterministic")


class SpeechRecognitionResponse(TaskResponse):
    """The transcript with its times."""

    text: str = Field(description="The whole transcript")
    language: str = Field(description="Language spoken, most of the time where there are several (ISO 639-1)")
    language_probability: float | None = Field(default=None, description="Where the language was detected")
    duration: float = Field(description="Length of the audio in seconds")
    segments: tuple[Segment, ...] = ()
    unclear: tuple[Stretch, ...] = Field(
        default=(), description="Where somebody speaks whose words could not be made out"
    )


TASK = Task(
    id="speech-recognition",
    family="speech",
    summary="Write down the words spoken in an audio, in the language they are spoken in.",
    request=SpeechRecognitionRequest,
    response=SpeechRecognitionResponse,
    primary_output="text",
    examples=(
        Example("What is being said in this recording?"),
        Example("Transcribe the interview for me"),
        Example("Write the German lecture down, it is in German", {"language": "de"}),
    ),
)
