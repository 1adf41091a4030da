"""Sound extraction: keep only the sound that a text describes."""

from pydantic import Field

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class SoundExtractionRequest(TaskRequest):
    """A mixture and the sound wanted from it."""

    audio: AudioField = Field(description="Mixture of sounds")
    target: str = Field(
        min_length=1,
        max_length=500,
        description="The sound to keep, in words; of two people speaking the man, the woman, the lower or higher voice",
    )
    reference: AudioField | None = Field(
        default=None, description="Recording of the person whose voice to keep, where two are speaking"
    )


class SoundExtractionResponse(TaskResponse):
    """The wanted sound alone, as long as the mixture."""

    audio: AudioField
    matched: tuple[str, ...] = Field(default=(), description="Sound classes the words were understood as")
    unchanged: bool = Field(
        default=False,
        description="Whether nothing was taken away, because no other sound was heard beside the wanted one",
    )
    all_voices: bool = Field(
        default=False,
        description="Whether one speaker of several was asked for and every voice kept: they are not told apart",
    )
    pitches_hz: tuple[float, ...] = Field(
        default=(), description="Median pitch in Hz of the voice kept and of the other one; of both if all were kept"
    )
    similarity: float | None = Field(
        default=None, description="How like the voice kept is to the reference, up to 1; from about 0.7 on one speaker"
    )


TASK = Task(
    id="sound-extraction",
    family="sound",
    summary="Extract or isolate from a mixture only the sound that a text describes.",
    request=SoundExtractionRequest,
    response=SoundExtractionResponse,
    primary_output="audio",
    examples=(
        Example("Pull out just the dog barking from this street recording", {"target": "dog barking"}),
        Example("Isolate the violin", {"target": "violin"}),
    ),
)
