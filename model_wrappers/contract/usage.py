"""What calls to models come to: seconds of model, seconds of audio, characters."""

from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.media import media_values
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse

TEXTS = ("text", "lyrics", "target", "prompt")  # request fields that hold words, not names of something


class Usage(BaseModel):
    """What some calls came to together; one that gave nothing counts, but its audio and characters do not."""

    model_config = ConfigDict(frozen=True)

    calls: int = Field(default=0, description="Calls to models, each attempt one")
    failed: int = Field(default=0, description="Those of them that gave nothing or were not finished")
    model_s: float = Field(default=0.0, description="Seconds of model; of a batch, the call's equal share")
    audio_in_s: float = Field(default=0.0, description="Seconds of audio taken")
    audio_out_s: float = Field(default=0.0, description="Seconds of audio given")
    characters: int = Field(default=0, description="Characters of text taken")
    prompt_tokens: int = Field(default=0, description="Tokens that the LLM which plans was given")
    completion_tokens: int = Field(default=0, description="Tokens that it wrote")

    def __add__(self, other: "Usage") -> "Usage":
        """Return both together."""
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in Usage.model_fields})


def audio_s(model: TaskRequest | TaskResponse) -> float:
    """Return the seconds of audio in a request or response, whether decoded or referred to."""
    return sum(medium.duration_s or 0.0 for medium in media_values(model).values() if medium.kind == "audio")


def characters(request: TaskRequest) -> int:
    """Return the characters of text in a request."""
    found = (getattr(request, name) for name in _texts(type(request)))
    return sum(len(text) for text in found if isinstance(text, str))


@cache
def _texts(model: type[TaskRequest]) -> tuple[str, ...]:
    return tuple(name for name in TEXTS if name in model.model_fields)
