"""Sound detection: which sounds are heard, and when."""

from pydantic import Field

from model_wrappers.contract.media import AudioField, PosteriorgramField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse
from model_wrappers.contract.tasks.events import SoundEvent


class SoundDetectionRequest(TaskRequest):
    """An audio whose sounds are to be listed."""

    audio: AudioField = Field(description="Any sound")
    threshold: float = Field(default=0.3, gt=0, lt=1, description="Least probability of an event")


class SoundDetectionResponse(TaskResponse):
    """The events in order of onset, and the class probabilities over time."""

    events: tuple[SoundEvent, ...]
    posteriorgram: PosteriorgramField | None = None


TASK = Task(
    id="sound-detection",
    family="sound",
    summary="List all sound events in an audio with their onsets and offsets.",
    request=SoundDetectionRequest,
    response=SoundDetectionResponse,
    primary_output="events",
    examples=(
        Example("What events happen in this audio?"),
        Example("Which sounds are present and when do they start?"),
    ),
)
