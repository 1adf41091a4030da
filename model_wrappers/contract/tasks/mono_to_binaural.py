"""Mono to binaural: place a sound around the listener's head."""

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.media import AudioField
from model_wrappers.contract.tasks.base import Example, Task, TaskRequest, TaskResponse


class Waypoint(BaseModel):
    """A place the source passes at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time: float = Field(ge=0, description="Seconds from the start of the audio")
    azimuth: float = Field(ge=-180, le=180, description="Degrees, positive is left")
    elevation: float = Field(default=0.0, ge=-90, le=90, description="Degrees, positive is up")
    distance: float = Field(default=1.0, ge=0.1, le=100, description="Metres")


class MonoToBinauralRequest(TaskRequest):
    """A sound and where it comes from."""

    audio: AudioField = Field(description="Sound to place; more than one channel is mixed down")
    azimuth: float = Field(default=45.0, ge=-180, le=180, description="Degrees, 0 is front, positive is left")
    elevation: float = Field(default=0.0, ge=-90, le=90, description="Degrees, positive is up")
    distance: float = Field(default=1.0, ge=0.1, le=100, description="Metres; at 1 m the level stays")
    path: tuple[Waypoint, ...] = Field(
        default=(), max_length=1_000, description="Moving source instead of a fixed one, in order of time"
    )


class MonoToBinauralResponse(TaskResponse):
    """Two channels for headphones, left and right."""

    audio: AudioField


TASK = Task(
    id="mono-to-binaural",
    family="speech",
    summary="Turn a mono audio into binaural (3D, spatial) audio for headphones, from a given direction.",
    request=MonoToBinauralRequest,
    response=MonoToBinauralResponse,
    primary_output="audio",
    examples=(
        Example("Turn it into 3D headphone audio"),
        Example("Put the sound 90 degrees to my left", {"azimuth": 90}),
    ),
)
