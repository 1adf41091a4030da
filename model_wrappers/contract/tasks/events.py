"""Sound events, shared by the detection tasks."""

from pydantic import BaseModel, ConfigDict, Field


class SoundEvent(BaseModel):
    """One sound and when it is heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(description="Class of the sound, e.g. Dog bark")
    onset: float = Field(ge=0, description="Begin in seconds")
    offset: float = Field(ge=0, description="End in seconds")
    probability: float = Field(ge=0, le=1, description="Mean probability over the event")
    level: float | None = Field(default=None, description="Mean level over the event, dB relative to full scale")
