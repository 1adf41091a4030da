"""Audio captioning: one sentence on what is heard."""

from pydantic import Field

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class AudioCaptioningRequest(TaskRequest):
    """An audio to describe."""

    audio: AudioField = Field(description="Any sound")


class AudioCaptioningResponse(TaskResponse):
    """The description."""

    text: str = Field(description="One sentence on what is heard")


TASK = Task(
    id="audio-captioning",
    family="sound",
    summary="Describe in a sentence what is heard in an audio.",
    request=AudioCaptioningRequest,
    response=AudioCaptioningResponse,
    primary_output="text",
    examples=(
        Example("Describe what I would hear in this recording"),
        Example("Write a caption for the sound file"),
    ),
)
