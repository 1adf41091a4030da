"""Target sound detection: when one particular sound is heard."""

from typing import Self

from pydantic import Field, model_validator

from model_wrappers.contract.media import AudioField, PosteriorgramField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse
from model_wrappers.contract.tasks.events import SoundEvent


class TargetSoundDetectionRequest(TaskRequest):
    """An audio and the sound to look for, in words or as a recording."""

    audio: AudioField = Field(description="Audio to search")
    target: str | None = Field(default=None, min_length=1, max_length=500, description="The sound, in words")
    reference: AudioField | None = Field(default=None, description="A recording of the sound instead of words")
    threshold: float = Field(default=0.3, gt=0, lt=1, description="Least probability of an event")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if (self.target is None) == (self.reference is None):
            raise ValueError("give exactly one of 'target' and 'reference'")
        return self


class TargetSoundDetectionResponse(TaskResponse):
    """When the sound is heard; no events if it is not."""

    events: tuple[SoundEvent, ...]
    matched: tuple[str, ...] = Field(default=(), description="Sound classes the target was understood as")
    posteriorgram: PosteriorgramField | None = None


TASK = Task(
    id="target-sound-detection",
    family="sound",
    summary="Find when one particular sound, named in words or given as a recording, happens in an audio.",
    request=TargetSoundDetectionRequest,
    response=TargetSoundDetectionResponse,
    primary_output="events",
    examples=(
        Example("When does the siren go off in this audio?", {"target": "siren"}),
        Example("At what time can I hear a glass breaking?", {"target": "glass breaking"}),
    ),
)
