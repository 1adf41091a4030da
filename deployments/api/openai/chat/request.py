"""What a chat completion asks for; fields that only steer a language model's sampling are ignored."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deployments.api.openai.audio.speech import Voice
from router.turn.words import Words

MAX_MESSAGES = 500
MAX_PARTS = 50

ChatAudioFormat = Literal["wav", "mp3", "flac", "opus", "aac", "pcm16"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class TextPart(_Part):
    """Words."""

    type: Literal["text", "refusal"]
    text: Words = ""


class InputAudio(_Part):
    """A recording."""

    data: str = Field(description="The file in base64, or a data URL")
    format: str = Field(default="wav", max_length=20, description="Not trusted: the file's content tells")


class AudioPart(_Part):
    """Sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class ImageURL(_Part):
    """A picture."""

    url: str = Field(description="A data URL; http(s) only where the server allows it")


class ImagePart(_Part):
    """A picture."""

    type: Literal["image_url"]
    image_url: ImageURL


class InputFile(_Part):
    """Any file a task can take, such as a score."""

    file_data: str | None = Field(default=None, description="A data URL, or base64")
    file_id: str | None = Field(default=None, description="Id of an artifact")
    filename: str | None = Field(default=None, max_length=200)


class FilePart(_Part):
    """A file."""

    type: Literal["file"]
    file: InputFile


Part = Annotated[TextPart | AudioPart | ImagePart | FilePart, Field(discriminator="type")]


class AudioReference(_Part):
    """An earlier spoken answer."""

    id: str = Field(max_length=200)


class ChatMessage(_Part):
    """One message; what system and developer messages say is left to the planner's own instructions."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[tuple[Part, ...], Field(fail_fast=True, max_length=MAX_PARTS)] | Words | None = None
    audio: AudioReference | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The content in parts, whichever way it was sent."""
        if isinstance(self.content, str):
            return (TextPart(type="text", text=self.content),)
        return self.content or ()

    @property
    def text(self) -> str:
        """The words of the message."""
        return "\n".join(part.text for part in self.parts if isinstance(part, TextPart) and part.text).strip()


class ChatAudio(_Part):
    """How to speak the answer."""

    voice: Voice = "alloy"
    format: ChatAudioFormat = "wav"


class StreamOptions(_Part):
    """What a stream ends with."""

    include_usage: bool = False


class ResponseFormat(_Part):
    """Form of the answer."""

    type: Literal["text"]


class ChatRequest(BaseModel):
    """A chat completion."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(max_length=200)
    messages: Annotated[tuple[ChatMessage, ...], Field(fail_fast=True, min_length=1, max_length=MAX_MESSAGES)]
    modalities: Annotated[tuple[Literal["text", "audio"], ...], Field(fail_fast=True, max_length=2)] | None = None
    audio: ChatAudio | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    metadata: Annotated[dict[str, str], Field(fail_fast=True, max_length=16)] | None = Field(
        default=None, description="`session_id` names the session to go on with"
    )
    n: Literal[1] | None = None
    response_format: ResponseFormat | None = None
    tools: tuple[dict[str, Any], ...] | None = Field(
        default=None, max_length=0, description="Not supported: the planner has its own"
    )
    logprobs: Literal[False] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.messages[-1].role != "user":
            raise ValueError("the last message must have the role 'user'")
        if self.speaks and self.audio is None:
            raise ValueError("'audio' with 'voice' and 'format' is needed where 'modalities' asks for audio")
        return self

    @property
    def speaks(self) -> bool:
        """Whether the answer is wanted in speech."""
        return "audio" in (self.modalities or ())
