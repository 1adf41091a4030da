"""Image to audio: the sound of a picture."""

from pydantic import Field

from model_wrappers.contract.media import AudioField, ImageField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class ImageToAudioRequest(TaskRequest):
    """A picture to find the sound of."""

    image: ImageField = Field(description="Any picture")
    duration: float | None = Field(default=None, gt=0, le=300, description="Seconds; the model's choice if absent")


class ImageToAudioResponse(TaskResponse):
    """The sound, and what was seen."""

    audio: AudioField
    text: str = Field(description="What the picture was understood as")
    sources: tuple[str, ...] = Field(default=(), description="Recordings it was made of, each with its licence")


TASK = Task(
    id="image-to-audio",
    family="sound",
    summary="Generate the sound that fits a picture.",
    request=ImageToAudioRequest,
    response=ImageToAudioResponse,
    primary_output="audio",
    examples=(
        Example("What would this picture sound like? Generate it"),
        Example("Generate an audio based on the photo"),
    ),
)
