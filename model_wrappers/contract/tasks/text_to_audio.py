"""Text to audio: sounds and music from a description."""

from pydantic import Field

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class TextToAudioRequest(TaskRequest):
    """A description of a sound or a piece of music."""

    text: str = Field(min_length=1, max_length=1_000, description="The sound or music wanted, in words")
    duration: float | None = Field(default=None, gt=0, le=300, description="Seconds; the model's choice if absent")
    seed: int = Field(default=0, ge=0, description="Same seed, same sound")


class TextToAudioResponse(TaskResponse):
    """The sound."""

    audio: AudioField
    sources: tuple[str, ...] = Field(default=(), description="Recordings it was made of, each with its licence")
    left_out: tuple[str, ...] = Field(
        default=(), description="Words of the text that the sound does not show, such as where it is heard"
    )


TASK = Task(
    id="text-to-audio",
    family="sound",
    summary="Generate a sound effect, a background sound or a piece of music from a description.",
    request=TextToAudioRequest,
    response=TextToAudioResponse,
    primary_output="audio",
    examples=(
        Example("Create the sound of waves crashing on a beach", {"text": "waves crashing on a beach"}),
        Example("Generate ten seconds of calm piano music", {"text": "calm piano music", "duration": 10}),
    ),
)
