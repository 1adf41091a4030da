"""What a client may send."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from router.turn.words import Words
from router.validation import worded

MAX_AUDIO_CHARACTERS = 2**21  # of base64: 32 s of sound in one event


class _ClientEvent(BaseModel):
    model_config = ConfigDict(frozen=True)

    event_id: str | None = Field(default=None, max_length=200)


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


class CreateResponse(_ClientEvent):
    """Ask for the answer to what was last said."""

    type: Literal["response.create"]


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
        InvalidInput: If it is none of those above.
    """
    try:
        return _CLIENT_EVENT.validate_json(text)
    except ValidationError as exc:
        raise worded(exc.errors(include_url=False), "The event", inside=1) from exc
