"""Audio inpainting: fill a missing or masked stretch."""

from typing import Self

from pydantic import Field, model_validator

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class AudioInpaintingRequest(TaskRequest):
    """An audio and the stretch to fill."""

    audio: AudioField = Field(description="Audio with a stretch to replace")
    start: float = Field(ge=0, description="Begin of the stretch in seconds")
    end: float = Field(gt=0, description="End of the stretch in seconds")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"'end' ({self.end} s) must be after 'start' ({self.start} s)")
        return self


class AudioInpaintingResponse(TaskResponse):
    """The audio with the stretch filled, unchanged outside it."""

    audio: AudioField
    start: float = Field(description="Begin of the filled stretch in seconds")
    end: float = Field(description="End of the filled stretch in seconds")
    method: str = Field(description="How it was filled")


TASK = Task(
    id="audio-inpainting",
    family="sound",
    summary="Fill or repair a missing, damaged or masked stretch of an audio between two times.",
    request=AudioInpaintingRequest,
    response=AudioInpaintingResponse,
    primary_output="audio",
    examples=(
        Example("The part between 1.9 and 3.8 seconds is lost, reconstruct it", {"start": 1.9, "end": 3.8}),
        Example("Inpaint 00:01-00:02", {"start": 1.0, "end": 2.0}),
    ),
)
