"""What a client may send."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import from_json

from deployments.api.json_text import read_json
from deployments.api.realtime.config import without_steering
from deployments.api.realtime.mistakes import misfit
from model_wrappers.contract.errors import TooLarge
from router.turn.words import Words
from router.validation import worded

MAX_AUDIO_CHARACTERS = 2**21  # of base64: 32 s of sound in one event
MAX_EVENT_CHARACTERS = MAX_AUDIO_CHARACTERS + 2**16
MAX_EVENT_ID = 200  # characters


class _ClientEvent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str | None = Field(default=None, max_length=MAX_EVENT_ID)


class SessionUpdate(_ClientEvent):
    """Change settings."""

    type: Literal["session.update"]
    session: dict[str, Any]


class AppendAudio(_ClientEvent):
    """More sound: PCM of the session's format in base64."""

    type: Literal["input_audio_buffer.append"]
    audio: str = Field(max_length=MAX_AUDIO_CHARACTERS)


class CommitAudio(_ClientEvent):
    """What was said so far is complete."""

    type: Literal["input_audio_buffer.commit"]


class ClearAudio(_ClientEvent):
    """Forget what was said so far."""

    type: Literal["input_audio_buffer.clear"]


class InputText(BaseModel):
    """Words."""

    type: Literal["input_text"]
    text: Words = Field(min_length=1)


class UserItem(BaseModel):
    """A typed message."""

    id: str | None = Field(default=None, max_length=64)
    type: Literal["message"]
    role: Literal["user"]
    content: tuple[InputText, ...] = Field(min_length=1, max_length=20)


class CreateItem(_ClientEvent):
    """Say something in writing."""

    type: Literal["conversation.item.create"]
    item: UserItem
    previous_item_id: str | None = Field(default=None, max_length=64)


class ResponseOptions(BaseModel):
    """What of the session's settings is otherwise for one answer; what steers a language model is ignored."""

    model_config = ConfigDict(extra="forbid")

    output_modalities: tuple[str, ...] | None = Field(default=None, max_length=2)
    modalities: tuple[str, ...] | None = Field(default=None, max_length=2)
    audio: dict[str, Any] | None = None
    voice: str | None = Field(default=None, max_length=100)
    output_audio_format: str | None = Field(default=None, max_length=100)
    conversation: Literal["auto"] | None = None
    input: tuple[Any, ...] | None = Field(default=None, max_length=0)
    tools: tuple[Any, ...] | None = Field(default=None, max_length=0)

    @model_validator(mode="before")
    @classmethod
    def _without_steering(cls, fields: Any) -> Any:
        return without_steering(fields) if isinstance(fields, dict) else fields

    def changes(self) -> dict[str, object]:
        """Return what it changes of the session's settings."""
        return self.model_dump(exclude_none=True, exclude={"conversation", "input", "tools"})


class CreateResponse(_ClientEvent):
    """Ask for the answer to what was last said."""

    type: Literal["response.create"]
    response: ResponseOptions | None = None


class CancelResponse(_ClientEvent):
    """Stop the running answer."""

    type: Literal["response.cancel"]
    response_id: str | None = None


class Ping(_ClientEvent):
    """Ask for `audiogpt.pong`; not OpenAI's."""

    type: Literal["audiogpt.ping"]


ClientEvent = Annotated[
    SessionUpdate | AppendAudio | CommitAudio | ClearAudio | CreateItem | CreateResponse | CancelResponse | Ping,
    Field(discriminator="type"),
]
_CLIENT_EVENT: TypeAdapter[ClientEvent] = TypeAdapter(ClientEvent)


def read_event(text: str) -> ClientEvent:
    """Return the event of a message.

    Raises:
        ClientMistake: If it is none of those above; it knows the event's id where that can be read.
        TooLarge: If it is larger than any event.
    """
    if len(text) > MAX_EVENT_CHARACTERS:
        raise TooLarge(f"The event has {len(text):,} characters; at most {MAX_EVENT_CHARACTERS:,} are allowed.")
    value = read_json(text.encode(errors="surrogatepass"), "The event")
    try:
        return _CLIENT_EVENT.validate_python(value)
    except ValidationError as exc:
        raise misfit(exc, worded(exc.errors(), "The event", inside=1)) from exc


def event_id_of(text: str) -> str | None:
    """Return the id a client gave an event, even one that is otherwise wrong."""
    try:
        value = from_json(text[:MAX_EVENT_CHARACTERS])
    except ValueError:
        return None
    found = value.get("event_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and len(found) <= MAX_EVENT_ID else None
