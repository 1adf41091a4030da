"""Talking head synthesis: a portrait that says an audio."""

from pydantic import Field

from model_wrappers.contract.media import AudioField, ImageField, VideoField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class TalkingHeadSynthesisRequest(TaskRequest):
    """Speech, and the face that is to say it."""

    audio: AudioField = Field(description="Speech")
    image: ImageField | None = Field(default=None, description="Portrait; a default face if absent")


class TalkingHeadSynthesisResponse(TaskResponse):
    """An MP4 of the face speaking, with the audio."""

    video: VideoField


TASK = Task(
    id="talking-head-synthesis",
    family="talking-head",
    summary="Make a video of a portrait speaking a given audio.",
    request=TalkingHeadSynthesisRequest,
    response=TalkingHeadSynthesisResponse,
    primary_output="video",
    examples=(
        Example("Make the woman in this photo say the recording"),
        Example("Create a talking portrait video for this voice"),
    ),
)
