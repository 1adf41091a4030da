"""Speech separation: one voice per file."""

from pydantic import Field

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class SpeechSeparationRequest(TaskRequest):
    """Several people talking at once."""

    audio: AudioField = Field(description="Mixture of voices")
    speakers: int = Field(default=2, ge=2, le=8, description="Number of voices in the mixture")


class SpeechSeparationResponse(TaskResponse):
    """One audio per speaker, in no particular order, each as long as the mixture."""

    speakers: tuple[AudioField, ...]
    reverberant: bool = Field(
        default=False, description="Whether the room echoes so long that parts of the voices may have stayed mixed"
    )


TASK = Task(
    id="speech-separation",
    family="speech",
    summary="Split a mixture of people talking at once into one audio per speaker.",
    request=SpeechSeparationRequest,
    response=SpeechSeparationResponse,
    primary_output="speakers",
    examples=(
        Example("Two men are talking over each other, split them apart"),
        Example("Give me a separate file for each of the three voices", {"speakers": 3}),
    ),
)
