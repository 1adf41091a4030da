"""Speech enhancement: take noise away from speech."""

from pydantic import Field

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class SpeechEnhancementRequest(TaskRequest):
    """Noisy speech."""

    audio: AudioField = Field(description="Speech with noise, hiss, hum or background sounds")


class SpeechEnhancementResponse(TaskResponse):
    """The same speech, cleaned; as long, as loud, with the channels and sample rate it came with."""

    audio: AudioField


TASK = Task(
    id="speech-enhancement",
    family="speech",
    summary="Remove noise from speech: denoise, clean up, improve a recording of a voice.",
    request=SpeechEnhancementRequest,
    response=SpeechEnhancementResponse,
    primary_output="audio",
    examples=(
        Example("There is a lot of hiss behind my voice, clean it up"),
        Example("Please reduce the background noise in this call"),
    ),
)
